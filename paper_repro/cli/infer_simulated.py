"""``paper-repro estimate``: the couplings by estimators that know the terms of H."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paper_repro.cli.checks import require_sizes, require_weights, spec_at
from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget, SpecFile
from paper_repro.files import input_error
from paper_repro.pipeline.progress import TerminalReporter
from paper_repro.report.document import Section, Text
from paper_repro.report.terminal import show
from paper_repro.spec import Spec

if TYPE_CHECKING:
    from paper_repro.analysis.estimator_comparison import EstimatorQuality, TimedEstimate
    from paper_repro.sampling.snapshots import Snapshots
    from paper_repro.score.field import NetworkForce


def estimate(
    *,
    sequences: int | None = None,
    snapshots: int | None = None,
    seed: int = 0,
    weights: Path | None = None,
    spec: SpecFile = None,
    json: JsonTarget = None,
) -> int:
    """Estimate the couplings by maximum likelihood, pseudolikelihood and score matching, which know the terms of H.

    Parameters
    ----------
    sequences
        How many fresh sequences, from the exact solution; as many as the spec's test set where none is given.
    snapshots
        How many snapshots of each; as many as the spec's test set where none is given.
    seed
        Seed of the sequences and the snapshots.
    weights
        A trained network, to be inverted on the same snapshots.
    """
    settings = spec_at(spec)
    sequences = settings.test_set.sequences if sequences is None else sequences
    snapshots = settings.test_set.snapshots if snapshots is None else snapshots
    require_sizes(sequences, snapshots, seed)
    require_weights([] if weights is None else [weights])
    from paper_repro.pipeline.codec import plain

    console = console_beside(json)
    found = _compared(settings, sequences, snapshots, seed, weights, TerminalReporter(console))
    names = [term.name for term in settings.hamiltonian.terms]
    truth = [term.coupling for term in settings.hamiltonian.terms]
    part = _section(found, names, truth, f"{sequences} sequences × {snapshots} snapshots", settings.temperature)
    show([part], f"paper_repro · {settings.name}", console)
    about = {"sequences": sequences, "snapshots": snapshots, "seed": seed, "spec": settings.name}
    estimators = {item.name: _as_results(item, names) for item in found}
    write_json(json, plain({"estimators": estimators} | about | {"truth": dict(zip(names, truth, strict=True))}))
    return 0


def _compared(
    spec: Spec, sequences: int, snapshots: int, seed: int, weights: Path | None, reporter: TerminalReporter
) -> "list[EstimatorQuality]":
    """Draw the data and estimate the couplings from them by every estimator, and by a network where there is one."""
    from paper_repro.analysis import estimator_comparison as comparison
    from paper_repro.numerics.parallel import available_cores
    from paper_repro.physics.truth import Truth
    from paper_repro.sampling.exact_data import exact_data
    from paper_repro.score.field import force_of
    from paper_repro.score.network_for import network_for

    data, threads = exact_data(spec, sequences, snapshots, seed), available_cores()
    # weights that cannot be used show before the work
    force = None if weights is None else force_of(*network_for(weights, spec), spec.inversion.query_times)
    samples, truth = list(data), Truth.of(spec.hamiltonian, spec.beta)
    with reporter:
        reporter.stage("estimators", len(comparison.ESTIMATORS))
        try:
            found = comparison.estimate_all(samples, truth.terms, threads, reporter.advance)
        except ValueError as error:
            where = f"spec {spec.name}: --sequences {sequences} --snapshots {snapshots} --seed {seed}"
            raise input_error(where, error, "snapshots that fix the couplings") from error
        bound = comparison.cramer_rao_errors(samples, truth, threads)
    if force is not None and weights is not None:
        found.append(_of_network(force, samples, spec, seed, weights))
    return [comparison.quality(item, truth, bound, sequences) for item in found]


def _of_network(force: "NetworkForce", samples: "Sequence[Snapshots]", spec: Spec, seed: int, weights: Path) -> "TimedEstimate":
    from paper_repro.analysis.audit import inverted
    from paper_repro.analysis.estimator_comparison import TimedEstimate

    start = time.monotonic()
    fit = inverted(force, samples, spec, seed, weights)
    return TimedEstimate("network", fit.coefficients, fit.sandwich_errors, time.monotonic() - start)


def _section(
    found: "Sequence[EstimatorQuality]", names: Sequence[str], truth: Sequence[float], size: str, temperature: float
) -> Section:
    from paper_repro.studies.reproduction.sections.estimators import estimators

    text = (
        f"{size} from the exact solution at T₀ = {temperature:g}. Couplings in units of energy (θ T₀) with their 95 % intervals by"
        " the sandwich formula, the sequences being independent; a network's interval does not hold the scatter between trainings."
        " Efficiency: Cramér-Rao bound over the variance, smallest and largest of the terms. The estimators know the terms and the"
        " temperature, the network neither."
    )
    return Section("Estimators of the couplings", (Text(text), estimators(found, names, truth)))


def _as_results(item: "EstimatorQuality", names: Sequence[str]) -> dict[str, Any]:
    return {
        "couplings": dict(zip(names, item.couplings, strict=True)),
        "half_intervals": dict(zip(names, item.half_widths, strict=True)),
        "cosine": item.cosine,
        "scale_over_beta": item.scale_over_beta,
        "largest_ratio_error": item.largest_ratio_error,
        "efficiency": dict(zip(names, item.efficiency, strict=True)),
        "seconds": item.seconds,
    }
