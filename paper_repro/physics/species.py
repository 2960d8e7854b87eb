"""The species of the sites: names, such as the letters of a sequence, and the numbers 0, 1, … that stand for them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Integers


def shown(names: Sequence[str]) -> str:
    """Return names as a message shows them: letters as one word."""
    return repr("".join(names)) if all(len(name) == 1 for name in names) else ", ".join(map(repr, names))


def as_species(species: npt.ArrayLike | str, names: Sequence[str]) -> Integers:
    """Return the numbers (site,) of species that are given as a word of letters, as names, or as numbers already.

    ``names`` are those of the numbers 0, 1, … Raises ``ValueError`` for no species, for more than one axis, for a species without a
    name, with its site counted from 1, and for numbers that are not integers.
    """
    given: npt.NDArray[Any] = np.asarray(list(species) if isinstance(species, str) else species)
    if given.size == 0:
        raise ValueError(f"no species; expected some of {shown(names)}")
    if given.ndim != 1:
        raise ValueError(f"species of shape {given.shape}; expected (site,)")
    if given.dtype.kind in "US":
        numbers = {name: number for number, name in enumerate(names)}
        for site, name in enumerate(given.astype(str).tolist(), start=1):
            if name not in numbers:
                raise ValueError(f"species {name!r} at site {site}; expected one of {shown(names)}")
        return np.array([numbers[name] for name in given.astype(str).tolist()], dtype=np.int64)
    if given.dtype.kind not in "iu":
        raise ValueError(f"species of {given.dtype}; expected names or integers")
    if given.min() < 0 or given.max() >= len(names):
        outside = np.flatnonzero((given < 0) | (given >= len(names)))
        raise ValueError(
            f"species {given[outside[0]]} at site {outside[0] + 1}; expected 0 to {len(names) - 1}, for {shown(names)}"
        )
    return given.astype(np.int64)


def as_word(species: Integers, names: Sequence[str]) -> str:
    """Return the names of species (site,) as one word."""
    return "".join(names[number] for number in species)
