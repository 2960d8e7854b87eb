"""Comparison of several runs: results of their networks, and the values in which their specs differ."""

from collections.abc import Callable, Sequence

import attrs

from paper_repro.report.document import Section, Table, Text
from paper_repro.report.numbers import NONE
from paper_repro.spec import canonical, differences
from paper_repro.studies.reproduction.sections.intervals import over_trainings
from paper_repro.studies.reproduction.sections.two_runs import alpha, gap_per_spin, largest_ratio_error
from paper_repro.studies.reproduction.subject import Subject


@attrs.frozen(eq=False)
class NamedRun:
    """A run and the name under which it is compared."""

    name: str
    subject: Subject


@attrs.frozen
class Quantity:
    """One number of each training of a run: its name in JSON and in a table, and the value of an exact network."""

    key: str
    label: str
    truth: str
    values: Callable[[Subject], list[float]]


QUANTITIES = (
    Quantity("r2", "R²", "1", lambda run: [part.r2.value for part in run.results.inversion.trained]),
    Quantity("cosine", "cosine", "1", lambda run: [part.cosine.value for part in run.results.inversion.trained]),
    Quantity(
        "scale_over_beta",
        "scale / β",
        "1",
        lambda run: [part.scale.value / run.spec.beta for part in run.results.inversion.trained],
    ),
    Quantity(
        "force_error",
        "relative RMS error of the force",
        "0",
        lambda run: [part.force_error.value for part in run.results.inversion.trained],
    ),
    Quantity("largest_ratio_error", "largest error of a ratio", "0", largest_ratio_error),
    Quantity("alpha", "α", "1", alpha),
    Quantity("gap_per_spin", "gap per spin", "0", gap_per_spin),
)

_MEANING = (
    "Mean over the trainings of each run (their number in brackets) ± the standard deviation between them. Truth: the values of an"
    " exact network."
)
_DEFINITIONS = (
    "R², cosine, scale and ratios: of the couplings fitted to the force of the network. Scale: the common factor between fitted and"
    " true couplings, β = 1/T for an exact network. Ratio: of a coupling to the reference coupling of the law (J_AA in the paper)."
    " α, β_eff = αβ: at low energies E the density p of the network is a Boltzmann law, ln p = -β_eff E - ln Z, with β_eff fitted."
    " Gap: ln Z of this plateau less the exact ln Z(β_eff)."
)


def compared_runs(runs: Sequence[NamedRun]) -> Section:
    """Return the table of runs, a column each, with the values in which each spec differs from that of the first."""
    columns = ("", "truth", *(f"{run.name} ({len(run.subject.results.seeds)})" for run in runs))
    rows = tuple(
        (quantity.label, quantity.truth, *(_shown(quantity.values(run.subject)) for run in runs)) for quantity in QUANTITIES
    )
    table = Table(columns, rows, frozenset(columns[1:]))
    return Section("Runs compared", (Text(_MEANING), Text(_DEFINITIONS), table, *_changes(runs)), summary=True)


def _shown(values: Sequence[float]) -> str:
    return over_trainings(values) if values else NONE


def _changes(runs: Sequence[NamedRun]) -> tuple[Table, ...]:
    rows = tuple((run.name, line) for run in runs[1:] for line in changed_values(runs[0].subject, run.subject))
    return (Table(("run", f"value in {runs[0].name} → in this run"), rows),) if rows else ()


def changed_values(first: Subject, other: Subject) -> list[str]:
    """Return a line for each value in which the specs of two runs differ, but for the names and the training seeds."""
    ours, theirs = canonical(first.spec), canonical(other.spec)
    for plain in (ours, theirs):
        plain.pop("name")
        plain["training"].pop("seeds")
    return differences(ours, theirs)
