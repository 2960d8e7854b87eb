"""Records to plain data and back, strictly: unknown keys, 3.7 or true for an integer, and "false" for a boolean are errors."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, TypeGuard, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_unstructure_fn, override
from cattrs.strategies import configure_union_passthrough

from paper_repro.files import input_error
from paper_repro.spec.quantity import choices_of, is_optional

T = TypeVar("T")

_KINDS = {int: "an integer", float: "a number", str: "a string", bool: "true or false"}


def fields_of(cls: Any) -> dict[str, "attrs.Attribute[Any]"]:
    """Return the fields of a class by name, with their annotated types."""
    return {field.name: field for field in attrs.fields(attrs.resolve_types(cls, include_extras=True))}


def is_record(annotation: Any) -> TypeGuard[type]:
    """Return whether a type is a class of this package's records."""
    return isinstance(annotation, type) and attrs.has(annotation)


def kinds_of(annotation: Any) -> dict[str, type]:
    """Return the classes of a tagged union by their ``kind``; none for any other type."""
    classes = get_args(annotation) if isinstance(annotation, UnionType) else ()
    return {kind: cls for cls in classes if attrs.has(cls) for kind in choices_of(fields_of(cls)["kind"].type)}


def _has_optional(annotation: Any) -> bool:
    return is_record(annotation) and any(map(is_optional, attrs.fields(annotation)))


def _is_tuple(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


def element_of(annotation: Any) -> type | None:
    """Return the class of the records in a tuple of named records; None for any other type."""
    element = get_args(annotation)[0] if _is_tuple(annotation) else None
    return element if is_record(element) else None


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


def _make_converter() -> cattrs.Converter:
    made = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    configure_union_passthrough(int | float | str | bool, made)
    for kind in _KINDS:
        made.register_structure_hook(kind, _strict(kind))

    def structure_tuple(value: Any, annotation: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise ValueError("a list")
        return tuple(made.structure(element, get_args(annotation)[0]) for element in value)

    def structure_union(value: Any, annotation: Any) -> Any:
        kinds = kinds_of(annotation)
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if not isinstance(kind, str) or kind not in kinds:
            raise ValueError(f"kind = {kind!r}; expected one of {', '.join(map(repr, kinds))}")
        return made.structure(value, kinds[kind])

    def unstructure_optional(cls: Any) -> Any:
        omitted = {name: override(omit_if_default=True) for name, field in fields_of(cls).items() if is_optional(field)}
        return make_dict_unstructure_fn(cls, made, **omitted)  # type: ignore[arg-type]

    made.register_unstructure_hook_factory(_has_optional, unstructure_optional)
    made.register_structure_hook_func(_is_tuple, structure_tuple)
    made.register_structure_hook_func(lambda annotation: bool(kinds_of(annotation)), structure_union)
    return made


#: Structures and unstructures specs.
converter = _make_converter()


def structure(data: Any, cls: type[T], where: object) -> T:
    """Build ``cls`` from plain data; raises ``InputError`` naming ``where`` when the data do not fit."""
    try:
        return converter.structure(data, cls)
    except Exception as error:  # cattrs raises many kinds; each means that the data do not fit
        raise input_error(where, error, f"the fields of {cls.__name__}") from error
