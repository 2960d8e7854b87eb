"""Every constant has a meaning, a unit and bounds, and the bounds are kept."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

import attrs
import pytest

from paper_repro.spec import Published, Spec
from paper_repro.spec.quantity import Quantity, checked, choices_of, is_optional, optional, quantity_of, tag

#: Fields that hold a name or a label, which is no constant.
LABELS = {
    "Spec.name", "HamiltonianTerm.name", "Published.protocol", "Claim.name", "Claim.statement", "Claim.measured", "Claim.rule",
    "Statement.name", "Statement.statement", "Statement.measured", "Statement.rule",
}  # fmt: skip


def sections(kind: Any) -> list[type]:
    """Return the classes inside a section, a list of sections or a tagged union; none for anything else."""
    inner = get_args(kind) if get_origin(kind) in (tuple, UnionType) else (kind,)
    return [cls for cls in inner if isinstance(cls, type) and attrs.has(cls)]


def classes(root: type) -> Iterator[type]:
    yield root
    for field in attrs.fields(attrs.resolve_types(root, include_extras=True)):
        for inner in sections(field.type):
            yield from classes(inner)


#: What a spec need not state.
OPTIONAL = {f"HamiltonianTerm.{name}" for name in ("separation", "pair", "family", "component")}


def has_no_unit(kind: Any) -> bool:
    kind = next(part for part in (*get_args(kind), kind) if part is not type(None)) if type(None) in get_args(kind) else kind
    return kind in (str, bool) or (get_origin(kind) is Literal and all(isinstance(choice, str) for choice in get_args(kind)))


def faults(root: type) -> list[str]:
    """Return a line for every field under ``root`` that lacks a meaning or a unit, or has a default.

    A default of a tag is none, nor is that of a field in ``OPTIONAL``.
    """
    found = []
    for cls in dict.fromkeys(classes(root)):
        for field in attrs.fields(cls):
            where = f"{cls.__name__}.{field.name}"
            if is_optional(field) != (where in OPTIONAL):
                found.append(f"{where}: optional")
            elif (
                not is_optional(field)
                and field.default is not attrs.NOTHING
                and (field.name, choices_of(field.type)) != ("kind", (field.default,))
            ):
                found.append(f"{where}: default")
            if sections(field.type) or where in LABELS:
                continue
            quantity = quantity_of(field.type)
            if quantity is None or not quantity.meaning.strip():
                found.append(f"{where}: no meaning")
            elif not quantity.unit.strip() and not has_no_unit(get_args(field.type)[0]):
                found.append(f"{where}: no unit")
    return found


@attrs.frozen
class Inner:
    bare: int
    meaningless: Annotated[int, Quantity(" ", unit="1")]
    unitless: Annotated[float, Quantity("a length", unit="")]
    defaulted: Annotated[int, Quantity("a number", unit="1")] = 3
    unstated: Annotated[int | None, Quantity("a number", unit="1")] = optional(None)


@attrs.frozen
class Outer:
    inner: Inner
    others: tuple[Inner, ...]
    choice: Annotated[Literal["a"], Quantity("a choice", unit="")]
    kind: Annotated[Literal["a", "b"], Quantity("a tag of two values", unit="")] = tag("a")


@pytest.mark.parametrize("root", [Spec, Published])
def test_every_field_has_a_meaning_and_a_unit_and_no_default(root: type) -> None:
    assert faults(root) == []


def test_the_search_finds_what_is_wrong() -> None:
    assert faults(Outer) == [
        "Outer.kind: default", "Inner.bare: no meaning", "Inner.meaningless: no meaning", "Inner.unitless: no unit",
        "Inner.defaulted: default", "Inner.unstated: optional",
    ]  # fmt: skip


@pytest.mark.parametrize("root", [Spec, Published])
def test_every_class_is_frozen_and_checks_its_bounds(root: type) -> None:
    for cls in dict.fromkeys(classes(root)):
        fields = attrs.fields(cls)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(cls.__new__(cls), fields[0].name, 1)
        unchecked = [field.name for field in fields if quantity_of(field.type) is not None and field.validator is None]
        assert unchecked == []


@attrs.frozen(field_transformer=checked)
class Bounded:
    inclusive: Annotated[float, Quantity("a probability", unit="1", at_least=0, at_most=1)] = 0.5
    exclusive: Annotated[float, Quantity("a temperature", unit="energy", above=0)] = 1.0
    several: Annotated[tuple[int, ...], Quantity("seeds", unit="1", at_least=0)] = (0,)
    free: Annotated[float, Quantity("a coupling", unit="energy")] = -1.0
    chosen: Annotated[str, Quantity("a letter", unit="", at_least=0)] = "a"
    choice: Annotated[Literal["a", "b"], Quantity("one of two", unit="")] = "a"


@pytest.mark.parametrize(
    "values",
    [
        {"inclusive": 0.0}, {"inclusive": 1.0}, {"exclusive": 5e-324}, {"several": ()}, {"several": (0, 2**70)},
        {"free": -1e308}, {"chosen": "-1"}, {"choice": "b"},
    ],
)  # fmt: skip
def test_values_within_the_bounds_are_taken(values: dict[str, Any]) -> None:
    bounded = Bounded(**values)
    assert all(getattr(bounded, name) == value for name, value in values.items())


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("inclusive", -5e-324, "a finite number ≥ 0 and ≤ 1"),
        ("inclusive", 1.0000000000000002, "a finite number ≥ 0 and ≤ 1"),
        ("exclusive", 0.0, "a finite number > 0"),
        ("exclusive", float("inf"), "a finite number > 0"),
        ("several", (3, -1), "a finite number ≥ 0"),
        ("free", float("nan"), "a finite number"),
        ("free", float("-inf"), "a finite number"),
        ("choice", "c", "one of 'a', 'b'"),
        ("choice", ("a",), "one of 'a', 'b'"),
    ],
)
def test_values_outside_the_bounds_are_refused(name: str, value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} = .*; expected {expected}$"):
        Bounded(**{name: value})


def test_a_plain_type_has_no_quantity() -> None:
    assert quantity_of(int) is None
    assert quantity_of(Annotated[int, "a remark"]) is None
    assert quantity_of(Annotated[int, "a remark", Quantity("sites", unit="1")]) == Quantity("sites", unit="1")
