"""Strict reading of specs: TOML in, frozen classes and an origin for every constant out, one line for every mistake.

A file may extend another: ``extends = "paper.toml"`` names a file of the same folder or, if there is none of that name, a spec of
the project. It then lists only its changes. The named terms of a table are added to those of the extended file, unless
``replace = ["hamiltonian.terms"]`` lists the table.
"""

import contextlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

from paper_repro.files import InputError, read_bytes
from paper_repro.numerics.arguments import checked_arguments
from paper_repro.spec.origin import Fact, Origin
from paper_repro.spec.spec import Spec
from paper_repro.spec.table import TableReader, named_tables, shown

T = TypeVar("T")


@attrs.frozen
class Loaded(Generic[T]):
    """A record read from a file, the origin of each of its constants by dotted path, and the facts that the file states."""

    path: Path
    record: T
    origins: Mapping[str, Origin]
    facts: Mapping[str, Fact] = attrs.field(factory=dict)


@attrs.frozen
class _Values:
    """The plain values of a file with those that it extends, their origins, and the facts."""

    plain: dict[str, Any]
    origins: dict[str, Origin]
    facts: dict[str, Fact]


def specs_folder() -> Path:
    """Return the folder of the project's specs: inside an installed package, or at the top of a checkout.

    >>> (pr.specs_folder() / "paper.toml").is_file()
    True
    """
    package = Path(__file__).resolve().parents[1]
    installed = package / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file; raises ``InputError`` for a missing file, one that is not UTF-8, or one that is not TOML."""
    try:
        return tomllib.loads(read_bytes(path, "a TOML file").decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(path, f"byte {error.start} is not UTF-8", "a TOML file in UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InputError(path, f"not TOML: {error}", "a TOML file") from error


def _extended(path: Path, base: Any, chain: tuple[Path, ...]) -> Path:
    """Return the file that ``path``, the last of a chain, extends; raises ``InputError`` for no file name, and for a circle."""
    if not isinstance(base, str) or Path(base).name != base or not base.isprintable():
        raise InputError(f"{path}: extends", shown(base), "the name of a spec in the same folder or of the project")
    found = path.parent / base
    with contextlib.suppress(OSError):  # a name too long for a file: reading it reports the error
        if not found.exists() and (specs_folder() / base).is_file():
            found = specs_folder() / base
    if found.absolute() in {known.absolute() for known in chain}:
        way = " → ".join([*(known.name for known in chain), base])
        raise InputError(f"{path}: extends", f"a circle ({way})", "a chain that ends in a file without 'extends'")
    return found


def _replaced(path: Path, raw: dict[str, Any], cls: type, *, extends: bool) -> frozenset[str]:
    """Return the tables that a file replaces."""
    listed, known = raw.pop("replace", []), named_tables(cls)
    if not isinstance(listed, list) or any(item not in known for item in listed) or (listed and not extends):
        raise InputError(f"{path}: replace", shown(listed), f"a list of {', '.join(known)} in a file that extends another")
    for item in listed:
        stated: Any = raw
        for key in item.split("."):
            stated = stated.get(key) if isinstance(stated, dict) else None
        if stated is None:
            raise InputError(f"{path}: {item}", "missing", "the table that replaces the other")
    return frozenset(listed)


def _read(path: Path, cls: type, chain: tuple[Path, ...]) -> _Values:
    raw = read_toml(path)
    base = _Values({}, {}, {})
    extends = "extends" in raw
    if extends:
        base = _read(_extended(path, raw.pop("extends"), (*chain, path)), cls, (*chain, path))
        base.plain.pop("name", None)  # a changed run has a name of its own
    reader = TableReader(path, base.origins, _replaced(path, raw, cls, extends=extends))
    facts = reader.facts(raw.pop("facts", {})) if cls is Spec else {}
    return _Values(reader.table(raw, cls, "", base.plain), reader.origins, base.facts | facts)


def load(path: Path, cls: type[T]) -> Loaded[T]:
    """Load a spec file into ``cls``, with the origin of every constant.

    Raises ``InputError``, one line naming the file, the path in it, the value and what was expected.
    """
    values = _read(path, cls, ())
    record: T = TableReader(path, {}, frozenset()).build(values.plain, cls, "")
    return Loaded(path, record, values.origins, values.facts)


@checked_arguments
def load_spec(path: str | Path) -> Loaded[Spec]:
    """Load the spec of a run; see ``load``.

    >>> loaded = pr.load_spec(pr.specs_folder() / "paper.toml")
    >>> loaded.record.beta, loaded.origins["target.temperature"].status
    (20.0, 'released')
    """
    return load(Path(path), Spec)
