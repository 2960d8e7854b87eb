"""Which terms are there: three verdicts at an error rate that holds over all terms together."""

import numpy as np

from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.numerics.arrays import Floats
from paper_repro.studies.inference.results import Verdict

#: A term counts as absent where its coupling is certainly below this share of the strongest one that is present.
RESOLUTION = 0.1


def simultaneous_half_widths(fit: CouplingFit, level: float) -> Floats:
    """Return half-widths (term,) of intervals that all hold together with probability 1 - ``level`` (Bonferroni)."""
    return fit.half_widths(level / len(fit.terms))


def bounds(fit: CouplingFit, level: float) -> Floats:
    """Return upper limits of |coupling| (term,), dimensionless, that all hold together with probability 1 - ``level``."""
    limits: Floats = np.abs(fit.coefficients) + simultaneous_half_widths(fit, level)
    return limits


def verdicts(fit: CouplingFit, level: float, grouped: frozenset[str] = frozenset()) -> tuple[Verdict, ...]:
    """Return a verdict for each term; a false "present" or "absent" among all has probability ``level`` at most.

    A term is present where its simultaneous interval does not hold 0; absent where its coupling is below ``RESOLUTION`` of the
    strongest one present; else, or where the data cannot tell it from others (``grouped``), undecided.
    """
    widths, limits = simultaneous_half_widths(fit, level), bounds(fit, level)
    free = np.array([name not in grouped for name in fit.terms])
    present = (np.abs(fit.coefficients) > widths) & free
    strongest = np.max(np.abs(fit.coefficients), where=present, initial=0.0)
    absent = (limits < RESOLUTION * strongest) & free & ~present
    names: tuple[Verdict, ...] = ("undecided", "absent", "present")
    return tuple(names[2 * int(there) + int(not_there)] for there, not_there in zip(present, absent, strict=True))
