"""The error of the score by diffusion time."""

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Table
from paper_repro.report.numbers import fixed, formatted, number, significant
from paper_repro.studies.reproduction.sections.tables import shown

if TYPE_CHECKING:
    from paper_repro.analysis.score_error import ScoreError

ScoreErrors = Sequence[Sequence["ScoreError"]]


def of_network(errors: Sequence["ScoreError"], cost: Measured) -> Table:
    """Return the error, the slope and the cost of a network at each time, and the cost over all times."""
    rows = [
        (
            significant(item.time, 3),
            significant(item.exact, 3),
            fixed(item.error, 3),
            fixed(item.slope, 3),
            number(item.cost, item.cost_error),
        )
        for item in errors
    ]
    rows.append(("all", "", "", "", shown(cost)))
    columns = ("time", "⟨|s*|²⟩", "error", "slope", "cost")
    return Table(columns, tuple(rows), frozenset(columns))


def by_recipe(recipes: Mapping[str, tuple[ScoreErrors, Sequence[Measured]]]) -> Table:
    """Return for each recipe the error of every training, and the slope and the cost averaged over trainings."""
    rows = []
    first = next(iter(recipes.values()))[0][0]
    for k, at in enumerate(first):
        row = [significant(at.time), significant(at.exact, 3)]
        for errors, _ in recipes.values():
            same_time = [network[k] for network in errors]
            row.append(" ".join(fixed(item.error, 3) for item in same_time))
            row.append(fixed(statistics.fmean(item.slope for item in same_time), 3))
            row.append(formatted(statistics.fmean(item.cost for item in same_time), "+.4f"))
        rows.append(tuple(row))
    totals = [("", "", "; ".join(map(shown, costs))) for _, costs in recipes.values()]
    rows.append(("in all", "", *(cell for total in totals for cell in total)))
    columns = ["t", "⟨|s*|²⟩"]
    for name in recipes:
        columns += [f"{name}: error of each seed", f"{name}: slope, mean", f"{name}: cost, mean"]
    return Table(tuple(columns), tuple(rows), frozenset(columns))
