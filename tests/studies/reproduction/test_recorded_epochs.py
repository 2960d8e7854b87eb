"""The last epochs of a training: kept, inverted on the same sequences, adopted, and told in the report."""

import json
import math
import statistics

import attrs
import pytest

from paper_repro.files import sha256
from paper_repro.numerics.measured import Measured
from paper_repro.pipeline import codec
from paper_repro.pipeline.manifest import read_manifest
from paper_repro.report.document import Table
from paper_repro.score.weights import load_weights
from paper_repro.spec import load_spec
from paper_repro.studies.reproduction import recorded_epochs as kept
from paper_repro.studies.reproduction.adoption import find_trainings
from paper_repro.studies.reproduction.collect import collect
from paper_repro.studies.reproduction.protocol import published_protocol
from paper_repro.studies.reproduction.recorded_spec import recorded_spec
from paper_repro.studies.reproduction.results import ByNetwork, EpochInversion
from paper_repro.studies.reproduction.results_file import CONVERTER, as_json, read_results
from paper_repro.studies.reproduction.run_files import chains_of
from paper_repro.studies.reproduction.sections.epochs import epochs, within
from paper_repro.studies.reproduction.stages import epochs as stage
from paper_repro.studies.reproduction.subject import Subject
from tests.support.tiny import Listener, make_run, shas


@pytest.fixture(scope="module")
def spec(tiny):
    """Ten epochs, of which the last eight are kept."""
    record = load_spec(tiny).record
    return attrs.evolve(record, training=attrs.evolve(record.training, epochs=10))


@pytest.fixture(scope="module")
def run(spec, tmp_path_factory):
    """The networks of a run, and their inversions."""
    out = tmp_path_factory.mktemp("epochs") / "run"
    for kind in ("sample", "train", "invert"):
        make_run(spec, out, Listener(), kind)
    return out


def test_a_run_keeps_and_inverts_the_weights_of_the_last_epochs(run, spec):
    """The last are those of the network: of all the sequences, as here, their inversion is that of the run to the last digit."""
    results = collect(run, spec, shas(run))
    for seed, training, network in zip((0, 1), results.epochs.trained, results.inversion.trained, strict=True):
        assert [item.epoch for item in training] == list(range(3, 11))
        assert as_json(training[-1].inversion) == as_json(network)
        assert len({item.inversion.r2.value for item in training}) == 8
        for epoch in range(3, 10):
            _, info = load_weights(run / f"weights/seed-{seed}-epoch-{epoch}.safetensors")
            assert (info.seed, info.steps, info.made["device"]) == (seed, 3 * epoch, "cpu")


def test_only_the_first_sequences_are_inverted(run, spec, monkeypatch):
    monkeypatch.setattr(stage, "SEQUENCES", 5)
    listener = Listener()
    made = stage.epochs_stage(spec, stage.Network("0", "seed 0", (0,)), (9, 10))
    context = stage.StageContext(run, 1, listener.advance, listener.say)
    found = stage.invert_epochs(context, made, *made.arguments)
    few = codec.build(json.loads(found["results/epochs-0.json"]), tuple[EpochInversion, ...], "part", CONVERTER)
    whole = collect(run, spec, shas(run)).inversion.trained[0].equations.value
    sites = [len(chain.species) for chain in chains_of(run, spec, "test")]
    assert [item.inversion.equations.value for item in few] == [whole * sum(sites[:5]) / sum(sites)] * 2


def test_epochs_are_adopted_with_their_training(run, spec, tmp_path):
    """One training without its last epochs, one without its end."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for path in (run / "weights").glob("seed-0*"):
        (folder / path.name).write_bytes(path.read_bytes())
    for path in (run / "weights").glob("seed-1-epoch-*"):
        (folder / path.name).write_bytes(path.read_bytes())
    said = []
    (found,) = find_trainings(folder, spec, said.append)
    assert (found.seed, list(found.epochs)) == (0, list(range(3, 10)))
    assert said == ["seed 1 is left out: its last epoch is missing"]
    (folder / "seed-1.safetensors").write_bytes((run / "weights/seed-1.safetensors").read_bytes())
    for path in folder.glob("seed-1-epoch-*"):
        path.unlink()
    made = find_trainings(folder, spec, pytest.fail)
    out = tmp_path / "run"
    for kind in ("sample", "adopt", "invert"):
        make_run(spec, out, Listener(), kind, adopted=made)
    assert sha256(out / "weights/seed-0-epoch-5.safetensors") == sha256(folder / "seed-0-epoch-5.safetensors")
    results, before = collect(out, spec, shas(out)), collect(run, spec, shas(run))
    assert as_json(results.epochs.trained[0]) == as_json(before.epochs.trained[0])
    assert as_json(results.epochs.trained[1]) == as_json(before.epochs.trained[1][-1:])


def test_the_number_of_epochs_may_be_smaller_than_what_is_kept(tiny):
    spec = load_spec(tiny).record
    assert list(kept.recorded_epochs(spec)) == [1, 2]
    assert list(kept.recorded_epochs(attrs.evolve(spec, training=attrs.evolve(spec.training, epochs=1)))) == [1]


def test_the_scatter_within_a_training_stands_against_that_between_them(first_run):
    """Of known scatter: 0.01 within each of three trainings, whose last epochs are 0.1 apart."""
    manifest = read_manifest(first_run)
    spec, results = recorded_spec(manifest, first_run), read_results(first_run / "results.json")
    part = results.inversion.trained[0]

    def training(centre, count=8):
        values = [centre + 0.01 * math.sqrt((count - 1) / count) * (-1) ** k for k in range(count)]
        return tuple(EpochInversion(k + 13, attrs.evolve(part, r2=Measured(value, 0.001))) for k, value in enumerate(values))

    def section(*trainings):
        found = attrs.evolve(results, epochs=ByNetwork(trainings))
        return epochs(Subject.of(found, spec, *published_protocol()))

    made = section(training(0.7), training(0.8), training(0.9))
    scatter, by_epoch = made.blocks_of(Table)
    r2 = next(row for row in scatter.rows if row[0] == "R²")
    assert r2[1:3] == ("0.01", "0.1")
    assert len(by_epoch.rows) == 24
    assert by_epoch.rows[8][0] == "seed 1, epoch 13"
    assert section(training(0.7)[-1:], training(0.8)[-1:], training(0.9)[-1:]) is None
    assert "2 of 3 trainings" in next(iter(section(training(0.7), training(0.8)[-1:], training(0.9)).blocks)).text
    assert within([[1.0, 3.0], [5.0]]) == pytest.approx(statistics.stdev([1.0, 3.0]))
    assert math.isnan(within([[1.0]]))
