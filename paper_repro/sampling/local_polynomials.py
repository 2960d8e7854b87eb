"""What the spin of each site feels, as a polynomial of that spin whose coefficients are sums of monomials of the other spins.

There are twelve coefficients: 0 to 2 are the field h of the multilinear terms, whose sum is h·S; 3 to 11 multiply the nine
functions of ``physics.terms.polynomial`` of S in the sum of all other terms. The energy is minus both sums.
"""

from collections.abc import Iterable

import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.terms import FAMILIES, Term
from paper_repro.physics.terms.polynomial import DEGREE, FUNCTIONS, Polynomial, polynomial
from paper_repro.sampling.polynomial_kernels import FIELD, Monomials

_WIDTH = DEGREE - 1  # factors of a monomial: one at least is the spin itself
_NONE = np.iinfo(np.int64).max


def monomials(
    functions: Iterable[tuple[Term, Integers, Floats]], colours: list[Integers], *, once: bool = False
) -> Monomials | None:
    """Return the monomials of the sum of ``functions``: terms, their clusters (cluster, size), and couplings (cluster,).

    None where some term is no ``polynomial``, or of no registered family: points do not show what a user's function is between
    them. With ``once`` only the first site of a cluster feels it, so that all sites together feel each cluster once.
    """
    sites = np.concatenate(colours)
    linear: list[bool] = []
    keys, weights = [np.empty((0, 2 + _WIDTH), dtype=np.int64)], [np.empty(0)]
    for term, clusters, couplings in functions:
        found = polynomial(term, clusters.shape[1]) if type(term) in FAMILIES.values() else None
        if found is None:
            return None
        linear.append(term.multilinear)
        for place in range(1 if once else clusters.shape[1]):
            keys.append(_keys(found, clusters, place, np.argsort(sites), 0 if term.multilinear else FIELD))
            weights.append(np.outer(couplings, found.coefficients).reshape(-1))
    key, weight = _merged(np.concatenate(keys), np.concatenate(weights))
    position, part, factors = key[:, 0], key[:, 1], key[:, 2:]
    given = factors != _NONE
    return Monomials(
        sites, np.cumsum([0, *map(len, colours)]), np.searchsorted(position, np.arange(len(sites) + 1)), part.copy(), weight,
        given.sum(1), np.where(given, factors, 0), all(linear), any(linear),
    )  # fmt: skip


def _keys(found: Polynomial, clusters: Integers, place: int, position: Integers, first: int) -> Integers:
    """Return position, part and factors (cluster × monomial, 2 + factor) of what the site at one place of each cluster feels."""
    others = [other for other in range(clusters.shape[1]) if other != place]
    count = len(found.coefficients)
    made = np.full((len(clusters), count, 2 + _WIDTH), _NONE)
    made[..., 0] = position[clusters[:, place, None]]
    made[..., 1] = first + found.functions[:, place]
    for number, functions in enumerate(found.functions):
        factors = [(other, component) for other in others for component in FUNCTIONS[functions[other]]]
        for column, (other, component) in enumerate(factors):
            made[:, number, 2 + column] = 3 * clusters[:, other] + component
    made[..., 2:].sort(axis=-1)
    return made.reshape(-1, 2 + _WIDTH)


def _merged(keys: Integers, weights: Floats) -> tuple[Integers, Floats]:
    """Return different keys in order, and the sum of the weights of each."""
    order = np.lexsort(keys.T[::-1])
    keys, weights = keys[order], weights[order]
    starts = np.flatnonzero(np.diff(keys, axis=0, prepend=-1).any(1))
    return keys[starts], np.add.reduceat(weights, starts) if len(starts) else weights


def rows_of(spins: Floats) -> Floats:
    """Return spins (lane, site, 3) as compiled kernels take them (3 site + component, lane): a view of those of ``lane_last``."""
    return np.ascontiguousarray(spins.transpose(1, 2, 0), dtype=np.float64).reshape(-1, len(spins))


def lane_last(spins: Floats) -> Floats:
    """Return spins (lane, site, 3) that are stored as ``rows_of``, so that kernels need not copy them."""
    return rows_of(spins).reshape(*spins.shape[1:], len(spins)).transpose(2, 0, 1)
