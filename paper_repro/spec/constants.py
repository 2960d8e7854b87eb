"""Every constant of a spec: what it means, its value, and who says so."""

from collections.abc import Iterator
from typing import Any

import attrs

from paper_repro.spec.loading import Loaded
from paper_repro.spec.quantity import quantity_of


@attrs.frozen
class Constant:
    """One constant as text; ``name`` is its path in the spec, ``source`` the citation and the reason."""

    name: str
    value: str
    unit: str
    symbol: str
    meaning: str
    status: str
    source: str


def constants_of(loaded: Loaded[Any]) -> tuple[Constant, ...]:
    """Return every constant of a spec, in the order of its classes."""

    def walk(record: Any, prefix: str) -> Iterator[Constant]:
        for field in attrs.fields(attrs.resolve_types(type(record), include_extras=True)):
            value, path = getattr(record, field.name), f"{prefix}{field.name}"
            quantity = quantity_of(field.type)
            if quantity is not None:
                origin = loaded.origins[path]
                shown = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
                source = "; ".join(part for part in (origin.where, origin.why) if part)
                yield Constant(path, shown, quantity.unit or "—", quantity.symbol, quantity.meaning, origin.status, source)
            elif attrs.has(type(value)):
                yield from walk(value, f"{path}.")
            elif isinstance(value, tuple):
                for item in value:
                    yield from walk(item, f"{path}.{item.name}.")

    return tuple(walk(loaded.record, ""))
