"""Spins as arrays: the checks that distinguish vectors (snapshot, site, 3) from other arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.sphere import normalise

#: Lengths within this of 1 are rounding of double precision and left as they are; up to ``ROUNDING`` they are rounding of single
#: precision or of text, and divided out; beyond it the vectors mean something else.
_DOUBLE, ROUNDING = 1e-9, 1e-4
_SPINS = "(snapshot, site, 3)"


def finite_vectors(spins: npt.ArrayLike, sites: int | None, origin: str, stated_by: str = "species") -> Floats:
    """Return vectors (snapshot, site, 3) in double precision, of any length.

    ``sites`` is their number if it is known otherwise, from ``stated_by`` as messages name it. Raises ``InputError`` for another
    shape, with the axes that are swapped if they are, for what is no real number and for what is not finite.
    """
    try:
        given: npt.NDArray[Any] = np.asarray(spins)
    except ValueError as error:
        raise InputError(origin, "spins in rows of different lengths", f"an array {_SPINS}") from error
    if isinstance(spins, np.ma.MaskedArray) and spins.mask.any():
        raise InputError(origin, f"{int(np.count_nonzero(spins.mask)):,} masked numbers", "numbers without a mask")
    if given.dtype.kind not in "fiu":
        raise InputError(origin, f"spins of {given.dtype}", f"real numbers {_SPINS}")
    _require_axes(given.shape, sites, origin, stated_by)
    with np.errstate(over="ignore", invalid="ignore"):  # a number that double precision cannot hold is not finite below
        vectors: Floats = given.astype(np.float64, order="C")
    finite = np.isfinite(vectors).all(-1)
    if not finite.all():
        snapshot, site = np.argwhere(~finite)[0]
        found = f"{np.count_nonzero(~finite):,} spins that are not finite, the first in snapshot {snapshot}, site {site}"
        raise InputError(origin, found, "finite vectors")
    return vectors


def unit_vectors(vectors: Floats, origin: str) -> Floats:
    """Return finite vectors (snapshot, site, 3) with the rounding of their lengths divided out.

    Raises ``InputError`` for lengths that differ from 1 by more than ``ROUNDING``.
    """
    lengths = lengths_of(vectors)
    off = np.abs(lengths - 1).max()
    if off > ROUNDING:
        swapped = vectors.shape[1] == 3 and np.abs(lengths_of(vectors, axis=1) - 1).max() <= ROUNDING
        found = "axes swapped, unit vectors lie along axis 1" if swapped else f"vectors of lengths {shown_range(lengths)}"
        raise InputError(origin, found, f"unit vectors along the last axis of {_SPINS}")
    return vectors if off <= _DOUBLE else normalise(vectors)


def lengths_of(vectors: Floats, axis: int = -1) -> Floats:
    """Return the lengths (snapshot, site) of vectors, infinite where double precision cannot hold their square."""
    with np.errstate(over="ignore"):
        lengths: Floats = np.linalg.norm(vectors, axis=axis)
    return lengths


def shown_range(lengths: Floats) -> str:
    """Return the smallest and the largest of lengths as a message shows them."""
    low, high = f"{lengths.min():.6g}", f"{lengths.max():.6g}"
    return low if low == high else f"{low} to {high}"


def _require_axes(shape: tuple[int, ...], sites: int | None, origin: str, stated_by: str) -> None:
    expected = _SPINS if sites is None else f"(snapshot, {sites}, 3), for {stated_by} has {sites} sites"
    found = f"spins of shape {shape}"
    if len(shape) == 2 and shape[-1] == 3:
        raise InputError(origin, f"{found}, one snapshot", f"{expected}, such as spins[None]")
    if len(shape) == 3 and shape[2] != 3 and 3 in shape[:2]:
        raise InputError(origin, f"{found}, axes swapped: the components are axis {shape.index(3)}", expected)
    if len(shape) == 3 and shape[2] == 3 and sites is not None and shape[1] != sites == shape[0]:
        raise InputError(origin, f"{found}, axes swapped: the sites are axis 0", expected)
    if len(shape) != 3 or shape[2] != 3 or 0 in shape or (sites is not None and shape[1] != sites):
        raise InputError(origin, found, expected)
