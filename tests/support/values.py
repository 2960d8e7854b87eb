"""Every permitted value of every field of a spec, found from its classes: a new choice or kind needs no new line here.

A choice is each of its values, true and false; a number is the ends of its bounds, and a count a few more than its least; a tagged
table is each of its kinds, with the values of each in turn; a list has none, one or two elements. A value that contradicts another
of the spec is refused when the spec is made, before any work: it is not permitted there.
"""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import attrs

from paper_repro.spec import Spec
from paper_repro.spec.plain import fields_of, kinds_of
from paper_repro.spec.quantity import choices_of, quantity_of

#: The path of a field, and the value that it is to have.
Change = tuple[tuple[str, ...], Any]


def _ends(annotation: Any) -> list[Any]:
    """The values of one constant that are tried; none where nothing bounds it on both sides or it is free text."""
    quantity, bare = quantity_of(annotation), get_args(annotation)[0]
    assert quantity is not None
    if choices_of(annotation):
        return list(choices_of(annotation))
    if bare is bool:
        return [False, True]
    if get_origin(bare) is tuple:
        return [(), (0.2,), (0.2, 0.4)] if get_args(bare)[0] is float else [(), (0,), (3, 1)]
    if bare is int and quantity.at_least is not None:
        return [int(quantity.at_least), int(quantity.at_least) + 3]
    ends = [end for end in (quantity.at_least, quantity.at_most) if end is not None]
    return [bare(end) for end in ends] if bare in (int, float) else []


def _example(annotation: Any) -> Any:
    """One value of a constant, for a kind of table that the spec does not have."""
    quantity, bare = quantity_of(annotation), get_args(annotation)[0]
    assert quantity is not None
    return bare((quantity.at_least if quantity.above is None else quantity.above) or 0) + bare(0.03)


def _of_class(cls: type, path: tuple[str, ...]) -> Iterator[Change]:
    for name, field in fields_of(cls).items():
        where = (*path, name)
        for kind in kinds_of(field.type).values():
            plain = {key: _example(part.type) for key, part in fields_of(kind).items() if key != "kind"}
            yield where, kind(**plain)
            for key in plain:
                for value in _ends(fields_of(kind)[key].type):
                    yield where, kind(**plain | {key: value})
        if quantity_of(field.type) is not None:
            yield from ((where, value) for value in _ends(field.type))
        elif isinstance(field.type, type) and attrs.has(field.type):
            yield from _of_class(field.type, where)


def changes() -> list[Change]:
    """Every value that is tried, and where."""
    return list(_of_class(Spec, ()))


def changed(record: Any, change: Change) -> Any:
    """A record with one value changed; raises ``ValueError`` where that contradicts another of its values."""
    (name, *rest), value = change
    return attrs.evolve(record, **{name: changed(getattr(record, name), (tuple(rest), value)) if rest else value})


#: Numbers near the ends of what a float may be.
_FAR = (5e-324, 1e-9, 1e9, 1.7976931348623157e308)


def _far(cls: type, path: tuple[str, ...]) -> Iterator[Change]:
    for name, field in fields_of(cls).items():
        quantity = quantity_of(field.type)
        if quantity is not None and get_args(field.type)[0] in (float, tuple[float, ...]):
            values = [value for value in _FAR if quantity.at_most is None or value <= quantity.at_most]
            several = get_origin(get_args(field.type)[0]) is tuple
            yield from (((*path, name), (value,) if several else value) for value in values)
        for kind in kinds_of(field.type).values():
            plain = {key: _example(part.type) for key, part in fields_of(kind).items() if key != "kind"}
            numbers = [key for key in plain if isinstance(plain[key], float)]
            yield from (((*path, name), (kind, plain | {key: value})) for key in numbers for value in _FAR)
        if isinstance(field.type, type) and attrs.has(field.type):
            yield from _far(field.type, (*path, name))


def extremes(spec: Spec) -> list[Change]:
    """Values near the ends of the floating-point numbers that a spec can have in place of its own."""
    found = []
    for path, value in _far(Spec, ()):
        try:
            change = path, value[0](**value[1]) if isinstance(value, tuple) and isinstance(value[0], type) else value
            changed(spec, change)
        except ValueError as error:
            assert "; expected " in str(error)  # noqa: PT017  (refused in one line)
        else:
            found.append(change)
    first, *others = spec.hamiltonian.terms
    terms = [(attrs.evolve(first, coupling=sign * value), *others) for value in _FAR for sign in (1, -1)]
    return [*found, *((("hamiltonian", "terms"), value) for value in terms)]


def permitted(spec: Spec) -> list[Change]:
    """The values that a spec can have in place of its own."""
    found = []
    for change in changes():
        try:
            changed(spec, change)
        except ValueError as error:
            assert "; expected " in str(error)  # noqa: PT017  (refused in one line)
            continue
        found.append(change)
    return found


def label(change: Change) -> str:
    """A change as the name of a test."""
    path, value = change
    return f"{'.'.join(path)}={value}"
