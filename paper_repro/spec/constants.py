"""Every constant of a spec: its meaning, its value, and its origin."""

from collections.abc import Iterator
from typing import Any

import attrs

from paper_repro.spec.origin import Origin
from paper_repro.spec.quantity import quantity_of
from paper_repro.spec.reader import Loaded


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
    """Return every constant of a spec, in the order of its classes, and after them the facts that it states."""

    def walk(record: Any, prefix: str) -> Iterator[Constant]:
        for field in attrs.fields(attrs.resolve_types(type(record), include_extras=True)):
            value, path = getattr(record, field.name), f"{prefix}{field.name}"
            quantity = quantity_of(field.type)
            if quantity is not None and path not in loaded.origins:
                continue  # optional, and not stated
            if quantity is not None:
                origin = loaded.origins[path]
                shown = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
                unit, source = quantity.unit or "—", _source(origin)
                yield Constant(path, shown, unit, quantity.symbol, quantity.meaning, origin.status, source)
            elif attrs.has(type(value)):
                yield from walk(value, f"{path}.")
            elif isinstance(value, tuple):
                for item in value:
                    yield from walk(item, f"{path}.{item.name}.")

    return (*walk(loaded.record, ""), *_facts(loaded))


def _facts(loaded: Loaded[Any]) -> Iterator[Constant]:
    for name, fact in loaded.facts.items():
        source = _source(fact.origin)
        yield Constant(f"facts.{name}", fact.value, "—", "", "stated of the model; not varied here", fact.origin.status, source)


def _source(origin: Origin) -> str:
    return "; ".join(part for part in (origin.where, origin.why) if part)
