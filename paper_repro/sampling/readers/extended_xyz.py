"""Extended xyz, as ase and OVITO write it: frames of a count, a comment line of key=value pairs, and a line for each site.

The vectors are the first of the properties ``spins``, ``spin``, ``magmoms``, ``magmom`` and ``initial_magmoms`` with three
columns. ``species`` and ``pos`` are used where they are there, and of the comment line ``Lattice`` (the vectors a, b, c one after
the other), ``pbc`` (all true where there is a lattice and nothing is stated), ``temperature`` and ``run``.
"""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import attrs
import numpy as np

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats
from paper_repro.sampling.readers.comment_line import columns, number, numbers, pairs, truths
from paper_repro.sampling.readers.frames import Axes, Frames, Layout
from paper_repro.sampling.vectors import finite_vectors

T = TypeVar("T")

_VECTORS = ("spins", "spin", "magmoms", "magmom", "initial_magmoms")
_SPECIES = ("species", "symbols", "element", "Z")
_POSITIONS = ("pos", "positions")
_COUNT = re.compile(r"\s*[1-9]\d{0,9}\s*")


def recognises(head: bytes) -> bool:
    """Return whether a file that begins so has a count of sites in its first line."""
    first, end, _ = head.lstrip().partition(b"\n")
    return bool(end) and first.strip().isdigit()


def read(content: bytes, where: str) -> list[Frames]:
    """Return the frames of a file; raises ``InputError`` with the number of the line for invalid content."""
    try:
        lines = content.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(where, f"byte {error.start}, which is no text", "extended xyz in UTF-8") from error
    return list(_frames(lines, where))


def _frames(lines: list[str], where: str) -> Iterator[Frames]:
    row = 0
    while row < len(lines):
        if not lines[row].strip():
            row += 1
            continue
        at = f"{where}, line {row + 1}"
        if not _COUNT.fullmatch(lines[row]):
            raise InputError(at, f"{lines[row].strip()[:40]!r}", "the number of sites of a frame")
        sites, rows = int(lines[row]), lines[row + 2 : row + 2 + int(lines[row])]
        if len(rows) < sites or not rows[-1].strip():
            raise InputError(at, f"a frame of {sites} sites, cut short", f"a comment line and {sites} lines")
        yield _frame(lines[row + 1], rows, where, row + 2)
        row += 2 + sites


def _frame(comment: str, rows: list[str], where: str, line: int) -> Frames:
    """Return the frame of a comment line, number ``line`` of the file, and the rows after it."""
    at = f"{where}, line {line}"
    info = pairs(comment, at)
    table = _Table.of(columns(info.get("properties", "species:S:1:pos:R:3"), at), rows, where, line + 1)
    name = next((name for name in _VECTORS if name in table.columns), None)
    if name is None:
        raise InputError(at, f"properties {', '.join(table.columns)}", "spins or magmoms of three columns, such as spins:R:3")
    spins = finite_vectors(table.reals(name)[None], None, at)
    layout, notes = _layout(info, table, at)
    others = [other for other in _VECTORS if other in table.columns and other != name]
    return Frames(
        spins,
        at,
        species=table.species(),
        layout=layout,
        run=np.full(1, _integer(info["run"], "run", at)) if "run" in info else None,
        temperature=_value(number, info["temperature"], "temperature", at) if "temperature" in info else None,
        notes=notes + ((f"{where}: spins are the property {name}, not {', '.join(others)}",) if others else ()),
    )


@attrs.frozen
class _Table:
    """The words of the rows of a frame, and where each property is among them."""

    columns: dict[str, tuple[str, int, int]]
    words: list[list[str]]
    where: str
    first: int

    @classmethod
    def of(cls, found: dict[str, tuple[str, int, int]], rows: list[str], where: str, first: int) -> "_Table":
        width = sum(count for _, _, count in found.values())
        words = [row.split() for row in rows]
        for k, row in enumerate(words):
            if len(row) != width:
                raise InputError(f"{where}, line {first + k}", f"{len(row)} columns", f"{width}, as in Properties")
        return cls(found, words, where, first)

    def reals(self, name: str) -> Floats:
        """Return a property of three real columns (site, 3)."""
        kind, first, count = self.columns[name]
        if count != 3 or kind not in "RI":
            raise InputError(f"{self.where}, line {self.first - 1}", f"{name}:{kind}:{count}", f"{name}:R:3, the three components")
        values = np.empty((len(self.words), 3))
        for k, row in enumerate(self.words):
            try:
                values[k] = [number(word) for word in row[first : first + 3]]
            except ValueError as error:
                found = f"{name} {' '.join(row[first : first + 3])[:60]!r}"
                raise InputError(f"{self.where}, line {self.first + k}", found, "three numbers") from error
        return values

    def species(self) -> tuple[str, ...] | None:
        """Return the first of the properties that name species, or None."""
        name = next((name for name in _SPECIES if name in self.columns and self.columns[name][2] == 1), None)
        return None if name is None else tuple(row[self.columns[name][1]] for row in self.words)


def _layout(info: dict[str, str], table: _Table, at: str) -> tuple[Layout, tuple[str, ...]]:
    """Return where the sites are, and a note where their positions are left out."""
    name = next((name for name in _POSITIONS if name in table.columns), None)
    positions = None if name is None else table.reals(name)
    if positions is not None and not np.isfinite(positions).all():
        raise InputError(at, "positions that are not finite", "finite numbers")
    notes: tuple[str, ...] = ()
    if positions is not None and len(positions) > 1 and not positions.any():
        positions, notes = None, ("the positions are all 0: the sites are taken in a row",)
    cell = None
    if "lattice" in info:
        values = _value(numbers, info["lattice"], "Lattice", at)
        if len(values) != 9 or not np.isfinite(values).all():
            raise InputError(at, f"Lattice of {len(values)} numbers", "nine finite numbers, the vectors a, b, c")
        cell = np.array(values).reshape(3, 3)
    absent = [cell is not None and positions is not None] * 3
    periodic = _value(truths, info["pbc"], "pbc", at) if "pbc" in info else absent
    if len(periodic) != 3:
        raise InputError(at, f"pbc={info['pbc'][:40]!r}", "three of T or F")
    if positions is None:
        return Layout(periodic=_axes(periodic)), notes
    return Layout(positions=positions, cell=cell, periodic=_axes(periodic)), notes


def _axes(periodic: list[bool]) -> Axes:
    return periodic[0], periodic[1], periodic[2]


def _value(read_as: Callable[[str], T], text: str, name: str, at: str) -> T:
    try:
        return read_as(text)
    except (ValueError, KeyError) as error:
        raise InputError(at, f"{name}={text[:60]!r}", _EXPECTED[name]) from error


_EXPECTED = {"pbc": "three of T or F", "Lattice": "nine numbers, the vectors a, b, c", "temperature": "a number > 0"}


def _integer(text: str, name: str, at: str) -> int:
    if not re.fullmatch(r"\d{1,15}", text):
        raise InputError(at, f"{name}={text[:40]!r}", "an integer ≥ 0, the Markov chain of the frame")
    return int(text)
