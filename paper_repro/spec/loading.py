"""Strict loading of specs: TOML in, frozen classes and an origin for every leaf out, one line for every mistake."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
from cattrs.strategies import configure_union_passthrough

from paper_repro.files import InputError, input_error, read_bytes
from paper_repro.spec.model import Spec
from paper_repro.spec.origin import Origin
from paper_repro.spec.quantity import quantity_of

T = TypeVar("T")

_KINDS = {int: "an integer", float: "a number", str: "a string", bool: "true or false"}
_LEAF_KEYS = {"value", "status", "where", "why"}
_LEAF = "{ value = …, status = …, where = …, why = … }"


def _strict(kind: type) -> Any:
    def structure(value: Any, _: Any) -> Any:
        if kind is float and type(value) is int:
            try:
                return float(value)
            except OverflowError:
                raise ValueError("a finite number") from None
        if type(value) is not kind:
            raise ValueError(_KINDS[kind])
        if isinstance(value, int) and abs(value) >= 2**63:
            raise ValueError("an integer of at most 63 bits")
        return value

    return structure


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def optional_section(kind: Any) -> type | None:
    """Return the class of a section that may be absent (``Section | None``), or None for anything else."""
    choices = get_args(kind) if isinstance(kind, UnionType) else ()
    return choices[0] if len(choices) == 2 and attrs.has(choices[0]) and choices[1] is NoneType else None


def _let_sections_be_absent(converter: cattrs.Converter, cls: Any) -> None:
    """An absent section is no key in the plain data of ``cls``: what is written, and its digest, are as if it did not exist."""
    names = [field.name for field in attrs.fields(attrs.resolve_types(cls, include_extras=True)) if optional_section(field.type)]
    read, write = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True), make_dict_unstructure_fn(cls, converter)

    def structure(value: Any, kind: Any) -> Any:
        return read(dict.fromkeys(names) | value if isinstance(value, dict) else value, kind)

    def unstructure(record: Any) -> dict[str, Any]:
        return {name: value for name, value in write(record).items() if value is not None or name not in names}

    converter.register_structure_hook(cls, structure)
    converter.register_unstructure_hook(cls, unstructure)


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    configure_union_passthrough(int | float | str | bool, converter)
    for kind in _KINDS:
        converter.register_structure_hook(kind, _strict(kind))

    def structure_tuple(value: Any, kind: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise ValueError("a list")
        return tuple(converter.structure(element, get_args(kind)[0]) for element in value)

    converter.register_structure_hook_func(_is_tuple, structure_tuple)
    _let_sections_be_absent(converter, Spec)
    return converter


#: Structures and unstructures specs; rejects unknown keys, 3.7 or true for an integer, and "false" for a boolean.
converter = _make_converter()


@attrs.frozen
class Loaded(Generic[T]):
    """A record read from a file, with the origin of each of its constants, keyed by its dotted path."""

    path: Path
    record: T
    origins: Mapping[str, Origin]


def canonical(record: Any) -> dict[str, Any]:
    """Return the values of a spec as plain data."""
    data: dict[str, Any] = converter.unstructure(record)
    return data


def digest(record: Any) -> str:
    """Return the SHA-256 over the values of a spec; citations do not enter."""
    text = json.dumps(canonical(record), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(first: Any, second: Any, prefix: str = "") -> list[str]:
    """Return a line "path: a → b" for every value in which two specs, as plain data, differ."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        keys = list(dict.fromkeys([*first, *second]))
        return [line for key in keys for line in differences(first.get(key), second.get(key), f"{prefix}{key}.")]
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        first_named, second_named = ({item["name"]: item for item in side if isinstance(item, Mapping)} for side in (first, second))
        if first_named and second_named:
            return differences(first_named, second_named, prefix)
        if list(first) == list(second):
            return []
    return [] if first == second else [f"{prefix[:-1]}: {first} → {second}"]


def specs_folder() -> Path:
    """Return the folder of the specs that come with the project: inside an installed package, or at the top of a checkout."""
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


def _shown(raw: Any) -> str:
    """Return a value as a message shows it: at most 60 letters, whatever it is."""
    try:
        text = repr(raw)
    except (ValueError, RecursionError):
        text = f"a value of type {type(raw).__name__}, too large to show"
    return text if len(text) <= 60 else f"{text[:57]}…"


class _Reader:
    """Walks a parsed file along the fields of a class; collects plain values and origins."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.origins: dict[str, Origin] = {}

    def fail(self, where: str, found: str, expected: str) -> InputError:
        return InputError(f"{self.path}: {where}" if where else self.path, found, expected)

    def table(self, raw: Any, cls: type, where: str, *, partial: bool, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Read a table into the plain values of ``cls``; with ``partial``, missing keys are left out."""
        if not isinstance(raw, dict):
            raise self.fail(where, _shown(raw), "a table")
        fields = {field.name: field for field in attrs.fields(attrs.resolve_types(cls, include_extras=True))}
        given = given or {}
        for key in raw:
            if key not in fields or key in given:
                known = ", ".join(name for name in fields if name not in given)
                raise self.fail(f"{where}.{key}".lstrip("."), "unknown key", f"one of {known}")
        values: dict[str, Any] = dict(given)
        for name, field in fields.items():
            if name in given:
                continue
            if name in raw:
                values[name] = self.value(raw[name], field.type, f"{where}.{name}".lstrip("."), partial=partial)
            elif not partial and optional_section(field.type) is not None:
                values[name] = None
            elif not partial and field.default is attrs.NOTHING:
                raise self.fail(f"{where}.{name}".lstrip("."), "missing", "this key" if quantity_of(field.type) is None else _LEAF)
        return values

    def value(self, raw: Any, kind: Any, where: str, *, partial: bool) -> Any:
        """Read what stands at one key: a constant, a table, a table of named tables, or a bare label."""
        if quantity_of(kind) is not None:
            return self.leaf(raw, kind, where)
        kind = optional_section(kind) or kind
        if attrs.has(kind):
            return self.table(raw, kind, where, partial=partial)
        element = get_args(kind)[0] if get_origin(kind) is tuple else None
        if element is not None and attrs.has(element):
            if not isinstance(raw, dict):
                raise self.fail(where, _shown(raw), "a table of named tables")
            return {
                name: self.table(item, element, f"{where}.{name}", partial=partial, given={"name": name})
                for name, item in raw.items()
            }
        return self.plain(raw, kind, where)

    def leaf(self, raw: Any, kind: Any, where: str) -> Any:
        if not isinstance(raw, dict):
            raise self.fail(where, f"the bare value {_shown(raw)}", _LEAF)
        for key in raw:
            if key not in _LEAF_KEYS:
                raise self.fail(f"{where}.{key}", "unknown key", f"one of {', '.join(sorted(_LEAF_KEYS))}")
        for key in ("value", "status"):
            if key not in raw:
                raise self.fail(f"{where}.{key}", "missing", _LEAF)
        try:
            self.origins[where] = converter.structure({k: v for k, v in raw.items() if k != "value"}, Origin)
        except Exception as error:  # cattrs raises many kinds; each means that the origin cannot be used
            found, _, expected = str(error).partition("; expected ")
            raise self.fail(where, f"origin not usable: {found}", expected or f"{_LEAF}, all strings but the value") from error
        return self.plain(raw["value"], kind, where)

    def plain(self, raw: Any, kind: Any, where: str) -> Any:
        quantity = quantity_of(kind)
        bare = get_args(kind)[0] if quantity is not None else kind
        try:
            value = converter.structure(raw, bare)
            if quantity is not None:
                quantity.check(value)
        except Exception as error:  # cattrs raises many kinds; each means that the value does not fit
            choices = ", ".join(map(repr, get_args(bare))) if get_origin(bare) is Literal else ""
            raise self.fail(where, _shown(raw), f"one of {choices}" if choices else str(error)) from error
        return value

    def build(self, values: Any, cls: Any, where: str) -> Any:
        """Make the record of ``cls`` from the plain values that were read, its parts first, so that a mistake has a path."""
        parts: dict[str, Any] = {}
        for field in attrs.fields(attrs.resolve_types(cls, include_extras=True)):
            path = f"{where}.{field.name}".lstrip(".")
            if field.name not in values:
                raise self.fail(path, "missing", "this key" if quantity_of(field.type) is None else _LEAF)
            value, element = values[field.name], get_args(field.type)[0] if get_origin(field.type) is tuple else None
            section = optional_section(field.type) or field.type
            if attrs.has(section):
                value = None if value is None else self.build(value, section, path)
            elif element is not None and attrs.has(element):
                value = tuple(self.build(item, element, f"{path}.{name}") for name, item in value.items())
            parts[field.name] = value
        try:
            return cls(**parts)
        except ValueError as error:
            found, _, expected = str(error).partition("; expected ")
            raise InputError(self.path, f"{where}.{found}".lstrip("."), expected) from error


def _overlay(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in change.items():
        result[key] = _overlay(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
    return result


def load(path: Path, cls: type[T]) -> Loaded[T]:
    """Load a spec file into ``cls``, with the origin of every constant.

    A file may say ``extends = "other.toml"`` (a file of the same folder that extends nothing itself) and then lists only
    what it changes. Raises ``InputError``, one line naming the file, the path in it, the value and what was expected.
    """
    raw = read_toml(path)
    origins: dict[str, Origin] = {}
    values: dict[str, Any] = {}
    base = raw.pop("extends", None)
    if base is not None:
        if not isinstance(base, str) or Path(base).name != base:
            raise InputError(f"{path}: extends", f"{base!r}", "the name of a file in the same folder")
        base_path = path.parent / base
        base_raw = read_toml(base_path)
        if "extends" in base_raw:
            raise InputError(f"{path}: extends", f"{base!r}, which extends another file", "a file that extends none")
        reader = _Reader(base_path)
        values = reader.table(base_raw, cls, "", partial=False)
        origins |= reader.origins
        values.pop("name", None)  # a changed run has a name of its own
    reader = _Reader(path)
    values = _overlay(values, reader.table(raw, cls, "", partial=base is not None))
    origins |= reader.origins
    record: T = reader.build(values, cls, "")
    return Loaded(path, record, origins)


def structure(data: Any, cls: type[T], where: object) -> T:
    """Build ``cls`` from plain data; raises ``InputError`` naming ``where`` when the data do not fit."""
    try:
        return converter.structure(data, cls)
    except Exception as error:  # cattrs raises many kinds; each means that the data do not fit
        raise input_error(where, error, f"the fields of {cls.__name__}") from error


def load_spec(path: str | Path) -> Loaded[Spec]:
    """Load the spec of a run; see ``load``."""
    return load(Path(path), Spec)
