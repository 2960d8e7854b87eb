"""Tables that several sections have: a column for each network, a line for each quantity."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Table
from paper_repro.report.numbers import NONE, number
from paper_repro.studies.reproduction.determinism import EXACT, GIVEN, STATISTICAL
from paper_repro.studies.reproduction.results import Inversion, Results

T = TypeVar("T")
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


def by_network(networks: Sequence[tuple[str, T]], lines: Sequence[tuple[str, Callable[[T], str]]]) -> Table:
    """Return a table with a line for each quantity; lines without any number are left out."""
    rows = [(label, *(cell(part) for _, part in networks)) for label, cell in lines]
    columns = ("", *(name for name, _ in networks))
    kept = tuple(row for row in rows if any(cell != NONE for cell in row[1:]))
    return Table(columns, kept, frozenset(columns[1:]))


def determinism_of_networks(results: Results) -> str:
    """Return the classes of numbers that networks give."""
    return f"counts: {EXACT}; trained networks: {STATISTICAL}" + (f"; authors' weights: {GIVEN}" if results.has_authors else "")
