"""Records as JSON and back: one strict codec for every file of results.

A number that is not finite is null in a file and NaN in a record. An array is a list. A field that may be absent has the default
``None``, and is then no key of the file. Unknown and missing keys are errors, with the path in the file.
"""

import json
import math
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_unstructure_fn, override

from paper_repro.files import InputError, read_bytes

T = TypeVar("T")

_KINDS = {int: "an integer", str: "a string", bool: "true or false"}


def shown(value: Any) -> str:
    """Return a value as a message shows it: at most 60 letters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if type(value) not in {int, float}:
        raise ValueError(f"{shown(value)}; expected a number or null")
    return float(value)


def _structure_number(value: Any, _: Any) -> float:
    return _number(value)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _strict(kind: type) -> Any:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"{shown(value)}; expected {_KINDS[kind]}")
        return value

    return structure


def _is_choice(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _choice(value: Any, kind: Any) -> Any:
    if value not in get_args(kind):
        raise ValueError(f"{shown(value)}; expected one of {', '.join(map(repr, get_args(kind)))}")
    return value


def _is_array(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return _of_numpy(origin) and origin.__name__ == "ndarray"


def _is_number_of_numpy(kind: Any) -> bool:
    return _of_numpy(kind) and hasattr(kind, "item")


def _of_numpy(kind: Any) -> bool:
    return bool(getattr(kind, "__module__", "") == "numpy")  # by name: a manifest is read without loading numpy


def _plain_number(value: Any) -> Any:
    number = value.item()
    return _finite(number) if isinstance(number, float) else number


def _plain_array(values: Any) -> Any:
    if isinstance(values, list):
        return [_plain_array(value) for value in values]
    return _finite(values) if isinstance(values, float) else values


def _array(value: Any, kind: Any) -> Any:
    """Build an array of the element type that ``kind`` names; null is NaN."""
    import numpy as np  # noqa: PLC0415

    element = get_args(get_args(kind)[1])[0]

    def numbers(item: Any) -> Any:
        return [numbers(part) for part in item] if isinstance(item, list) else _number(item)

    if not isinstance(value, list):
        raise ValueError(f"{shown(value)}; expected a list of numbers")
    try:
        found = np.array(numbers(value), dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"{shown(value)}; expected a list of numbers, rows of one length") from error
    if np.issubdtype(element, np.integer) and not np.array_equal(found, np.rint(found)):
        raise ValueError(f"{shown(value)}; expected a list of integers")
    return found.astype(element)


def make_converter() -> cattrs.Converter:
    """Return the converter that the codec of one file format is made of; hooks of the format are registered on it."""
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook(float, _structure_number)
    converter.register_unstructure_hook(float, _finite)
    for kind in _KINDS:
        converter.register_structure_hook(kind, _strict(kind))
    converter.register_structure_hook_func(_is_array, _array)
    converter.register_structure_hook_func(_is_choice, _choice)
    converter.register_unstructure_hook_func(_is_number_of_numpy, _plain_number)
    converter.register_unstructure_hook_func(_is_array, lambda array: _plain_array(array.tolist()))

    def without_absent(kind: Any) -> Any:
        absent: dict[str, Any] = {f.name: override(omit_if_default=True) for f in attrs.fields(kind) if f.default is None}
        return make_dict_unstructure_fn(kind, converter, **absent)

    converter.register_unstructure_hook_factory(attrs.has, without_absent)
    return converter


#: Writes records that have no format of their own.
PLAIN = make_converter()


def plain(record: Any) -> Any:
    """Return a record, or data that hold records and arrays, as what JSON has; a number that is not finite is None."""
    return PLAIN.unstructure(record)


def as_json(record: Any, converter: cattrs.Converter = PLAIN) -> bytes:
    """Return a record, or plain data that hold records and arrays, as JSON."""
    return (json.dumps(converter.unstructure(record), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def parse_json(path: Path, expected: str) -> Any:
    """Return the plain data of a JSON file; raises ``InputError`` with what was ``expected`` if it is missing or damaged."""
    try:
        return json.loads(read_bytes(path, expected))
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"not JSON ({error})", expected) from error


def build(data: Any, kind: type[T], where: object, converter: cattrs.Converter = PLAIN) -> T:
    """Build a record from plain data; raises ``InputError`` at ``where`` with the path of the first value that does not fit."""
    try:
        return converter.structure(data, kind)
    except Exception as error:  # cattrs raises many kinds; each means that the data do not fit
        path, found, expected = _first(error, "")
        raise InputError(f"{where}: {path}" if path else where, found, expected or f"the fields of {kind.__name__}") from error


def read_json(path: Path, kind: type[T], expected: str, converter: cattrs.Converter = PLAIN) -> T:
    """Read one record from a JSON file; raises ``InputError`` for a file or a value that does not fit."""
    return build(parse_json(path, expected), kind, path, converter)


def _first(error: BaseException, path: str) -> tuple[str, str, str]:
    """Return path, what was found and what was expected of the first mistake below an error of cattrs."""
    if isinstance(error, cattrs.BaseValidationError):
        inner = error.exceptions[0]
        for note in getattr(inner, "__notes__", ()):
            if isinstance(note, cattrs.AttributeValidationNote):
                return _first(inner, f"{path}.{note.name}")
            if isinstance(note, cattrs.IterableValidationNote):
                at = f".{note.index}" if isinstance(note.index, str) else f"[{note.index}]"
                return _first(inner, f"{path}{at}")
        return _first(inner, path)
    path = path.lstrip(".")
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return path, f"unknown key {', '.join(map(repr, sorted(error.extra_fields)))}", f"the keys of {error.cl.__name__}"
    if isinstance(error, KeyError):
        return path, "missing", "this key"
    found, _, expected = str(error).partition("; expected ")
    if expected:
        return path, found, expected
    return path, "a value of another kind", {TypeError: "a list", AttributeError: "an object"}.get(type(error), found)
