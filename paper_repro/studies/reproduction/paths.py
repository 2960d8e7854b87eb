"""Dotted paths of measured values, resolved against the classes of the records before any record exists."""

from collections.abc import Collection, Mapping
from types import UnionType
from typing import Any, Self, TypeVar, Union, get_args, get_origin

import attrs

from paper_repro.numerics.measured import Measured
from paper_repro.studies.reproduction.results import ByNetwork, Results

_NOTHING = Measured(float("nan"))


@attrs.frozen
class MeasuredPath:
    """A path that was resolved: the attributes, or keys of a mapping, that lead to a ``Measured``."""

    names: tuple[str, ...]

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Return a path that was resolved when its file was loaded (``resolve``)."""
        return cls(tuple(text.split(".")))

    def __str__(self) -> str:
        """Return the path as it is in a file."""
        return ".".join(self.names)

    def of(self, record: object) -> Measured | None:
        """Return the value in a record, or None where a part on the way was not measured."""
        return _follow(record, self.names)

    def of_trained(self, results: Results) -> list[Measured]:
        """Return the value of each training seed that has one; of a section that does not depend on a network, its one value."""
        section = getattr(results, self.names[0])
        parts = section.trained if isinstance(section, ByNetwork) else (section,)
        found = (_follow(part, self.names[1:]) for part in parts)
        return [value for value in found if value is not None]

    def of_authors(self, results: Results) -> Measured | None:
        """Return the value of the authors' network, None where it has none."""
        section = getattr(results, self.names[0])
        return _follow(section.authors, self.names[1:]) if isinstance(section, ByNetwork) else None

    def by_network(self, results: Results) -> list[Measured]:
        """Return the value of every network that has the section, the authors' last; NaN for one without this value."""
        section = getattr(results, self.names[0])
        parts = section.all if isinstance(section, ByNetwork) else (section,)
        return [_follow(part, self.names[1:]) or _NOTHING for part in parts]


def _follow(record: object, names: tuple[str, ...]) -> Measured | None:
    for name in names:
        record = record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)
    return record if isinstance(record, Measured) else None


def resolve(text: str, root: type, keys: Collection[str]) -> MeasuredPath:
    """Resolve a dotted path against the class ``root``; ``keys`` are those of every mapping on the way: the names of the terms.

    Raises ``ValueError`` ("found; expected this") for a path that leads to no ``Measured``.
    """
    kinds, reached = [root], ""
    for name in text.split("."):
        known = {key: value for kind in kinds for key, value in _members(kind, keys).items()}
        if name not in known:
            raise ValueError(
                f"{text!r}: no {name!r} in {reached or root.__name__}; expected one of {', '.join(known) or 'nothing'}"
            )
        kinds, reached = _alternatives(known[name]), f"{reached}.{name}".lstrip(".")
    if kinds != [Measured]:
        raise ValueError(f"{text!r}, which is not a measured value; expected the path of one")
    return MeasuredPath.of_text(text)


def _alternatives(kind: Any) -> list[Any]:
    """Return the classes that a field may hold, None left out."""
    if get_origin(kind) is ByNetwork:
        kind = get_args(kind)[0]
    choices = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    return [choice for choice in choices if choice is not type(None)]


def _members(kind: Any, keys: Collection[str]) -> dict[str, Any]:
    if kind is Measured:
        return {}
    if get_origin(kind) is not None and issubclass(get_origin(kind), Mapping):
        return dict.fromkeys(keys, get_args(kind)[1])
    if not attrs.has(kind):
        return {}
    return {field.name: field.type for field in attrs.fields(kind) if not isinstance(field.type, TypeVar)}
