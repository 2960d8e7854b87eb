"""How text and tables fit a number of columns: no number is broken from its error, and tables that are too wide are folded."""

import math
import re
from collections.abc import Iterator, Sequence

import attrs
from rich.cells import cell_len, chop_cells

from paper_repro.report.document import Table

#: The spaces inside a number: before and after ±, … and =, after ≤ and ≥, before %; no line ends with ±.
_INSIDE = re.compile(r" (?=[±…=] ?[-+]?\.?\d)|(?<=±) |(?<=[…≤≥=]) (?=[-+]?\.?\d)|(?<=\d) (?=%)")
_NO_BREAK = "\N{NO-BREAK SPACE}"
#: Most parts into which a table with columns of text is folded; a table of numbers has as many as it needs.
_PARTS = 2


def words(text: str) -> list[str]:
    """Return what is not broken between two lines: words, and numbers with their errors."""
    return [word.replace(_NO_BREAK, " ") for word in re.split(r"[ \t\n]+", _INSIDE.sub(_NO_BREAK, text)) if word]


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text in ``width`` columns, broken between words; a word that is wider is broken anywhere."""
    lines = [line for paragraph in text.split("\n") for line in _filled(paragraph, max(width, 1))]
    return lines or [""]


def _filled(paragraph: str, width: int) -> list[str]:
    lines = [""]
    for word in words(paragraph):
        for piece in [word] if cell_len(word) <= width else _broken(word, width):
            joined = f"{lines[-1]} {piece}".lstrip()
            if cell_len(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
    return lines if lines[0] or len(lines) == 1 else lines[1:]


def _broken(word: str, width: int) -> Iterator[str]:
    """Yield the pieces of a word that is wider than the lines: the parts of a number if there are any, else what fits."""
    for part in word.split(" "):
        yield from filter(None, chop_cells(part, width))


def natural_width(table: Table) -> int:
    """Return the columns of a terminal that a table takes when no cell is wrapped."""
    return _framed([_widest(cells) for cells in _by_column(table)])


def column_widths(table: Table, width: int) -> list[int] | None:
    """Return the widths of the columns of a table in ``width`` columns; None where a word or a verdict would be broken."""
    columns = _by_column(table)
    least = [max(map(cell_len, (word for cell in cells for word in _unbroken(cell, table))), default=0) for cells in columns]
    wanted = [_widest(cells) - low for cells, low in zip(columns, least, strict=True)]
    left = width - _framed(least)
    if left < 0:
        return None
    share = min(1.0, left / max(sum(wanted), 1))
    return [low + int(share * more) for low, more in zip(least, wanted, strict=True)]


def folded(table: Table, width: int) -> list[Table]:
    """Return a table as tables of some of its columns each, the first column in all; none where it is better read row by row."""
    count = len(_parts(table, width, len(table.columns)))
    even = _parts(table, width, math.ceil((len(table.columns) - 1) / max(count, 1)))
    text = any(name not in table.numbers for name in table.columns[1:])
    parts = _parts(table, width, len(table.columns)) if text or len(even) > count else even
    found = [_part(table, part) for part in parts]
    if (text and count > _PARTS) or any(column_widths(part, width) is None for part in found):
        return []
    return found


def _parts(table: Table, width: int, most: int) -> list[list[int]]:
    """Return the columns of each part, at most so many next to the first: as many as fit."""
    parts: list[list[int]] = []
    for column in range(1, len(table.columns)):
        if parts and len(parts[-1]) <= most and column_widths(_part(table, [*parts[-1], column]), width) is not None:
            parts[-1].append(column)
        else:
            parts.append([0, column])
    return parts


def _part(table: Table, columns: Sequence[int]) -> Table:
    rows = tuple(tuple(row[column] for column in columns) for row in table.rows)
    return attrs.evolve(table, columns=tuple(table.columns[column] for column in columns), rows=rows)


def _unbroken(cell: str, table: Table) -> list[str]:
    """Return what is not broken in a cell; a verdict of two words is one."""
    return [cell] if cell in table.tones else words(cell)


def _by_column(table: Table) -> list[tuple[str, ...]]:
    return [tuple(row[column] for row in (table.columns, *table.rows)) for column in range(len(table.columns))]


def _widest(cells: Sequence[str]) -> int:
    return max(cell_len(line) for cell in cells for line in cell.split("\n"))


def _framed(widths: Sequence[int]) -> int:
    """Return the width of columns with what stands between and around them: a rule, and a space on both of its sides."""
    return sum(widths) + 3 * len(widths) - 1
