"""Comparison of two runs of the same law: the published recipe and a better training."""

from collections.abc import Callable

import attrs

from paper_repro.report.document import Table
from paper_repro.report.numbers import formatted, number
from paper_repro.studies.reproduction.results import Calibration
from paper_repro.studies.reproduction.sections.couplings import in_energy
from paper_repro.studies.reproduction.subject import Subject


def couplings_of_both(first: Subject, second: Subject, names: tuple[str, str]) -> Table:
    """Return the couplings of two runs in units of energy, with intervals over sequences and trainings."""
    found = [in_energy(subject) for subject in (first, second)]
    rows = tuple(
        (term, number(float(truth)), *(number(part[k].mean, part[k].half_width) for part in found))
        for k, (term, truth) in enumerate(zip(first.terms, first.couplings, strict=True))
    )
    columns = ("", "truth", *names)
    return Table(columns, rows, frozenset(columns[1:]))


@attrs.frozen
class Aim:
    """What a training was to reach: the value of each training, a text, and whether a value reaches it; ``form`` shows one."""

    label: str
    text: str
    values: Callable[[Subject], list[float]]
    is_reached: Callable[[float], bool] | None
    form: str


def largest_ratio_error(subject: Subject) -> list[float]:
    """Return the largest error of a ratio of couplings in each training; none of a law without ratios."""
    true = subject.ratios
    if true is None:
        return []
    return [
        max(abs(part.ratios[term].value - float(value)) for term, value in zip(subject.terms, true, strict=True))
        for part in subject.results.inversion.trained
    ]


def gap_per_spin(subject: Subject) -> list[float]:
    """Return how far the plateau of each training lies above the exact ln Z, per spin; of trainings that have one."""
    sites = len(subject.spec.likelihood.chain)
    return [part.gap.value / sites for part in subject.results.calibration.trained if isinstance(part, Calibration)]


def alpha(subject: Subject) -> list[float]:
    """Return α of each training that has a plateau."""
    return [part.alpha.value for part in subject.results.calibration.trained if isinstance(part, Calibration)]


_AIMS = (
    Aim(
        "1 - cosine",
        "5e-6",
        lambda run: [1 - part.cosine.value for part in run.results.inversion.trained],
        lambda x: x <= 5e-6,
        ".1e",
    ),
    Aim("R²", "0.998", lambda run: [part.r2.value for part in run.results.inversion.trained], lambda x: x >= 0.998, ".4f"),
    Aim("largest error of a Table 1 ratio", "0.003", largest_ratio_error, lambda x: x <= 0.003, ".4f"),
    Aim(
        "scale over β",
        "1 ± 0.02",
        lambda run: [part.scale.value / run.spec.beta for part in run.results.inversion.trained],
        lambda x: abs(x - 1) <= 0.02,
        ".4f",
    ),
    Aim(
        "relative RMS error of the force",
        "0.04",
        lambda run: [part.force_error.value for part in run.results.inversion.trained],
        lambda x: x <= 0.04,
        ".4f",
    ),
    Aim(
        "Pearson(W, J) on the support",
        "0.999",
        lambda run: [part.pearson for part in run.results.readout.trained],
        lambda x: x >= 0.999,
        ".4f",
    ),
    Aim(
        "share of Σ|W| within r ≤ 2",
        "0.97",
        lambda run: [part.within_range for part in run.results.readout.trained],
        lambda x: x >= 0.97,
        ".4f",
    ),
    Aim("plateau less exact ln Z, per spin", "0.02", gap_per_spin, lambda x: abs(x) <= 0.02, "+.4f"),
    Aim("α", "—", alpha, None, ".3f"),
)


def against_aims(before: Subject, after: Subject) -> Table:
    """Return the smallest and the largest value of the trainings of one run, those of each training of another, and the aims."""
    rows = []
    for aim in _AIMS:
        first, found = aim.values(before), aim.values(after)
        met = "" if aim.is_reached is None else f"{sum(map(aim.is_reached, found))} of {len(found)}"
        span = " … ".join(formatted(value, aim.form) for value in (min(first), max(first)))
        rows.append((aim.label, span, *(formatted(value, aim.form) for value in found), aim.text, met))
    seeds = [f"refined, seed {seed}" for seed in after.results.seeds]
    columns = ("", f"published recipe, {len(before.results.seeds)} seeds", *seeds, "aim", "reached")
    return Table(columns, tuple(rows), frozenset(columns[1:]))
