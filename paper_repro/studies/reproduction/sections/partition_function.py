"""The partition function: from the plateau of each network, by thermodynamic integration, and the error of the end time."""

import functools
import math
from collections.abc import Callable

from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Block, Figure, Section, Table, Text
from paper_repro.report.numbers import NONE, distinct, fixed, number, significant
from paper_repro.studies.reproduction.determinism import CLOSE, EXACT
from paper_repro.studies.reproduction.results import Calibration, FailedCalibration
from paper_repro.studies.reproduction.sections import conclusions
from paper_repro.studies.reproduction.sections.tables import Quantity, by_network, determinism_of_networks, shown
from paper_repro.studies.reproduction.subject import Subject

_QUANTITIES: tuple[tuple[str, Callable[[Calibration], Measured | None]], ...] = (
    ("α", lambda part: part.alpha),
    ("β_eff = α/T₀", lambda part: part.beta_effective),
    ("ln Z from the plateau", lambda part: part.ln_z),
    ("exact ln Z(β_eff)", lambda part: part.exact_ln_z),
    ("ln Z(β_eff) by thermodynamic integration", lambda part: part.ln_z_by_integration),
    ("residual gap to the exact value", lambda part: part.gap),
    ("scatter of the plateau", lambda part: part.residual),
    ("flat up to the energy", lambda part: part.flat_until),
    ("high energies above the plateau", lambda part: part.high_energy),
)


def partition_function(subject: Subject) -> Section | None:
    """Build ln Z of each network, and the reason where a network has none."""
    results, spec = subject.results, subject.spec
    networks = results.named(results.calibration)
    if not networks:
        return None
    failed = [f"{name} has no plateau: {part.failed}." for name, part in networks if isinstance(part, FailedCalibration)]
    quantities = [Quantity(label, _where_calibrated(value)) for label, value in _QUANTITIES]
    quantities += [
        Quantity(f"T = {temperature} above the plateau", _where_calibrated(functools.partial(_above, index)))
        for index, temperature in enumerate(distinct(spec.likelihood_temperatures))
    ]
    tables = by_network(results, results.calibration, quantities)
    texts = [_text(subject, networks[0][1].threshold), " ".join(failed)]
    if any(isinstance(part, Calibration) and part.ln_z_by_integration is None for _, part in networks):
        texts.append("ln Z(β_eff) by thermodynamic integration is omitted where β_eff lies outside the integrated range.")
    caption = (
        "αβE + ln p of configurations drawn at each temperature, plus the exact ln Z(αβ), against the energy, one panel for each"
        " network. For a Boltzmann distribution it is zero. Grey band: plateau ± one standard error; α is fitted to the left of"
        " the dotted line."
    )
    alt = "Scatter plots, one for each network: log-likelihoods against energies, with lines at zero and at the plateau."
    figure = Figure("plateau", conclusions.of_plateau(subject), caption, alt)
    blocks: tuple[Block, ...] = tuple(Text(text) for text in texts if text)
    if tables[0].rows:
        blocks = (*blocks, *tables, figure)
    return Section("Partition function", blocks, determinism_of_networks(results))


def _above(index: int, part: Calibration) -> Measured | None:
    return part.above[index] if index < len(part.above) else None


def _where_calibrated(
    value: Callable[[Calibration], Measured | None],
) -> Callable[[Calibration | FailedCalibration], Measured | None]:
    return lambda part: None if isinstance(part, FailedCalibration) else value(part)


def _text(subject: Subject, threshold: float) -> str:
    spec = subject.spec
    text = (
        f"Chain {spec.likelihood.chain}, {spec.likelihood.steps} integration steps; ± is one standard error from resampling"
        " configurations. The gap is ln Z of the plateau minus exact ln Z(β_eff). It includes the error of the finite end time"
        " (next section)"
    )
    brownian = spec.diffusion.forward_kernel == "brownian" and spec.diffusion.target == "conditional-score"
    text += "." if brownian else " and that of a training target which is not the score of Brownian motion."
    return (
        f"{text} α is fitted to configurations up to E = {fixed(threshold, 3)}. The plateau is flat up to the energy at which the"
        " mean of 32 successive configurations, ordered by energy, departs from it by more than its scatter."
    )


_LARGEST_ERROR = 0.5  # of an average that is shown, in ln Z; beyond it its variance need not be finite


def _average(value: float, error: float) -> str:
    """Return an average over configurations; "—" where its scatter shows that it has not converged."""
    return number(value, error) if error < _LARGEST_ERROR else NONE


def end_time(subject: Subject) -> Section | None:
    """Build the cost of ending the diffusion at a finite time."""
    part = subject.results.end_time
    if part is None:
        return None
    rows = tuple(
        (
            fixed(item.end_time, 2), _average(item.pair, item.pair_error), significant(item.pair_exact, 3),
            significant(item.flow_error, 1), _average(item.chain, item.chain_error),
            significant(item.chain_gaussian, 3),
        )
        for item in part.costs
    )  # fmt: skip
    columns = (
        "end time", "two spins, by the flow", "two spins, exact", "error of the solver", "the chain, by Monte Carlo",
        "the chain, Gaussian",
    )  # fmt: skip
    text = (
        "The flow assumes a uniform density at the end time, which the distribution has not quite reached. With the exact score,"
        " -ln p, and hence ln Z at a given α, is too large by the amounts below, averaged over equilibrium at T₀. For two spins"
        f" (κ = {significant(part.kappa, 6)}) the flow is integrated; for the chain of the likelihood the missing ln p_T is"
        " averaged by Monte Carlo. For a trained network they give the order of magnitude: its flow ends at another density, and"
        " the fit of α absorbs a part."
    )
    if any(NONE in row for row in rows):
        text += " —: the average has not converged; the distribution is far from uniform, or the solver has too few steps."
    table = Table(columns, rows, frozenset(columns))
    title = "Error of the finite end time of the diffusion"
    return Section(title, (Text(text), table), f"end time: {EXACT}; the rest: {CLOSE}")


def thermodynamic_integration(subject: Subject) -> Section | None:
    """Build ln Z at T₀ by thermodynamic integration, with the exact value if there is one."""
    part = subject.results.thermodynamic_integration
    if part is None:
        return None
    lines = (("ln Z by thermodynamic integration", part.ln_z), ("exact ln Z", part.exact_ln_z), ("difference", part.error))
    rows = tuple((label, shown(value)) for label, value in lines if math.isfinite(value.value))
    if math.isfinite(part.quadrature_bias.value):
        rows += (("bias of Simpson's rule alone", significant(part.quadrature_bias.value)),)
    plateau = any(isinstance(item, Calibration) for item in subject.results.calibration.all)
    other = "; the plateau refers to β_eff (section 'Partition function')" if plateau else ""
    text = f"Chain {subject.spec.likelihood.chain} at β = 1/T₀{other}. "
    exact = math.isfinite(part.exact_ln_z.value)
    text += "The exact value is from the transfer matrix." if exact else "This law has no exact solution for comparison."
    caption = "Mean energy of the chain from Monte Carlo against the inverse temperature."
    if exact:
        caption = (
            "(a) Mean energy of the chain against the inverse temperature, from Monte Carlo and exact. (b) Their difference in"
            " standard errors; the band is ±2."
        )
    alt = "A curve of the mean energy, which decreases with the inverse temperature." + (
        " Scattered differences from the exact values." if exact else ""
    )
    figure = Figure("thermodynamic_integration", conclusions.of_integration(subject), caption, alt)
    table = Table(("", "ln Z"), rows, frozenset({"ln Z"}))
    return Section("Thermodynamic integration", (Text(text), table, figure), determinism=str(CLOSE))
