"""Any force field, from a trained network to a formula, and the check that what it gives is a force."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats
from paper_repro.sampling.snapshots import Snapshots

#: (species (site,), spins (snapshot, site, 3)) → tangent vectors (snapshot, site, 3); β × force for a perfect score.
ForceField = Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[Any]]

#: Share of the length of a field that may lie along the spins: rounding of single precision is a thousand times smaller.
_RADIAL = 1e-3

#: Numbers beyond it have no squares in double precision.
_LARGEST = 1e100


def force_on(field: ForceField, snapshots: Snapshots) -> Floats:
    """Return the force of a field on every spin (snapshot, site, 3).

    Raises ``ValueError``, in one line with what was found, for another shape than that of the spins, numbers that are not finite,
    and vectors that are not tangent to the spheres.
    """
    spins = snapshots.spins
    answer: Floats = np.asarray(field(snapshots.species, spins), dtype=np.float64)
    if answer.shape != spins.shape:
        raise ValueError(f"the force field answered with shape {answer.shape}; expected that of the snapshots, {spins.shape}")
    if not np.isfinite(answer).all():
        raise ValueError("the force field answered with numbers that are not finite; expected finite vectors")
    largest = float(np.abs(answer).max(initial=0.0))
    if largest and not 1 / _LARGEST <= largest <= _LARGEST:
        raise ValueError(
            f"the force field answered with numbers up to {largest:.3g}; expected {1 / _LARGEST:g} to {_LARGEST:g}, or 0"
        )
    radial, size = (float(np.sqrt(np.mean(part**2))) for part in ((answer * spins).sum(-1), np.linalg.norm(answer, axis=-1)))
    if radial > _RADIAL * size:
        found = f"the force field has a part of {radial / size:.2g} of its length along the spins"
        raise ValueError(f"{found}; expected vectors tangent to the spheres, such as physics.sphere.project gives")
    return answer
