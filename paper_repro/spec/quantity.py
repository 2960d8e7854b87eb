"""What a constant means: its unit, symbol and bounds, written once in the class that holds it."""

import math
from typing import Annotated, Any, Literal, get_args, get_origin

import attrs

from paper_repro.numerics.arguments import require, shown

_OPTIONAL = "optional"


@attrs.frozen
class Quantity:
    """The meaning of one constant, given in the ``Annotated`` type of a spec field.

    ``unit`` is "1" for a pure number and "" where a unit makes no sense (a choice, a string). Bounds are inclusive
    (``at_least``, ``at_most``) or exclusive (``above``); for a tuple they hold for each element.
    """

    meaning: str
    unit: str = attrs.field(kw_only=True)
    symbol: str = attrs.field(default="", kw_only=True)
    at_least: float | None = attrs.field(default=None, kw_only=True)
    at_most: float | None = attrs.field(default=None, kw_only=True)
    above: float | None = attrs.field(default=None, kw_only=True)

    @property
    def range(self) -> str:
        """The bounds in words, for messages and for the table of constants."""
        parts = []
        if self.above is not None:
            parts.append(f"> {self.above:g}")
        if self.at_least is not None:
            parts.append(f"≥ {self.at_least:g}")
        if self.at_most is not None:
            parts.append(f"≤ {self.at_most:g}")
        return " and ".join(parts)

    def check(self, value: Any) -> None:
        """Raise ``ValueError`` unless ``value``, or each element of it, is finite and within the bounds; None is not stated."""
        for number in value if isinstance(value, tuple) else (value,):
            if number is None or isinstance(number, bool | str):
                continue
            inside = (
                (isinstance(number, int) or math.isfinite(number))
                and (self.above is None or number > self.above)
                and (self.at_least is None or number >= self.at_least)
                and (self.at_most is None or number <= self.at_most)
            )
            if not inside:
                raise ValueError(f"a finite number {self.range}".rstrip())


def quantity_of(annotation: Any) -> Quantity | None:
    """Return the ``Quantity`` in an annotated type, or None where there is none."""
    if get_origin(annotation) is Annotated:
        for extra in get_args(annotation)[1:]:
            if isinstance(extra, Quantity):
                return extra
    return None


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """Return the permitted values of an annotated ``Literal``; none for any other type."""
    bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    return get_args(bare) if get_origin(bare) is Literal else ()


def tag(kind: str) -> Any:
    """Return the field ``kind`` of one class of a tagged union: a keyword of the constructor that need not be given."""
    return attrs.field(default=kind, kw_only=True)


def optional(default: Any) -> Any:
    """Return a field that a file need not state: it then has the ``default``, which is not written and enters no digest."""
    return attrs.field(default=default, metadata={_OPTIONAL: True})


def is_optional(field: "attrs.Attribute[Any]") -> bool:
    """Return whether a file need not state the field."""
    return _OPTIONAL in field.metadata


def _checked(quantity: Quantity | None, choices: tuple[Any, ...]) -> Any:
    def validate(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if quantity is None or not choices:
            require(attribute.name, value, attribute.type)
        if quantity is None:
            return
        if choices and (not isinstance(value, str | int | float) or value not in choices):
            raise ValueError(f"{attribute.name} = {shown(value)}; expected one of {', '.join(map(repr, choices))}")
        try:
            quantity.check(value)
        except ValueError as expected:
            raise ValueError(f"{attribute.name} = {value!r}; expected {expected}") from None

    return validate


def checked(_: type, fields: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    """Give every field a validator of its type and, if it has a ``Quantity``, of its bounds and choices (``field_transformer``)."""
    result = []
    for field in fields:
        quantity = quantity_of(field.type)
        result.append(field.evolve(validator=_checked(quantity, choices_of(field.type))))
    return result
