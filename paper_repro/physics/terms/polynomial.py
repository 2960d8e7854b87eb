"""A term as a polynomial of the spins of a cluster, of degree 1 or 2 in each: found from values of φ alone.

On the sphere x, y, z, x², xy, xz, y², yz and z² span all polynomials of degree up to 2 (harmonics of l = 0, 1 and 2). The values
of φ where each spin is at one of nine points give its coefficients in products of them; at other points φ must then agree.
"""

import functools
import itertools

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms.term import Term

#: The components of a spin that each of the nine functions multiplies, of degree 1 and of degree 2.
FUNCTIONS = ((0,), (1,), (2,), *itertools.combinations_with_replacement(range(3), 2))
#: The largest degree of a monomial in all spins together, so that a cluster has at most as many sites.
DEGREE = 4
_ROUNDING, _AGREEMENT, _PROBES = 1e-13, 1e-12, 40
_POINTS = normalise(np.array([*np.eye(3), *-np.eye(3), *np.eye(3) + np.roll(np.eye(3), 1, 0)]))


@attrs.frozen(eq=False)
class Polynomial:
    """φ = Σ coefficient × Π over places of a function of the spin there.

    ``functions`` (monomial, place) are numbers of ``FUNCTIONS``, ``coefficients`` are (monomial,).
    """

    functions: Integers
    coefficients: Floats

    @property
    def degree(self) -> int:
        """The largest degree of a monomial in all spins together."""
        return max((sum(len(FUNCTIONS[number]) for number in row) for row in self.functions), default=0)

    @property
    def multilinear(self) -> bool:
        """Whether φ is of degree 1 in each spin."""
        return all(len(FUNCTIONS[number]) == 1 for number in self.functions.flat)

    def value(self, spins: Floats) -> Floats:
        """Return φ (…) of clusters of spins (…, size, 3)."""
        places = np.arange(self.functions.shape[1])
        result: Floats = _functions(spins)[..., places, self.functions].prod(-1) @ self.coefficients
        return result


def _functions(spins: npt.NDArray[np.float64]) -> Floats:
    """Return the nine functions (…, 9) of spins (…, 3)."""
    return np.stack([spins[..., components].prod(-1) for components in map(list, FUNCTIONS)], axis=-1)


@functools.lru_cache(maxsize=256)
def polynomial(term: Term, size: int) -> Polynomial | None:
    """Return φ of a term on clusters of ``size`` sites as a polynomial of degree 1 or 2 in each spin and up to 4 in all.

    None where it is none, and for a term that calls itself multilinear and is not. Whether it is one is seen at points alone.
    """
    if size > DEGREE:
        return None
    generator = np.random.default_rng(0)
    turns = np.linalg.qr(generator.standard_normal((size, 3, 3)))[0]
    points = _POINTS @ turns  # (place, point, 3), of each place others: a function may be singular where two spins coincide
    chosen = np.indices((len(FUNCTIONS),) * size).reshape(size, -1)
    table = term.value(np.stack([points[place, number] for place, number in enumerate(chosen)], axis=1))
    table = table.reshape((len(FUNCTIONS),) * size)
    for place in reversed(range(size)):
        table = np.tensordot(np.linalg.inv(_functions(points[place])), table, axes=(1, -1))
    kept = np.abs(table) > _ROUNDING * np.abs(table).max()
    found = Polynomial(np.argwhere(kept), table[kept])
    spins = normalise(generator.standard_normal((_PROBES, size, 3)))
    values = term.value(spins)
    if found.degree > DEGREE or np.abs(found.value(spins) - values).max() > _AGREEMENT * np.abs(values).max():
        return None
    return None if term.multilinear and not found.multilinear else found
