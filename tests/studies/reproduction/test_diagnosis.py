"""The diagnosis of a data set reads it a shard at a time: neither what it finds nor its memory depends on the shards."""

import gc
import json
import tracemalloc
from types import SimpleNamespace

import attrs
import numpy as np
import pytest

from paper_repro.physics.sphere import normalise
from paper_repro.sampling import storage
from paper_repro.sampling.ensemble import Diagnostics, Ensemble, concatenate
from paper_repro.spec import load_spec
from paper_repro.studies.reproduction import run_files
from paper_repro.studies.reproduction.stages import diagnosis
from tests.studies.reproduction.test_results_file import numbers

SITES, SNAPSHOTS, STEPS = 8, 40, 31


@pytest.fixture
def spec(tiny):
    return load_spec(tiny).record


def shard(spec, seed, count):
    """An ensemble of numbers that nothing has sampled."""
    generator = np.random.default_rng(seed)
    of_each = {name: generator.standard_normal(count) ** 2 for name in ("round_trips", "autocorrelation", "mean_energy_error")}
    return Ensemble(
        sequences=tuple("".join(generator.choice(list("AB"), SITES)) for _ in range(count)),
        species_names="AB",
        spins=normalise(generator.standard_normal((SNAPSHOTS, count * SITES, 3))).astype(np.float32),
        diagnostics=Diagnostics(
            thinning=10,
            step_sweeps=10,
            swap_rates=generator.random((count, spec.ladder.replicas - 1)),
            energies=generator.standard_normal((count, STEPS)),
            end_cosines=generator.standard_normal((count, STEPS)) / 2,
            mean_energy=generator.standard_normal(count),
            exact_energy=np.zeros(count),
            **of_each,
        ),
    )


def diagnosed(spec, folder, monkeypatch, training, test):
    """Diagnose shards of one size, all but the last."""
    size = len(training[0])
    for module in (run_files, diagnosis):
        monkeypatch.setattr(module, "SHARD", size)
    spec = attrs.evolve(
        spec,
        training_set=attrs.evolve(spec.training_set, sequences=sum(map(len, training))),
        test_set=attrs.evolve(spec.test_set, sequences=sum(map(len, test))),
        readout=attrs.evolve(spec.readout, sequences=1),
    )
    for which, parts in (("training", training), ("test", test)):
        for name, part in zip(run_files.shards(spec, which), parts, strict=True):
            storage.save(part, folder / name)
    stage = diagnosis.diagnosis_stage(spec)
    gc.collect()
    tracemalloc.start()
    found = diagnosis.diagnose(SimpleNamespace(folder=folder, advance=lambda _: None), stage, spec)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return dict(numbers(json.loads(found["results/sampling.json"]))), peak


def test_the_number_of_shards_changes_nothing(spec, tmp_path, monkeypatch):
    """To 1e-12: only the order of sums moves."""
    training, test = ([shard(spec, 7 * which + k, 5) for k in range(3)] for which in (1, 2))
    apart, _ = diagnosed(spec, tmp_path / "apart", monkeypatch, training, test)
    whole, _ = diagnosed(spec, tmp_path / "whole", monkeypatch, [concatenate(training)], [concatenate(test)])
    assert apart.keys() == whole.keys()
    assert any("overlap_difference" in path for path in whole)
    for path, value in whole.items():
        assert apart[path] == (pytest.approx(value, rel=1e-12, abs=1e-12) if isinstance(value, float) else value), path


def test_memory_does_not_grow_with_the_number_of_shards(spec, tmp_path, monkeypatch):
    """What is kept of each sequence is under 1,000 bytes, a third of its snapshots and traces: shards that are joined are seen."""
    training, test = [shard(spec, 1, 20)] * 2, [shard(spec, 2, 2)]
    _, few = diagnosed(spec, tmp_path / "few", monkeypatch, training, test)
    _, many = diagnosed(spec, tmp_path / "many", monkeypatch, training * 4, test)
    more = 20 * 2 * 3
    assert many - few < 1000 * more
    assert len(storage.as_bytes(training[0])) / 20 > 3 * 1000
