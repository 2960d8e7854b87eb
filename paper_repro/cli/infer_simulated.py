"""``paper-repro infer --simulated``: the couplings of a known law by estimators that know its terms, compared with the truth."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from paper_repro.cli.checks import require_sizes, require_weights, spec_at
from paper_repro.cli.console import reporter_beside
from paper_repro.cli.infer_options import SimulationOptions
from paper_repro.cli.infer_report import Report
from paper_repro.files import input_error
from paper_repro.pipeline.progress import TerminalReporter
from paper_repro.report.document import Section, Text
from paper_repro.spec import Spec

if TYPE_CHECKING:
    from paper_repro.analysis.estimator_comparison import EstimatorQuality, TimedEstimate
    from paper_repro.sampling.snapshots import Snapshots
    from paper_repro.score.field import NetworkForce


_LEAD = "The couplings of a known law from simulated snapshots, by estimators that know its terms."


def infer_simulated(path: Path, options: SimulationOptions, console: Console) -> Report:
    """Return the results of the estimators, and of a network if given, on exact samples of the law of a spec, with the truth."""
    settings = spec_at(path)
    sequences = settings.test_set.sequences if options.sequences is None else options.sequences
    snapshots = settings.test_set.snapshots if options.snapshots is None else options.snapshots
    seed, weights = options.seed or 0, options.weights
    require_sizes(sequences, snapshots, seed)
    require_weights([] if weights is None else [weights])
    from paper_repro.pipeline.codec import plain

    found = _compared(settings, sequences, snapshots, seed, weights, reporter_beside(console))
    names = [term.name for term in settings.hamiltonian.terms]
    truth = [term.coupling for term in settings.hamiltonian.terms]
    part = _section(found, names, truth, f"{sequences} sequences × {snapshots} snapshots", settings.temperature)
    about = {"sequences": sequences, "snapshots": snapshots, "seed": seed, "spec": settings.name}
    estimators = {item.name: _as_results(item, names) for item in found}
    numbers = plain({"estimators": estimators} | about | {"truth": dict(zip(names, truth, strict=True))})
    return Report(f"paper_repro · {settings.name}", _LEAD, [part], numbers)


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
        reporter.stage("estimators", len(comparison.ESTIMATORS) + 1)
        try:
            found = comparison.estimate_all(samples, truth.terms, threads, reporter.advance)
        except ValueError as error:
            where = f"spec {spec.name}: --sequences {sequences} --snapshots {snapshots} --seed {seed}"
            raise input_error(where, error, "snapshots that fix the couplings") from error
        bound = comparison.cramer_rao_errors(samples, truth, threads)
        reporter.advance(len(comparison.ESTIMATORS) + 1, "Cramér-Rao bound")
        if force is not None and weights is not None:
            reporter.stage(f"network {weights.name}", len(samples))
            found.append(_of_network(force, samples, spec, seed, weights, reporter.advance))
    return [comparison.quality(item, truth, bound, sequences) for item in found]


def _of_network(
    force: "NetworkForce", samples: "Sequence[Snapshots]", spec: Spec, seed: int, weights: Path, progress: Callable[[int], None]
) -> "TimedEstimate":
    from paper_repro.analysis.audit import inverted
    from paper_repro.analysis.estimator_comparison import TimedEstimate

    start = time.monotonic()
    fit = inverted(force, samples, spec, seed, weights, progress)
    return TimedEstimate("network", fit.coefficients, fit.sandwich_errors, time.monotonic() - start)


def _section(
    found: "Sequence[EstimatorQuality]", names: Sequence[str], truth: Sequence[float], size: str, temperature: float
) -> Section:
    import numpy as np

    from paper_repro.studies.reproduction.sections.estimators import estimators

    text = (
        f"{size} from the exact solution at T₀ = {temperature:g}. Couplings in units of energy (θ T₀) ± half of their 95 %"
        " intervals by the sandwich formula, the sequences being independent; a network's interval does not contain the scatter"
        " between trainings. Ratio: of a coupling to the reference. Scale / β: the common factor of the couplings, 1 for the truth."
        " Efficiency: Cramér-Rao bound over the variance, smallest and largest of the terms. The estimators know the terms and the"
        " temperature, the network neither."
    )
    if not any(np.isfinite(item.half_widths).all() for item in found):
        text += " One sequence has no scatter: there are no intervals and no efficiency."
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
