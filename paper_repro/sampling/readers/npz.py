"""Snapshots in an npz archive of numpy: the format that this project writes, and that anyone can.

``spins`` (snapshot, site, 3); optional ``species`` (site,), names or integers; ``bonds`` (bond, 3), i, j and class; ``positions``
(site, 3) with ``cell`` (3, 3), rows a, b, c, and ``periodic`` (3,); ``temperature`` (); ``run`` (snapshot,). Chains of different
lengths: ``sequences`` (chain,) of letters, and ``spins`` (snapshot, Σ sites, 3), one chain after the other. Without bonds and
positions the sites are a chain, a ring where the first of ``periodic`` is true. ``notes`` (note,) are lines on the data.
"""

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.files import InputError, printable
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.sampling.readers.archive import Arrays, load_arrays
from paper_repro.sampling.readers.frames import Axes, Frames, Layout, Species
from paper_repro.sampling.readers.npz_writer import write
from paper_repro.sampling.vectors import finite_vectors

__all__ = ["KEYS", "read", "recognises", "write"]

KEYS = ("spins", "species", "bonds", "positions", "cell", "periodic", "temperature", "run", "sequences", "notes")
_SHOWN = 8  # of the names of other arrays


def recognises(head: bytes) -> bool:
    """Return whether a file that begins so is an archive."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read(content: bytes, where: str) -> list[Frames]:
    """Return the snapshots of an archive; raises ``InputError`` in one line for invalid content."""
    arrays, others = load_arrays(content, KEYS, where)
    if "spins" not in arrays:
        held = ", ".join([*arrays, *others][:_SHOWN]) or "nothing"
        raise InputError(where, f"an archive of {held}", "spins (snapshot, site, 3)")
    unused = ", ".join(others[:_SHOWN]) + (f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else "")
    notes = (printable(f"{where}: arrays that are not used: {unused}"),) if others else ()
    notes = (*_notes(arrays.get("notes"), where), *notes)
    return [attrs.evolve(part, notes=notes) for part in (_chains if "sequences" in arrays else _one_system)(arrays, where)]


def _one_system(arrays: Arrays, where: str) -> list[Frames]:
    species = _species(arrays.get("species"), where)
    spins = finite_vectors(arrays["spins"], None if species is None else len(species), where)
    run, temperature = _run(arrays, len(spins), where), _temperature(arrays, where)
    return [Frames(spins, where, species, _layout(arrays, spins.shape[1], where), run, temperature)]


def _chains(arrays: Arrays, where: str) -> list[Frames]:
    for name in ("species", "bonds", "positions", "cell"):
        if name in arrays:
            raise InputError(where, f"sequences and {name}", "sequences alone, or one system")
    given = arrays["sequences"]
    if given.dtype.kind not in "US" or given.ndim != 1 or not given.size:
        raise InputError(where, f"sequences of shape {given.shape}, {given.dtype}", "text (chain,), one word a chain")
    words = _texts(given, f"{where}, sequences")
    if not all(words):
        raise InputError(where, f"sequence {words.index('')}, which has no letter", "a letter for each site")
    spins = finite_vectors(arrays["spins"], sum(map(len, words)), where, "sequences")
    run, temperature = _run(arrays, len(spins), where), _temperature(arrays, where)
    layout, ends = Layout(periodic=_periodic(arrays, where)), np.cumsum([len(word) for word in words])
    return [
        Frames(spins[:, end - len(word) : end], f"{where}, chain {k}", tuple(word), layout, run, temperature, chain=k)
        for k, (word, end) in enumerate(zip(words, ends.tolist(), strict=True))
    ]


def _texts(given: npt.NDArray[Any], where: str) -> list[str]:
    try:
        return [str(word) for word in (given.astype(np.str_) if given.dtype.kind == "S" else given).tolist()]
    except UnicodeDecodeError as error:
        raise InputError(where, "bytes that are no text", "text, such as np.array(names, dtype=str)") from error


def _notes(given: npt.NDArray[Any] | None, where: str) -> tuple[str, ...]:
    if given is None:
        return ()
    if given.dtype.kind not in "US" or given.ndim != 1:
        raise InputError(where, f"notes of shape {given.shape}, {given.dtype}", "text (note,)")
    return tuple(printable(note) for note in _texts(given, f"{where}, notes"))


def _species(given: npt.NDArray[Any] | None, where: str) -> Species:
    if given is None:
        return None
    if given.dtype.kind in "US" and given.ndim == 0:  # a word of letters
        return tuple(_texts(given[None], f"{where}, species")[0])
    if given.dtype.kind not in "USiu" or given.ndim != 1:
        raise InputError(where, f"species of shape {given.shape}, {given.dtype}", "names or integers (site,)")
    if given.dtype.kind in "US":
        return tuple(_texts(given, f"{where}, species"))
    return tuple(int(number) for number in given.tolist())


def _layout(arrays: Arrays, sites: int, where: str) -> Layout:
    bonds = arrays.get("bonds")
    if bonds is not None and (bonds.dtype.kind not in "iu" or bonds.shape[1:] != (3,)):
        raise InputError(where, f"bonds of shape {bonds.shape}, {bonds.dtype}", "integers (bond, 3): i, j, class")
    positions, cell = _reals(arrays, "positions", (sites, 3), where), _reals(arrays, "cell", (3, 3), where)
    if bonds is None and positions is None and cell is not None:
        raise InputError(where, "a cell without positions", "positions (site, 3)")
    return Layout(None if bonds is None else bonds.astype(np.int64), positions, cell, _periodic(arrays, where))


def _reals(arrays: Arrays, name: str, shape: tuple[int, ...], where: str) -> Floats | None:
    given = arrays.get(name)
    if given is None:
        return None
    if given.dtype.kind not in "fiu" or given.shape != shape:
        raise InputError(where, f"{name} of shape {given.shape}, {given.dtype}", f"real numbers {shape}")
    with np.errstate(over="ignore"):
        numbers: Floats = given.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise InputError(where, f"{name} that are not finite", "finite numbers")
    return numbers


def _periodic(arrays: Arrays, where: str) -> Axes:
    given = arrays.get("periodic")
    if given is None:
        return (False, False, False)
    if given.dtype.kind not in "biu" or given.shape not in ((3,), ()) or not np.isin(given, (0, 1)).all():
        raise InputError(where, f"periodic = {printable(str(given.tolist()))[:60]}", "three of true or false, along a, b, c")
    along = given.tolist() if given.ndim else [given.item(), False, False]
    return (bool(along[0]), bool(along[1]), bool(along[2]))


def _run(arrays: Arrays, count: int, where: str) -> Integers | None:
    given = arrays.get("run")
    if given is None:
        return None
    if given.dtype.kind not in "iu" or given.shape not in ((count,), ()):
        raise InputError(
            where, f"run of shape {given.shape}, {given.dtype}", f"integers ({count},), the Markov chain of each snapshot"
        )
    return np.broadcast_to(given, (count,)).astype(np.int64)


def _temperature(arrays: Arrays, where: str) -> float | None:
    given = arrays.get("temperature")
    if given is None:
        return None
    if given.dtype.kind not in "fiu" or given.size != 1:
        raise InputError(where, f"temperature of shape {given.shape}, {given.dtype}", "one number > 0")
    return float(given.item())
