"""The partition function: from the plateau of each network, by thermodynamic integration, and what ends the flow costs."""

import functools
import math
from collections.abc import Callable

from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.numbers import NONE, distinct, fixed, number, significant
from paper_repro.studies.reproduction.determinism import CLOSE, EXACT
from paper_repro.studies.reproduction.results import Calibration, FailedCalibration
from paper_repro.studies.reproduction.sections.tables import by_network, determinism_of_networks, shown
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
    """Build ln Z of each network, and say why a network has none."""
    results, spec = subject.results, subject.spec
    networks = results.named(results.calibration)
    if not networks:
        return None
    failed = [f"{name} has no plateau: {part.failed}." for name, part in networks if isinstance(part, FailedCalibration)]
    lines = [(label, _cell(quantity)) for label, quantity in _QUANTITIES]
    lines += [
        (f"T = {temperature} above the plateau", _cell(functools.partial(_above, index)))
        for index, temperature in enumerate(distinct(spec.likelihood_temperatures))
    ]
    table = by_network(networks, lines)
    texts = [_text(subject, networks[0][1].threshold), " ".join(failed)]
    if any(isinstance(part, Calibration) and part.ln_z_by_integration is None for _, part in networks):
        texts.append("ln Z(β_eff) by thermodynamic integration is left out where β_eff lies beyond the integrated range.")
    caption = (
        "αβE + ln p of configurations of each temperature, from which the exact -ln Z(αβ) is subtracted: flat, and at 0, for a"
        " Boltzmann law. The grey band is one standard error of the plateau; α is fitted left of the dotted line."
    )
    figure = Figure("plateau", caption, "Log-likelihoods against energies for each network: flat at low, rising at high energies.")
    blocks = [*(Text(text) for text in texts if text), *((table, figure) if table.rows else ())]
    return Section("Partition function", tuple(blocks), determinism_of_networks(results))


def _above(index: int, part: Calibration) -> Measured | None:
    return part.above[index] if index < len(part.above) else None


def _cell(quantity: Callable[[Calibration], Measured | None]) -> Callable[[Calibration | FailedCalibration], str]:
    return lambda part: NONE if isinstance(part, FailedCalibration) else shown(quantity(part))


def _text(subject: Subject, threshold: float) -> str:
    spec = subject.spec
    text = (
        f"Chain {spec.likelihood.chain}, {spec.likelihood.steps} steps; ± is one standard error, resampling configurations. The"
        " gap is ln Z of the plateau minus exact ln Z(β_eff). It holds the cost of the finite end time (below)"
    )
    brownian = spec.diffusion.forward_kernel == "brownian" and spec.diffusion.target == "conditional-score"
    text += "." if brownian else ", and that the target of the training is not the score of Brownian motion."
    return (
        f"{text} The low-energy set, in which α is fitted, ends at E = {fixed(threshold, 3)}; the plateau is flat up to the"
        " energy to which the mean of 32 successive configurations, in the order of energy, lies within one scatter of it."
    )


_LARGEST_ERROR = 0.5  # of an average that is shown, in ln Z; beyond it its variance need not be finite


def _average(value: float, error: float) -> str:
    """Return an average over configurations; "—" where its scatter says that it has not converged."""
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
        "The flow ends on the uniform density, which the law has not reached. With the exact score -ln p, and so ln Z at a"
        f" given α, is too large by this much, on average over equilibrium at T₀. Two spins (κ = {significant(part.kappa, 6)})"
        " are followed by the flow; for the chain of the likelihood the missing ln p_T is averaged by Monte Carlo. For a"
        " trained network it indicates the size: its flow ends elsewhere, and the fit of α takes up a part."
    )
    if any(NONE in row for row in rows):
        text += " —: the average has not converged: the law is far from uniform at this end time, or the solver has too few steps."
    table = Table(columns, rows, frozenset(columns))
    title = "The cost of the finite end time of the diffusion"
    return Section(title, (Text(text), table), f"end time: {EXACT}; the rest: {CLOSE}")


def thermodynamic_integration(subject: Subject) -> Section | None:
    """Build ln Z at T₀ by thermodynamic integration, beside the exact value where there is one."""
    part = subject.results.thermodynamic_integration
    if part is None:
        return None
    lines = (
        ("ln Z by thermodynamic integration", part.ln_z), ("exact ln Z", part.exact_ln_z), ("difference", part.error),
        ("bias of Simpson's rule alone", part.quadrature_bias),
    )  # fmt: skip
    rows = tuple((label, shown(value)) for label, value in lines if math.isfinite(value.value))
    plateau = any(isinstance(item, Calibration) for item in subject.results.calibration.all)
    beside = "; the plateau is at β_eff, for which see there" if plateau else ""
    text = f"On the chain {subject.spec.likelihood.chain} at β = 1/T₀{beside}. "
    exact = math.isfinite(part.exact_ln_z.value)
    text += "The exact value is that of the transfer matrix." if exact else "This law has no exact solution to compare with."
    caption = "Mean energy of the chain by Monte Carlo"
    caption += " and exactly; to the right their difference in standard errors." if exact else "."
    figure = Figure("thermodynamic_integration", caption, "The mean energy falls with the inverse temperature.")
    table = Table(("", "ln Z"), rows, frozenset({"ln Z"}))
    return Section("Thermodynamic integration", (Text(text), table, figure), determinism=str(CLOSE))
