"""The system that a law is on, as ``[system]`` of its file states it: the species of the sites, and what makes pairs of them.

The sites: ``species``, a word of letters or a list of names; or ``sites``, how many of one species; or ``sequences``, a list.
The pairs: ``boundary``, "open" (where nothing is stated) or "periodic"; or ``bonds``, a list of [i, j, class]; or ``positions``,
with ``cell`` and ``periodic``. Or ``file``, a file of snapshots whose sites and pairs are meant.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from paper_repro.files import InputError
from paper_repro.spec.library import finite, positive
from paper_repro.spec.table import shown

#: A species for each site where only the number of sites is stated.
ONLY_SPECIES = "A"


@attrs.frozen
class System:
    """Where the spins are: the species of the sites (system, site), and what makes pairs of them.

    Chains have a ``boundary``; ``bonds`` (bond, 3) or ``positions`` (site, 3), with ``cell`` (3, 3) and ``periodic`` (3,), are of
    one system. ``file`` is a file of snapshots whose species and geometry are meant; all else is then empty.
    """

    sequences: tuple[tuple[str, ...], ...] = ()
    boundary: Literal["open", "periodic"] | None = None
    bonds: tuple[tuple[int, ...], ...] | None = None
    positions: tuple[tuple[float, ...], ...] | None = None
    cell: tuple[tuple[float, ...], ...] | None = None
    periodic: tuple[bool, ...] = (False, False, False)
    file: Path | None = None


def read_system(path: Path, raw: Any) -> System:
    """Read the table ``[system]`` of the law at ``path``; raises ``InputError`` in one line for invalid content."""
    where = f"{path}: system"
    if not isinstance(raw, dict):
        raise InputError(where, shown(raw), "a table")
    names = [field.name for field in attrs.fields(System)] + ["species", "sites"]
    for key in raw:
        if key not in names:
            raise InputError(f"{where}.{key}", "unknown key", f"one of {', '.join(names)}")
    _require_one(where, raw, ("species", "sequences", "sites", "file"), needed=True)
    if "file" in raw:
        if len(raw) > 1 or not isinstance(raw["file"], str):
            raise InputError(f"{where}.file", shown(raw["file"]), "the path of a file of snapshots, and no other key")
        return System(file=path.parent / raw["file"])
    _require_one(where, raw, ("boundary", "bonds", "positions"), needed=False)
    chain = "bonds" not in raw and "positions" not in raw
    boundary = raw.get("boundary", "open" if chain else None)
    if boundary not in (("open", "periodic") if chain else (None,)):
        raise InputError(f"{where}.boundary", shown(boundary), "'open' or 'periodic'")
    if "sequences" in raw and not chain:
        raise InputError(f"{where}.sequences", "several chains with bonds or positions", "species of one system")
    if "positions" not in raw and ("cell" in raw or "periodic" in raw):
        raise InputError(where, "cell or periodic without positions", "positions of the sites")
    return System(
        sequences=_sequences(where, raw),
        boundary=boundary,
        bonds=_rows(f"{where}.bonds", raw.get("bonds"), _integer),
        positions=_rows(f"{where}.positions", raw.get("positions"), finite),
        cell=_rows(f"{where}.cell", raw.get("cell"), finite),
        periodic=_flags(f"{where}.periodic", raw.get("periodic", [False, False, False])),
    )


def _require_one(where: str, raw: Mapping[str, Any], names: tuple[str, ...], *, needed: bool) -> None:
    stated = [name for name in names if name in raw]
    if len(stated) > 1 or (needed and not stated):
        raise InputError(where, " and ".join(stated) or "no sites", f"one of {', '.join(names)}")


def _sequences(where: str, raw: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    if "sites" in raw:
        return ((ONLY_SPECIES,) * positive(f"{where}.sites", raw["sites"]),)
    if "species" in raw:
        return (_species(f"{where}.species", raw["species"]),)
    listed = raw["sequences"]
    if not isinstance(listed, list) or not listed:
        raise InputError(f"{where}.sequences", shown(listed), 'a list of chains, such as ["ABBA", "BAB"]')
    return tuple(_species(f"{where}.sequences[{index}]", chain) for index, chain in enumerate(listed))


def _species(where: str, raw: Any) -> tuple[str, ...]:
    names = list(raw) if isinstance(raw, str) else raw
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.isprintable() and name for name in names):
        raise InputError(where, shown(raw), "a word of letters or a list of names, one for each site")
    return tuple(names)


def _rows(where: str, raw: Any, of: Callable[[str, Any], Any]) -> Any:
    """Return rows of three numbers; None where there are none."""
    if raw is None:
        return None
    if not isinstance(raw, list) or not raw or not all(isinstance(row, list) and len(row) == 3 for row in raw):
        raise InputError(where, shown(raw), "a list of rows of three numbers")
    return tuple(tuple(of(f"{where}[{index}]", value) for value in row) for index, row in enumerate(raw))


def _flags(where: str, raw: Any) -> tuple[bool, ...]:
    if not isinstance(raw, list) or len(raw) != 3 or not all(isinstance(flag, bool) for flag in raw):
        raise InputError(where, shown(raw), "three, each true or false")
    return tuple(raw)


def _integer(where: str, raw: Any) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or abs(raw) >= 2**31:
        raise InputError(where, shown(raw), "an integer")
    return raw
