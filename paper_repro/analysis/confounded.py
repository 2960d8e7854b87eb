"""Terms that the data do not distinguish: some term of a group is present, and the data do not determine which."""

import math
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.sparse.csgraph import connected_components

from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.numerics.arrays import Floats

#: Estimates whose errors are correlated at least so much are candidates of one group.
CORRELATED = 0.7


@attrs.frozen
class Group:
    """Terms, by name, of which the data need some and could do without each.

    ``p`` is the probability of so large a joint χ² where none of them is there; about ``snapshots`` would show the strongest alone.
    """

    terms: tuple[str, ...]
    p: float
    snapshots: int


def confounded_groups(fit: CouplingFit, level: float) -> tuple[Group, ...]:
    """Return the groups of a fit: terms with correlated errors, none significant alone and all significant together.

    All decisions together have the error rate ``level``: each of the k terms, and each group of them, is judged at level / k.
    """
    share, t = level / len(fit.terms), np.abs(fit.coefficients) / fit.errors
    quantiles = fit.half_widths(share) / fit.errors
    open_terms = np.flatnonzero(t <= quantiles)
    found = []
    for members in _linked(fit.correlations, open_terms):
        p = _joint_p(fit, members)
        if p < share:
            strongest = members[int(np.argmax(t[members] / quantiles[members]))]
            needed = fit.snapshots * float(quantiles[strongest] / t[strongest]) ** 2
            found.append(Group(tuple(fit.terms[k] for k in members), p, math.ceil(needed)))
    return tuple(found)


def _linked(correlations: Floats, terms: npt.NDArray[np.intp]) -> Sequence[npt.NDArray[np.intp]]:
    """Return the sets of two or more ``terms`` that are joined by large correlations."""
    if len(terms) < 2:
        return []
    _, labels = connected_components(np.abs(correlations[np.ix_(terms, terms)]) >= CORRELATED, directed=False)
    sets = [terms[labels == label] for label in range(labels.max() + 1)]
    return [members for members in sets if len(members) > 1]


def _joint_p(fit: CouplingFit, members: npt.NDArray[np.intp]) -> float:
    """Return the p value of θ·C⁻¹·θ of some terms, by Hotelling's law with the least of their degrees of freedom."""
    theta, count = fit.coefficients[members], len(members)
    square = float(theta @ np.linalg.pinv(fit.covariance[np.ix_(members, members)], hermitian=True) @ theta)
    left = float(fit.degrees[members].min()) - count + 1
    if left <= 0:
        return 1.0
    return float(stats.f.sf(square * left / (count * (left + count - 1)), count, left))
