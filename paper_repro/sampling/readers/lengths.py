"""Lengths of the vectors in files: a moment that all spins share is divided out, moments that differ only where they are meant."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.sphere import normalise
from paper_repro.sampling.vectors import ROUNDING, lengths_of, shown_range


def unit_spins(spins: Floats, moments: bool, where: str) -> tuple[Floats, tuple[str, ...]]:
    """Return vectors (snapshot, site, 3) without zeros as unit vectors, with a note on what was divided out.

    Lengths that differ by rounding are one moment. Raises ``InputError`` for others, with their range, unless ``moments`` states
    that they are meant: each vector is then divided by its own.
    """
    lengths = lengths_of(spins)
    low, high = float(lengths.min()), float(lengths.max())
    if not np.isfinite(high):
        raise InputError(where, f"vectors of lengths {shown_range(lengths)}", "lengths that double precision holds")
    if max(abs(low - 1), abs(high - 1)) <= ROUNDING:
        return spins, ()
    if high - low > ROUNDING * (high + low):
        if not moments:
            found = f"vectors of lengths {shown_range(lengths)}"
            raise InputError(where, found, "one length, or moments=True (--moments) where lengths that differ are meant")
        note = f"{where}: vectors of lengths {shown_range(lengths)}, each divided by its own"
    else:
        note = f"{where}: vectors of length {lengths.mean():.6g}, divided by it"
    return normalise(spins / lengths[..., None]), (note,)


def empty_sites(spins: Floats, where: str, place: Callable[[int], str]) -> npt.NDArray[np.bool_]:
    """Return which sites (site,) have vectors of length zero in every snapshot.

    Raises ``InputError`` for a site that has one in some snapshots only, at the ``place`` of the first, and where no site has any
    other.
    """
    zero = lengths_of(spins) == 0
    empty: npt.NDArray[np.bool_] = zero.all(axis=0)
    if empty.all():
        raise InputError(where, "vectors of length 0 only", "spins")
    rest = zero & ~empty
    if rest.any():
        snapshot, site = np.argwhere(rest)[0]
        found = f"{np.count_nonzero(rest):,} vectors of length 0, the first at site {site}"
        raise InputError(place(int(snapshot)), found, "spins of a length, or sites that are empty in every snapshot")
    return empty
