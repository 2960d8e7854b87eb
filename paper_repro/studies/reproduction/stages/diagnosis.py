"""Diagnosis of the data sets: swaps, autocorrelation, energies against exact ones, lengths, bond cosines, conformations."""

from pathlib import Path
from typing import Any

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import standard_error
from paper_repro.numerics.measured import Measured
from paper_repro.physics.hamiltonian import adjacency
from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.sampling import diagnostics, storage
from paper_repro.sampling.autocorrelation import autocorrelation
from paper_repro.sampling.ensemble import Ensemble, Which, concatenate
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
from paper_repro.studies.reproduction.run_files import chains_of, constants_of, shards, stream

NAME = "results/sampling.json"
_RESAMPLES = 200  # of sequences, for the errors of the autocorrelation


def diagnosis_stage(spec: Spec) -> Stage:
    """Return the stage that says how well both data sets were sampled."""
    inputs = (*shards(spec, "training"), *shards(spec, "test"))
    constants = constants_of(spec, "hamiltonian", "target", "ladder", "seeds")
    return Stage("diagnose sampling", "diagnose", 6, diagnose, (NAME,), inputs, constants, (spec,), 2)


def diagnose(context: StageContext, stage: Stage, spec: Spec) -> Files:
    """Diagnose both data sets; the conformations and the bond cosines are those of the test set."""
    training = _joined(context.folder, spec, "training")
    of_training = _diagnostics(spec, training, 0)
    context.advance(1)
    test = _joined(context.folder, spec, "test")
    results = Sampling(of_training, _diagnostics(spec, test, 1), _conformations(test), _bond_cosines(context.folder, spec))
    context.advance(2)
    return {stage.outputs[0]: as_json(results)}


def _joined(folder: Path, spec: Spec, which: Which) -> Ensemble:
    return concatenate([storage.load(folder / shard) for shard in shards(spec, which)])


def _diagnostics(spec: Spec, whole: Ensemble, index: int) -> DatasetDiagnostics:
    """Diagnose one data set; what needs the exact solution only where there is one."""
    edges = np.linspace(-6, 6, 61)
    sampled = whole.diagnostics
    scalars: dict[str, Any] = attrs.asdict(diagnostics.summarise(sampled))
    results = DatasetDiagnostics(
        **scalars,
        temperatures=temperatures(spec.temperature, spec.ladder),
        swap_rates=diagnostics.swap_rates(sampled),
        z_histogram=Histogram(edges, np.histogram(np.clip(diagnostics.z_scores(sampled), -6, 6), edges)[0]),
        lengths=np.bincount(whole.lengths),
    )
    if EXACT_SOLUTION in missing(spec) or len(whole) < 2:
        return results
    if sampled.step_sweeps > 0 and sampled.energies.shape[1] > 1:
        ends = diagnostics.end_correlations(whole, spec.hamiltonian, spec.beta)
        results = attrs.evolve(
            results,
            autocorrelation_of_energy=_autocorrelation(spec, index, sampled.energies, sampled.exact_energy, sampled.step_sweeps),
            autocorrelation_of_ends=_autocorrelation(spec, index, sampled.end_cosines, ends, sampled.step_sweeps),
        )
    if len(whole.spins) > 1 and index == 1:  # the test set: its snapshots are as far apart as those of the training set
        successive, independent = diagnostics.overlaps(whole, spec.hamiltonian, spec.beta, stream(spec, "overlaps"))
        results = attrs.evolve(
            results,
            overlap_successive=_mean(successive),
            overlap_independent=_mean(independent),
            overlap_difference=_mean(successive - independent),
        )
    return results


def _autocorrelation(spec: Spec, index: int, traces: Floats, means: Floats, step_sweeps: int) -> Autocorrelation | None:
    if np.array_equal(traces, np.broadcast_to(means[:, None], traces.shape)):  # the energy of free spins
        return None
    generator = np.random.default_rng(stream(spec, "diagnostics", index))
    found = autocorrelation(traces, means, step_sweeps, _RESAMPLES, generator)
    return Autocorrelation(**attrs.asdict(found, recurse=False))


def _mean(values: Floats) -> Measured:
    return Measured(float(values.mean()), standard_error(values))


def _conformations(whole: Ensemble) -> tuple[Conformation, ...]:
    """Return one snapshot of the shortest, of the middle and of the longest chain."""
    by_length = np.argsort(whole.lengths, kind="stable")
    chosen = by_length[[0, len(by_length) // 2, -1]]
    return tuple(Conformation(whole.sequences[k], whole.chain(k).spins[0]) for k in chosen)


def _bond_cosines(folder: Path, spec: Spec) -> BondCosines:
    edges = np.linspace(-1, 1, 81)
    counts = np.zeros((len(spec.hamiltonian.terms), len(edges) - 1))
    for snapshots in chains_of(folder, spec, "test"):
        cosines = snapshots.spins @ snapshots.spins.swapaxes(-1, -2)
        for term, adjacent in enumerate(adjacency(snapshots.species, spec.hamiltonian)):
            counts[term] += np.histogram(cosines[:, np.triu(adjacent) > 0], edges)[0]
    return BondCosines(edges, {term.name: row for term, row in zip(spec.hamiltonian.terms, counts, strict=True)})
