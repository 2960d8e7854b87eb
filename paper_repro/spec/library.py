"""A library of terms as a file states it: one table for each family, with the classes of pairs and the species that it is for.

Such as ``[exchange]`` with ``separations = [1, 2]`` and ``by_species = true``. The physics knows which families there are and which
keys each has; it states them when a file is read.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from paper_repro.files import InputError
from paper_repro.spec.reader import read_toml
from paper_repro.spec.table import shown

#: What a list of classes of pairs is called: on a chain, where sites have positions, on a list of bonds.
Word = Literal["separations", "shells", "classes"]
WORDS: tuple[Word, ...] = ("separations", "shells", "classes")


@attrs.frozen
class FamilyTable:
    """The terms of one family: on pairs of the listed ``classes``, or of the first ``range`` classes that a geometry has.

    ``word`` is what the file calls the classes, None where it does not matter. Families that do not act on pairs have neither list
    nor range. ``by_species``: a term for each unordered pair of species, or for each species, instead of one for all.
    ``by_direction``: a term for each direction of the pairs, where sites have positions.
    """

    family: str
    classes: tuple[int, ...] | None = None
    word: Word | None = None
    range: int | None = None
    by_species: bool = False
    by_direction: bool = False


def read_library(path: Path, keys: Mapping[str, frozenset[str]]) -> tuple[FamilyTable, ...]:
    """Read the tables of a library file; ``keys`` are those that each family may have.

    Raises ``InputError``, one line naming the file, the path in it, the value and what was expected.
    """
    return family_tables(path, read_toml(path), keys)


def family_tables(path: Path, raw: Mapping[str, Any], keys: Mapping[str, frozenset[str]]) -> tuple[FamilyTable, ...]:
    """Return the tables of families in parsed TOML; see ``read_library``."""
    if not raw:
        raise InputError(path, "no terms", f"a table of a family, one of {', '.join(keys)}")
    for family in raw:
        if family not in keys:
            raise InputError(f"{path}: {family}", "unknown family", f"one of {', '.join(keys)}")
    return tuple(_table(f"{path}: {family}", family, table, keys[family]) for family, table in raw.items())


def _table(where: str, family: str, raw: Any, keys: frozenset[str]) -> FamilyTable:
    if not isinstance(raw, dict):
        raise InputError(where, shown(raw), "a table")
    for key in raw:
        if key not in keys:
            listed = f"one of {', '.join(sorted(keys))}" if keys else "no keys"
            raise InputError(f"{where}.{key}", "unknown key", listed)
    flags = {key: raw.get(key, False) for key in ("by_species", "by_direction")}
    for key, flag in flags.items():
        if not isinstance(flag, bool):
            raise InputError(f"{where}.{key}", shown(flag), "true or false")
    if "range" not in keys:
        return FamilyTable(family, **flags)
    stated = [key for key in ("range", *WORDS) if key in raw]
    if len(stated) != 1:
        raise InputError(where, " and ".join(stated) or "no pairs", f"one of range, {', '.join(WORDS)}")
    (key,) = stated
    if key == "range":
        return FamilyTable(family, range=positive(f"{where}.range", raw[key]), **flags)
    word = next(word for word in WORDS if word == key)
    return FamilyTable(family, distinct(f"{where}.{key}", raw[key]), word, **flags)


def positive(where: str, raw: Any) -> int:
    """Return an integer ≥ 1; raises ``InputError`` for anything else."""
    if not isinstance(raw, int) or isinstance(raw, bool) or not 1 <= raw < 2**31:
        raise InputError(where, shown(raw), "an integer ≥ 1")
    return raw


def distinct(where: str, raw: Any) -> tuple[int, ...]:
    """Return a list of different integers ≥ 1; raises ``InputError`` for anything else."""
    if not isinstance(raw, list | tuple) or not raw:
        raise InputError(where, shown(raw), "a list of integers ≥ 1, such as [1, 2]")
    numbers = tuple(positive(f"{where}[{index}]", value) for index, value in enumerate(raw))
    for index, number in enumerate(numbers):
        if number in numbers[:index]:
            raise InputError(f"{where}[{index}]", f"{number} again", "each number once")
    return numbers


def finite(where: str, raw: Any) -> float:
    """Return a finite number; raises ``InputError`` for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or abs(raw) > 1e300 or not math.isfinite(raw):
        raise InputError(where, shown(raw), "a finite number")
    return float(raw)
