"""Reads a parsed TOML table along the fields of a class, onto the values of the file that it extends."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paper_repro.files import InputError
from paper_repro.spec.origin import Fact, Origin
from paper_repro.spec.plain import converter, element_of, fields_of, is_record, kinds_of
from paper_repro.spec.quantity import choices_of, is_optional, quantity_of
from paper_repro.spec.renamed import renamed

_LEAF_KEYS = {"value", "status", "where", "why"}
_LEAF = "{ value = …, status = …, where = …, why = … }"


def shown(raw: Any) -> str:
    """Return any value as a message shows it: at most 60 letters."""
    try:
        text = repr(raw)
    except (ValueError, RecursionError):
        text = f"a value of type {type(raw).__name__}, too large to show"
    return text if len(text) <= 60 else f"{text[:57]}…"


def joined(where: str, key: str) -> str:
    """Return the dotted path of a key in the table at ``where``."""
    return f"{where}.{key}" if where else key


def named_tables(cls: type, where: str = "") -> list[str]:
    """Return the paths of the tables of named records in a class."""
    found = []
    for name, field in fields_of(cls).items():
        if element_of(field.type) is not None:
            found.append(joined(where, name))
        elif is_record(field.type):
            found += named_tables(field.type, joined(where, name))
    return found


class TableReader:
    """Collects the plain values and the origins of one file; each table may have that of the extended file under it."""

    def __init__(self, path: Path, origins: Mapping[str, Origin], replaced: frozenset[str]) -> None:
        self.path = path
        self.origins = dict(origins)
        self._replaced = replaced

    def fail(self, where: str, found: str, expected: str) -> InputError:
        """Return the error at a path of the file."""
        return InputError(f"{self.path}: {where}" if where else self.path, found, expected)

    def _forget(self, where: str) -> None:
        """Drop the origins of a table whose values are replaced."""
        self.origins = {path: origin for path, origin in self.origins.items() if not path.startswith(f"{where}.")}

    def table(self, raw: Any, cls: type, where: str, base: Mapping[str, Any], *, name: str | None = None) -> dict[str, Any]:
        """Read a table into the plain values of ``cls``, over those of ``base``; ``name`` is the key of a named table."""
        if not isinstance(raw, dict):
            raise self.fail(where, shown(raw), "a table")
        fields = fields_of(cls)
        if name is not None:
            del fields["name"]
        for key in raw:
            if key not in fields:
                self._fail_unknown(joined(where, key), raw[key], fields)
        values = {} if name is None else {"name": name}
        for key, field in fields.items():
            path = joined(where, key)
            if key in raw:
                values[key] = self._value(raw[key], field.type, path, base.get(key))
            elif key in base and path not in self._replaced:
                values[key] = base[key]
            elif not is_optional(field):
                raise self.fail(path, "missing", "this key" if quantity_of(field.type) is None else _LEAF)
        return values

    def _fail_unknown(self, path: str, raw: Any, known: Mapping[str, Any]) -> None:
        old = renamed(path, raw)
        if old is not None:
            raise self.fail(old[0], "renamed", old[1])
        raise self.fail(path, "unknown key", f"one of {', '.join(known)}")

    def _value(self, raw: Any, kind: Any, where: str, base: Any) -> Any:
        """Read the value of one key: a constant, a table, a tagged or named table, or a bare label."""
        if quantity_of(kind) is not None:
            return self._leaf(raw, kind, where)
        if kinds_of(kind):
            return self._tagged(raw, kinds_of(kind), where, base)
        element = element_of(kind)
        if element is not None:
            return self._named(raw, element, where, base or {})
        if is_record(kind):
            return self.table(raw, kind, where, base or {})
        return self._plain(raw, kind, where)

    def _tagged(self, raw: Any, kinds: Mapping[str, type], where: str, base: Mapping[str, Any] | None) -> dict[str, Any]:
        """Read a table of the class that its ``kind`` names; of ``base`` it keeps values only if the kind is the same."""
        choices = ", ".join(map(repr, kinds))
        if not isinstance(raw, dict) or "value" in raw:
            raise self.fail(where, shown(raw), f"a table with a kind, one of {choices}")
        stated = raw.get("kind")
        kind = stated.get("value") if isinstance(stated, dict) else None if base is None else base["kind"]
        if "kind" in raw and (not isinstance(stated, dict) or "value" not in stated):
            self._leaf(stated, str, joined(where, "kind"))
        if not isinstance(kind, str) or kind not in kinds:
            raise self.fail(joined(where, "kind"), "missing" if stated is None else shown(kind), f"one of {choices}")
        if base is not None and base["kind"] != kind:
            self._forget(where)
            base = None
        return self.table(raw, kinds[kind], where, base or {})

    def _named(self, raw: Any, element: type, where: str, base: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise self.fail(where, shown(raw), "a table of named tables")
        if where in self._replaced:
            self._forget(where)
            base = {}
        changed = {
            name: self.table(item, element, joined(where, name), base.get(name, {}), name=name) for name, item in raw.items()
        }
        return {**base, **changed}

    def facts(self, raw: Any) -> dict[str, Fact]:
        """Read the table of facts, which are words with an origin and no constants of the run."""
        if not isinstance(raw, dict):
            raise self.fail("facts", shown(raw), "a table")
        found = {name: self._leaf(item, str, f"facts.{name}") for name, item in raw.items()}
        return {name: Fact(value, self.origins.pop(f"facts.{name}")) for name, value in found.items()}

    def _leaf(self, raw: Any, kind: Any, where: str) -> Any:
        if not isinstance(raw, dict):
            raise self.fail(where, f"the bare value {shown(raw)}", _LEAF)
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
        return self._plain(raw["value"], kind, where)

    def _plain(self, raw: Any, kind: Any, where: str) -> Any:
        quantity, choices = quantity_of(kind), choices_of(kind)
        try:
            value = converter.structure(raw, kind if quantity is None else kind.__origin__)
            if quantity is not None:
                quantity.check(value)
        except Exception as error:  # cattrs raises many kinds; each means that the value does not fit
            expected = f"one of {', '.join(map(repr, choices))}" if choices else str(error)
            raise self.fail(where, shown(raw), expected) from error
        return value

    def build(self, values: Mapping[str, Any], cls: Any, where: str) -> Any:
        """Make the record of ``cls`` from the plain values that were read, its parts first, so that a mistake has a path."""
        parts: dict[str, Any] = {}
        for name, field in fields_of(cls).items():
            if name not in values:  # optional, and not stated
                continue
            value, path, element = values[name], joined(where, name), element_of(field.type)
            kinds = kinds_of(field.type)
            if kinds or is_record(field.type):
                value = self.build(value, kinds[value["kind"]] if kinds else field.type, path)
            elif element is not None:
                value = tuple(self.build(item, element, joined(path, key)) for key, item in value.items())
            parts[name] = value
        try:
            return cls(**parts)
        except ValueError as error:
            found, _, expected = str(error).partition("; expected ")
            raise InputError(self.path, joined(where, found), expected) from error
