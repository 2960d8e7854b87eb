"""Tables that several sections have: a line for each quantity of the networks."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import attrs

from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Table
from paper_repro.report.numbers import NONE, number
from paper_repro.studies.reproduction.determinism import EXACT, GIVEN, STATISTICAL
from paper_repro.studies.reproduction.results import AUTHORS_NAME, ByNetwork, Inversion, Results
from paper_repro.studies.reproduction.sections.intervals import over_trainings

T = TypeVar("T")
_SIDE_BY_SIDE = 5  # networks whose columns fit on a screen
_RESOLVED = 3.0  # standard errors
#: The meaning of a dash instead of a ratio.
UNRESOLVED = " —: the reference coupling is within three standard errors of 0, and a ratio to it has no finite variance."


def shown(measured: Measured | None) -> str:
    """Return a measured value with its error; "—" where there is none."""
    return NONE if measured is None else number(measured.value, measured.standard_error)


def is_resolved(part: Inversion, reference: str) -> bool:
    """Whether the reference coupling of a network differs from 0: a ratio to one that may be 0 has no finite variance."""
    found = part.couplings[reference]
    return not abs(found.value) <= _RESOLVED * found.standard_error


@attrs.frozen(eq=False)
class Quantity(Generic[T]):
    """A quantity of a network: its label, its value (None where the network has none), and how one value is shown."""

    label: str
    value: Callable[[T], Measured | None]
    show: Callable[[Measured], str] = shown

    def cell(self, part: T) -> str:
        """Return the value of one network; "—" where there is none."""
        found = self.value(part)
        return NONE if found is None else self.show(found)

    def summary(self, parts: Sequence[T]) -> tuple[str, str, str]:
        """Return mean ± standard deviation, smallest and largest over several trainings, of those that have the quantity."""
        found = sorted((value for value in map(self.value, parts) if value is not None), key=lambda value: value.value)
        if not found:
            return NONE, NONE, NONE
        return over_trainings([value.value for value in found]), self.show(found[0]), self.show(found[-1])


def by_network(results: Results, section: ByNetwork[T], quantities: Sequence[Quantity[T]]) -> tuple[Table, ...]:
    """Return the quantities of every network, a line for each; lines without any number are left out.

    Of more networks than fit on a screen there is a summary of the trainings too; each of them is then on the page alone.
    """
    networks = results.named(section)
    columns = ("", *(name for name, _ in networks))
    rows = [(each.label, *(each.cell(part) for _, part in networks)) for each in quantities]
    full = _table(columns, rows, page_only=len(networks) > _SIDE_BY_SIDE)
    if not full.page_only:
        return (full,)
    authors = () if section.authors is None else (section.authors,)
    columns = ("", f"{len(section.trained)} trainings", "smallest", "largest", *(AUTHORS_NAME for _ in authors))
    rows = [(each.label, *each.summary(section.trained), *map(each.cell, authors)) for each in quantities]
    return _table(columns, rows), full


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, page_only: bool = False) -> Table:
    kept = tuple(row for row in rows if any(cell != NONE for cell in row[1:]))
    return Table(columns, kept, frozenset(columns[1:]), page_only=page_only)


def determinism_of_networks(results: Results) -> str:
    """Return the classes of numbers that networks give."""
    return f"counts: {EXACT}; trained networks: {STATISTICAL}" + (f"; authors' weights: {GIVEN}" if results.has_authors else "")
