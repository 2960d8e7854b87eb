"""Whether spins are those of classical Heisenberg models, over the whole sphere, or of XY and Ising models."""

from typing import Self

import attrs
import numpy as np

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats
from paper_repro.sampling.vectors import ROUNDING

_FEWEST = 10  # spins, from which those in a plane are no accident
_SITES = 3  # two spins are always in a plane


@attrs.frozen(eq=False)
class SpinSpace:
    """The sum ``moment`` Σ S Sᵀ (3, 3) over a number of ``spins``; ``planar`` is whether those of each snapshot are in a plane.

    Parallel ones are not: no term acts on them.
    """

    moment: Floats
    spins: int
    planar: bool

    @classmethod
    def of(cls, spins: Floats) -> Self:
        """Return that of spins (snapshot, site, 3)."""
        moments = np.swapaxes(spins, 1, 2) @ spins
        flat = np.linalg.eigvalsh(moments) <= ROUNDING**2 * spins.shape[1]
        planar = spins.shape[1] >= _SITES and bool(flat[:, 0].all() and not flat[:, 1].all())
        return cls(moments.sum(0), spins.shape[0] * spins.shape[1], planar)

    def __add__(self, other: Self) -> Self:
        """Return that of the spins of both."""
        return type(self)(self.moment + other.moment, self.spins + other.spins, self.planar and other.planar)

    @property
    def other_model(self) -> str | None:
        """Where the spins lie, and of which model they are; None for spins over the sphere, and for fewer than ten."""
        if self.spins < _FEWEST:
            return None
        values, axes = np.linalg.eigh(self.moment / self.spins)
        flat = values <= ROUNDING**2
        axis = ", ".join(f"{component + 0.0:.3g}" for component in np.round(axes[:, 2 if flat[1] else 0], 6))
        if flat[1]:
            return f"spins along ({axis}), as of Ising models"
        if flat[0]:
            return f"spins in the plane across ({axis}), as of XY models"
        return "spins of each snapshot in a plane, as of XY models" if self.planar else None

    def require(self, origin: str) -> None:
        """Raise ``InputError`` for spins that lie along one axis or in one plane, or in a plane of each snapshot.

        Ising and XY spins have laws on other spaces than the sphere, and give wrong couplings in silence.
        """
        if (found := self.other_model) is not None:
            raise InputError(origin, found, "spins over the whole sphere, as classical Heisenberg spins are")
