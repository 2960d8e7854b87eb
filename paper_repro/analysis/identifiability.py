"""Whether data distinguish terms, and the solution where they do: the Gram matrix of the gradients must have full rank."""

from collections.abc import Collection, Iterable, Sequence

import attrs
import numpy as np

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots

#: Smallest eigenvalue of the Gram matrix against its largest.
_RANK = 1e-12
#: Square of a gradient, summed over all spins, that is rounding of gradients of order 1.
_ROUNDING = 1e-24


class NotIdentifiableError(ValueError):
    """The data do not fix the couplings: some term acts nowhere in them, or terms cannot be distinguished."""


def acting(terms: Terms, data: Iterable[Snapshots], always: Collection[str] = ()) -> Terms:
    """Return a library without the terms that act on no site of the data, but for those of the names ``always``.

    Raises ``ValueError`` where none is left.
    """
    found = set(always)
    for snapshots in data:
        if len(found) < len(terms):
            found.update(part.term.name for part in snapshots.bind(terms).terms if len(part.clusters))
    return attrs.evolve(terms, terms=tuple(term for term in terms.terms if term.name in found))


def condition_number(names: Sequence[str], gram: Floats) -> float:
    """Return the condition of the gradients whose Gram matrix (term, term) is given.

    Raises ``NotIdentifiableError`` where some term has no gradient anywhere in the data, or where the gradients are linearly
    dependent.
    """
    absent = [name for name, norm in zip(names, np.diagonal(gram), strict=True) if norm <= _ROUNDING]
    if absent:
        raise NotIdentifiableError(f"{', '.join(absent)} act nowhere in the data; expected snapshots on which every term acts")
    spectrum = np.linalg.eigvalsh(gram)
    if spectrum[0] <= _RANK * spectrum[-1]:
        which = ", ".join(_dependent(names, gram))
        raise NotIdentifiableError(
            f"the terms {which} are linearly dependent on these data; expected snapshots that tell them apart"
        )
    return float(np.sqrt(spectrum[-1]) / np.sqrt(spectrum[0]))


def require_independent(terms: Terms, data: Iterable[Snapshots], where: object) -> None:
    """Raise ``InputError`` at ``where`` for terms that are linearly dependent on these systems whatever the snapshots.

    Random spins show it: what they do not distinguish, no snapshots do. Terms that act nowhere are left out.
    """
    gram, generator = np.zeros((len(terms), len(terms))), np.random.default_rng(0)  # no result depends on it
    for snapshots in data:
        bound, sites = snapshots.bind(terms), snapshots.sites
        spins = normalise(generator.standard_normal((1 + len(terms) // sites, sites, 3)))
        gradients = bound.gradients(spins).reshape(-1, len(terms))
        gram += gradients.T @ gradients
        kept = np.diagonal(gram) > 0
        if kept.all() and np.linalg.matrix_rank(gram, tol=1e-9 * np.trace(gram), hermitian=True) == len(terms):
            return
    acts = np.flatnonzero(np.diagonal(gram) > 0)
    names, some = [terms.names[k] for k in acts], gram[np.ix_(acts, acts)]
    if len(acts) and np.linalg.matrix_rank(some, tol=1e-9 * np.trace(some), hermitian=True) < len(acts):
        found = f"the terms {', '.join(_dependent(names, some))} are linearly dependent whatever the snapshots"
        raise InputError(where, found, "one of them less")


def _dependent(names: Sequence[str], gram: Floats) -> list[str]:
    """Return the terms that a linear dependence holds: those of the null vectors of the Gram matrix of unit gradients."""
    norms = np.sqrt(np.diagonal(gram))
    values, vectors = np.linalg.eigh(gram / np.outer(norms, norms))
    null = vectors[:, values <= max(_RANK * values[-1], values[0])]
    weights = np.abs(null).max(1)
    return [name for name, weight in zip(names, weights, strict=True) if weight > 1e-3 * weights.max()]


def solve(gram: Floats, moment: Floats) -> Floats:
    """Return c of G c = m (term, …) for a Gram matrix G (term, term); the shortest of them where G has not full rank."""
    spectrum = np.linalg.eigvalsh(gram)
    if spectrum[0] <= _RANK * spectrum[-1]:
        return shortest(gram, moment)
    return np.asarray(np.linalg.solve(gram, moment), dtype=np.float64)


def shortest(gram: Floats, moment: Floats) -> Floats:
    """Return the shortest c (term, …) that minimises |G c - m| for a Gram matrix G (term, term).

    Resamples of few units need not contain every term; a term that a resample lacks is 0 in it.
    """
    found: Floats = np.linalg.pinv(gram, rcond=_RANK, hermitian=True) @ moment
    return found
