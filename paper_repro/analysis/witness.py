"""The joint evidence of several trainings of a network on a law that the library may not describe."""

import math
from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.force_test import ForcePart, ForceTest
from paper_repro.numerics.arrays import Floats

Verdict = Literal["inadequate", "undecided"]

#: Relative mean square error of a force up to which a network is a witness: a three-spin term of 10 % of J is 0.3 % of the force.
PRECISE = 0.02
#: Standard deviations by which the error must fall from half of the data to all of them to count as falling.
_FALLING = 2.0


@attrs.frozen(eq=False)
class Witness:
    """Trainings of one recipe, each on all but one part of the data and tested on that part.

    ``coefficients`` (term,) are β × couplings, the mean over trainings, with ``errors`` and ``degrees`` of freedom by the delete-a-
    group jackknife: the parts are the groups, and the scatter between trainings is in it. ``r2`` is that of the library on the
    force, ``r2_deviation`` its standard deviation between trainings. ``parts`` are means over trainings, their ``z`` too; ``p`` is
    the probability of so much evidence in any of them were the library right, and ``verdict`` inadequate where it is below the
    level. ``excess`` is the relative mean square error of the force where the library is right, ``least`` the smallest lower limit,
    over trainings, of the share of the mean square force that the library does not explain.
    """

    coefficients: Floats
    errors: Floats
    degrees: int
    r2: float
    r2_deviation: float
    parts: tuple[ForcePart, ...]
    p: float
    verdict: Verdict
    excess: float
    excess_error: float
    least: float

    def half_widths(self, level: float) -> Floats:
        """Half-widths (term,) of intervals that miss the coupling with probability ``level`` each (Student's t)."""
        widths: Floats = stats.t.isf(level / 2, self.degrees) * self.errors
        return widths


def witness(tests: Sequence[ForceTest], level: float) -> Witness:
    """Return the joint evidence of two or more tests of trainings.

    Trainings share data, so that their evidence is correlated: the mean of their z has at most variance 1, and is taken as if it
    had. Raises ``ValueError`` for fewer than two.
    """
    count = len(tests)
    if count < 2:
        raise ValueError(f"{count} training; expected two or more, for a scatter")
    each = np.array([test.coefficients for test in tests])
    parts = tuple(_mean(some) for some in zip(*(test.parts for test in tests), strict=True))
    p = min(1.0, len(parts) * float(stats.norm.sf(max(part.z for part in parts))))
    r2 = np.array([test.r2 for test in tests])
    return Witness(
        coefficients=each.mean(0),
        errors=np.sqrt((count - 1) / count * ((each - each.mean(0)) ** 2).sum(0)),
        degrees=count - 1,
        r2=float(r2.mean()),
        r2_deviation=float(r2.std(ddof=1)),
        parts=parts,
        p=p,
        verdict="inadequate" if p < level else "undecided",
        excess=float(np.mean([test.excess for test in tests])),
        excess_error=float(np.mean([test.excess_error for test in tests])),
        least=min(test.least for test in tests),
    )


def _mean(parts: Sequence[ForcePart]) -> ForcePart:
    share, confirmed, error, z = np.mean([[part.share, part.confirmed, part.error, part.z] for part in parts], axis=0).tolist()
    return attrs.evolve(parts[0], share=share, confirmed=confirmed, error=error, z=z)


def evidence(p: float) -> float:
    """Return a probability as standard deviations of a normal law, one-sided; 0 from ½ on."""
    return float(stats.norm.isf(max(min(p, 0.5), 1e-300)))


@attrs.frozen
class NetworkPoint:
    """The relative mean square error of the force of a network trained on so many ``snapshots``, with its standard error."""

    snapshots: int
    excess: float
    error: float


@attrs.frozen
class NetworkLearning:
    """How the error of the force falls with the number of snapshots: trainings on half of the data of a training, and on all.

    ``needed`` is about how many snapshots make it ``PRECISE``, by a power law through the points: infinite where it does not fall.
    """

    points: tuple[NetworkPoint, ...]
    needed: float

    @property
    def precise(self) -> bool:
        """Whether the network knows the force well enough to be a witness."""
        return self.points[-1].excess <= PRECISE

    @classmethod
    def of(cls, half: NetworkPoint, whole: NetworkPoint, snapshots: int) -> "NetworkLearning":
        """Return the curve through the points of one part of the data; ``snapshots`` are all."""
        falls = half.excess - whole.excess > _FALLING * math.hypot(half.error, whole.error) and whole.excess > 0
        if whole.excess <= PRECISE:
            return cls((half, whole), float(snapshots))
        if not falls:
            return cls((half, whole), math.inf)
        power = math.log(half.excess / whole.excess) / math.log(whole.snapshots / half.snapshots)
        return cls((half, whole), snapshots * (whole.excess / PRECISE) ** (1 / power))
