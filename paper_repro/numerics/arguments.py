"""Arguments of public functions against their annotations: one line for the first that does not fit, before any work.

An annotation that is not known here fits any value, and an array fits that of any array: the function itself checks its shape.
"""

import collections.abc
import functools
import inspect
import numbers
import os
import types
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

import attrs

from paper_repro.files import InputError

P = ParamSpec("P")
R = TypeVar("R")


class ArgumentError(InputError, ValueError):
    """An argument of a function does not fit its annotation."""


@attrs.frozen
class AtLeast:
    """The least value of a number."""

    least: int


@attrs.frozen
class Words:
    """What is expected, where the type alone does not state it."""

    expected: str


#: The seed of random numbers, and a number of things, of threads or of resamples, whose scatter is an error.
Seed = Annotated[int, AtLeast(0)]
Count = Annotated[int, AtLeast(1)]
Resamples = Annotated[int, AtLeast(2)]

_LISTS = (collections.abc.Sequence, collections.abc.Iterable, tuple)
_NUMBERS: dict[Any, tuple[type, ...]] = {
    int: (numbers.Integral,),
    float: (numbers.Real,),
}
_WORDS: dict[Any, str] = {
    bool: "True or False",
    int: "an integer",
    float: "a number",
    str: "text",
    os.PathLike: "a path",
    collections.abc.Callable: "a function",
}
#: The same of several.
_SEVERAL: dict[Any, str] = {int: "integers", float: "numbers", os.PathLike: "paths", bool: "True or False"}
#: How to come by a record, by the name of its class.
_MADE_BY = {
    "Exported": "what paper_repro.export returns",
    "Fit": "a Fit, from paper_repro.least_squares",
    "Geometry": "a Geometry, such as Geometry.open_chain(9)",
    "Hamiltonian": "a Hamiltonian, such as load_spec(path).record.hamiltonian",
    "Library": "a Library, from paper_repro.library",
    "NormalEquations": "what paper_repro.normal_equations returns",
    "Path": "a path",
    "ScoreModel": "a score model",
    "Snapshots": "Snapshots, from paper_repro.read or Snapshots.of",
    "Spec": "a Spec, such as load_spec(path).record",
    "Terms": "Terms, such as library().terms(species, geometry)",
    "Truth": "a Truth, a law of known couplings",
    "ndarray": "an array",
    "WeightsInfo": "what paper_repro.load_weights returns",
}


def checked_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that raises ``ArgumentError`` for an argument that does not fit its annotation: its name, and the value."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def with_checks(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:  # Python's own line names the function
            return function(*args, **kwargs)
        for name, hint in _hints(function).items():
            if name in given:
                require(name, given[name], hint)
        return function(*args, **kwargs)

    return with_checks


def require_fields(record: Any) -> None:
    """Raise ``ArgumentError`` for the first field of a record whose value does not fit its annotation."""
    kind: Any = type(record)
    hints = _hints(kind)
    for field in attrs.fields(kind):
        require(field.name, getattr(record, field.name), hints[field.name])


def require(name: str, value: Any, hint: Any) -> None:
    """Raise ``ArgumentError`` for a value of an argument that does not fit a type hint."""
    if not _fits(value, hint):
        place, found, wanted = next(_misfits(name, value, hint), (name, value, hint))
        raise ArgumentError(place, shown(found), _expected(wanted))


@functools.cache
def _hints(of: Any) -> dict[str, Any]:
    parameters = inspect.signature(of).parameters if inspect.isfunction(of) else {}
    hints = typing.get_type_hints(of, include_extras=True)
    unnamed = {name for name, each in parameters.items() if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD)}
    return {name: hint for name, hint in hints.items() if name != "return" and name not in unnamed}


def _fits(value: Any, hint: Any) -> bool:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _fits(value, parts[0]) and all(value >= each.least for each in parts[1:] if isinstance(each, AtLeast))
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return isinstance(value, str | int) and not isinstance(value, bool) and value in parts
    if origin is collections.abc.Callable:
        return callable(value)
    if origin in _LISTS:
        return _is_list(value, origin, parts[0]) and not any(True for _ in _elements(value, parts[0]))
    kind = origin or hint
    if kind is bool:
        return isinstance(value, bool) or (_of_numpy(value) and value.dtype == bool and value.ndim == 0)
    if kind in _NUMBERS:
        return isinstance(value, _NUMBERS[kind]) and not isinstance(value, bool)
    known = isinstance(kind, type) and not kind.__module__.startswith("numpy._typing")  # the parts of ArrayLike
    unchecked = getattr(kind, "_is_protocol", False) and not getattr(kind, "_is_runtime_protocol", False)
    return not known or unchecked or isinstance(value, kind)


def _of_numpy(value: Any) -> bool:
    """Return whether a value is an array or a number of numpy, which is not loaded for it."""
    return type(value).__module__ == "numpy" and hasattr(value, "ndim")


def _is_list(value: Any, origin: Any, element: Any) -> bool:
    """Return whether a value is a list of any kind, or iterable where that is enough; a text is one of letters alone."""
    if isinstance(value, str | collections.abc.Mapping):
        return isinstance(value, str) and element is str
    if _of_numpy(value):
        return bool(value.ndim > 0)
    return isinstance(value, collections.abc.Iterable if origin is collections.abc.Iterable else (list, tuple, range))


def _elements(value: Any, hint: Any) -> Iterator[int]:
    """Yield the places of elements that do not fit; an iterator is not consumed."""
    if isinstance(value, list | tuple) or (_of_numpy(value) and value.ndim > 0):
        yield from (place for place, element in enumerate(value) if not _fits(element, hint))


def _misfits(name: str, value: Any, hint: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the elements of a list that do not fit, with their places, and what they should be."""
    for each in get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,):
        if get_origin(each) in _LISTS and _is_list(value, get_origin(each), get_args(each)[0]):
            yield from ((f"{name}[{place}]", value[place], get_args(each)[0]) for place in _elements(value, get_args(each)[0]))


def shown(value: Any) -> str:
    """Return a value as a message shows it: numbers and text themselves, of anything else its kind."""
    if value is None or isinstance(value, bool | int | float | str | os.PathLike):
        return repr(value)[:60]
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if _of_numpy(value):
        return f"{type(value).__name__} of shape {value.shape}" if value.ndim else repr(value.item())[:60]
    return f"a {type(value).__name__}"


def _expected(hint: Any) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated and isinstance(parts[1], Words):
        return parts[1].expected
    if origin is Annotated:
        return " ".join([_expected(parts[0]), *(f"≥ {each.least}" for each in parts[1:] if isinstance(each, AtLeast))])
    if origin in (Union, types.UnionType):
        words = dict.fromkeys(_expected(part) for part in parts if part is not type(None))
        return " or ".join(word for word in words if word != "text" or "a path" not in words)
    if origin is Literal:
        return " or ".join(map(str, parts))
    if origin in _LISTS:
        return f"a list of {_SEVERAL.get(parts[0]) or _expected(parts[0]).removeprefix('a ')}"
    kind = origin or hint
    return _WORDS.get(kind) or _MADE_BY.get(kind.__name__) or f"a {kind.__name__}"
