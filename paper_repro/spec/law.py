"""A law that can be sampled, as a file states it: a library of terms, the coupling of each, a temperature, the system it is on.

The tables of families are those of a library file; ``[couplings]`` has a number for each term by its name, in units of energy,
such as ``"exchange 1 AA" = 1.0``; ``temperature`` is in units of energy / k_B; ``[system]`` states where the spins are.
"""

from collections.abc import Mapping
from pathlib import Path

import attrs

from paper_repro.files import InputError
from paper_repro.spec.library import FamilyTable, family_tables, finite
from paper_repro.spec.reader import read_toml
from paper_repro.spec.system import System, read_system
from paper_repro.spec.table import shown


@attrs.frozen
class Coupling:
    """The coupling of the term ``name``, in units of energy."""

    name: str
    value: float


@attrs.frozen
class Law:
    """Terms, couplings, temperature in units of energy / k_B, and the system, None where the file states none."""

    path: Path
    tables: tuple[FamilyTable, ...]
    couplings: tuple[Coupling, ...]
    temperature: float
    system: System | None


def read_law(path: Path, keys: Mapping[str, frozenset[str]]) -> Law:
    """Read a law; ``keys`` are those that the table of each family of terms may have.

    Raises ``InputError``, one line naming the file, the path in it, the value and what was expected.
    """
    raw = read_toml(path)
    for key in ("temperature", "couplings"):
        if key not in raw:
            raise InputError(f"{path}: {key}", "missing", "a law: its terms, [couplings], temperature and [system]")
    temperature = finite(f"{path}: temperature", raw.pop("temperature"))
    if temperature <= 0:
        raise InputError(f"{path}: temperature", shown(temperature), "a number > 0, in units of energy / k_B")
    couplings, system = raw.pop("couplings"), raw.pop("system", None)
    if not isinstance(couplings, dict) or not couplings:
        raise InputError(f"{path}: couplings", shown(couplings), 'a table by the names of the terms, such as "exchange 1 AA" = 1.0')
    return Law(
        path=path,
        tables=family_tables(path, raw, keys),
        couplings=tuple(Coupling(name, finite(f"{path}: couplings.{name}", value)) for name, value in couplings.items()),
        temperature=temperature,
        system=None if system is None else read_system(path, system),
    )
