"""Diagnosis of the data sets: swaps, autocorrelation, energies against exact ones, lengths, bond cosines, conformations."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import standard_error
from paper_repro.numerics.measured import Measured
from paper_repro.physics.terms import PairTerm, Terms
from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.sampling import diagnostics, storage
from paper_repro.sampling.autocorrelation import PooledAutocorrelation, Resamples, resamples_of
from paper_repro.sampling.ensemble import Diagnostics, Which, joined
from paper_repro.sampling.ladder import temperatures
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.capabilities import EXACT_SOLUTION, missing
from paper_repro.studies.reproduction.results import (
    Autocorrelation,
    BondCosines,
    Conformation,
    DatasetDiagnostics,
    Histogram,
    Sampling,
)
from paper_repro.studies.reproduction.results_file import as_json
from paper_repro.studies.reproduction.run_files import SHARD, chains_of, constants_of, sequences_of, shards, stream

NAME = "results/sampling.json"
_RESAMPLES = 200  # of sequences, for the errors of the autocorrelation


def diagnosis_stage(spec: Spec) -> Stage:
    """Return the stage that measures how well both data sets were sampled."""
    inputs = (*shards(spec, "training"), *shards(spec, "test"))
    constants = constants_of(spec, "hamiltonian", "target", "ladder", "seeds")
    return Stage("diagnose sampling", "diagnose", 7, diagnose, (NAME,), inputs, constants, (spec,), len(inputs) + 1)


def diagnose(context: StageContext, stage: Stage, spec: Spec) -> Files:
    """Diagnose both data sets, a shard at a time; the conformations and the bond cosines are those of the test set."""
    training = _diagnostics(spec, _read(context.folder, spec, "training", context.advance))
    of_training = len(shards(spec, "training"))
    test = _read(context.folder, spec, "test", lambda read: context.advance(of_training + read))
    conformations = _conformations(context.folder, spec, test.lengths)
    results = Sampling(training, _diagnostics(spec, test), conformations, _bond_cosines(context.folder, spec))
    context.advance(len(stage.inputs) + 1)
    return {stage.outputs[0]: as_json(results)}


@attrs.frozen(eq=False)
class _DataSet:
    """What a diagnosis takes of a data set: a few numbers of each sequence, and sums; neither spins nor traces.

    ``lengths`` (sequence,); ``energy`` and ``ends`` are None where they are not compared with exact means, and so are the overlaps
    (pair, sequence) of successive snapshots and with independent ones.
    """

    sampled: Diagnostics
    lengths: Integers
    energy: PooledAutocorrelation | None
    ends: PooledAutocorrelation | None
    overlaps: Floats | None


def _read(folder: Path, spec: Spec, which: Which, progress: Callable[[int], None]) -> _DataSet:
    """Read a data set; of the test set alone the overlaps, whose snapshots are as far apart as those of the training set.

    ``progress`` is called with how many shards are read.
    """
    count, exact = sequences_of(spec, which), EXACT_SOLUTION not in missing(spec)
    energy, ends = (PooledAutocorrelation(_resamples(spec, which, count)) for _ in range(2))
    parts: list[Diagnostics] = []
    lengths: list[int] = []
    overlaps: list[Floats] = []
    seed = stream(spec, "overlaps")  # spawns a key for each sequence, in their order
    for number, name in enumerate(shards(spec, which)):
        shard = storage.load(folder / name)
        sampled = shard.diagnostics
        parts.append(sampled.without_traces())
        lengths += shard.lengths
        if exact and count > 1 and sampled.step_sweeps > 0 and sampled.energies.shape[1] > 1:
            energy.add(sampled.energies, sampled.exact_energy)
            ends.add(sampled.end_cosines, diagnostics.end_correlations(shard, spec.hamiltonian, spec.beta))
        if exact and count > 1 and which == "test" and len(shard.spins) > 1:
            overlaps.append(np.array(diagnostics.overlaps(shard, spec.hamiltonian, spec.beta, seed)))
        progress(number + 1)
    both = (energy if energy.fluctuates else None, ends if ends.fluctuates else None)  # the energy of free spins does not
    return _DataSet(joined(parts), np.array(lengths), *both, np.concatenate(overlaps, axis=1) if overlaps else None)


def _resamples(spec: Spec, which: Which, count: int) -> Resamples:
    generator = np.random.default_rng(stream(spec, "diagnostics", 0 if which == "training" else 1))
    return resamples_of(count, _RESAMPLES, generator)


def _diagnostics(spec: Spec, found: _DataSet) -> DatasetDiagnostics:
    """Diagnose one data set; what needs the exact solution only where there is one."""
    edges = np.linspace(-6, 6, 61)
    sampled = found.sampled
    scalars: dict[str, Any] = attrs.asdict(diagnostics.summarise(sampled))
    successive, independent = (None, None) if found.overlaps is None else found.overlaps
    return DatasetDiagnostics(
        **scalars,
        temperatures=temperatures(spec.temperature, spec.ladder),
        swap_rates=diagnostics.swap_rates(sampled),
        z_histogram=Histogram(edges, np.histogram(np.clip(diagnostics.z_scores(sampled), -6, 6), edges)[0]),
        lengths=np.bincount(found.lengths),
        autocorrelation_of_energy=_autocorrelation(found.energy, sampled.step_sweeps),
        autocorrelation_of_ends=_autocorrelation(found.ends, sampled.step_sweeps),
        overlap_successive=_mean(successive),
        overlap_independent=_mean(independent),
        overlap_difference=None if successive is None or independent is None else _mean(successive - independent),
    )


def _autocorrelation(pooled: PooledAutocorrelation | None, step_sweeps: int) -> Autocorrelation | None:
    return None if pooled is None else Autocorrelation(**attrs.asdict(pooled.result(step_sweeps), recurse=False))


def _mean(values: Floats | None) -> Measured | None:
    return None if values is None else Measured(float(values.mean()), standard_error(values))


def _conformations(folder: Path, spec: Spec, lengths: Integers) -> tuple[Conformation, ...]:
    """Return one snapshot of the shortest, of the middle and of the longest test chain."""
    by_length = np.argsort(lengths, kind="stable")
    found = []
    for number in by_length[[0, len(by_length) // 2, -1]]:
        shard = storage.load(folder / shards(spec, "test")[number // SHARD])
        found.append(Conformation(shard.sequences[number % SHARD], shard.chain(number % SHARD).spins[0]))
    return tuple(found)


def _bond_cosines(folder: Path, spec: Spec) -> BondCosines:
    edges = np.linspace(-1, 1, 81)
    terms = Terms.of(spec.hamiltonian)
    counts = {term.name: np.zeros(len(edges) - 1) for term in terms.terms if isinstance(term, PairTerm)}
    for snapshots in chains_of(folder, spec, "test"):
        cosines = snapshots.spins @ snapshots.spins.swapaxes(-1, -2)
        for bound in terms.on(snapshots.geometry, snapshots.species).terms:
            if bound.term.name in counts:
                first, second = bound.clusters.T
                counts[bound.term.name] += np.histogram(cosines[:, first, second], edges)[0]
    return BondCosines(edges, counts)
