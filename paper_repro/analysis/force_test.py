"""What a force field knows that a library of terms does not: a score test on snapshots that the field has not seen.

With g = F - Σ c_k ∇φ_k, what a least-squares fit of the library leaves of the field F, and s the score of the law of the data,

    U = Σ g·s = -Σ div g                                                    (Stein's identity)

is the work of the true force along g: near 0 where g is error of the field, whatever its size, and Σ|g|² where all of g is real.
Under the library's own law with couplings θ the contributions g·Σ θ_k ∇φ_k + div g of snapshots have mean zero, and their scatter
is the error of U: the test holds for any field that was not made from these snapshots (a learned Stein discrepancy; Grathwohl et
al., ICML 2020). By Cauchy and Schwarz U² / Σ|g|² is a lower limit of the square of the force that the library does not explain.
"""

import itertools
from collections.abc import Callable, Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.basis_fit import About, r_squared
from paper_repro.analysis.force_field import ForceField
from paper_repro.analysis.held_out_sums import HeldOutSums, held_out_sums
from paper_repro.analysis.identifiability import solve
from paper_repro.analysis.outside_library import Outside
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import quotient
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots


@attrs.frozen
class ForcePart:
    """A part of a field outside the library; ``share``, ``confirmed`` and ``error`` are shares of the mean square field.

    ``share`` is the part's own mean square, ``confirmed`` is U with its standard ``error``; ``z`` is the evidence that U > 0 in
    standard deviations of a normal law. ``spins`` and ``separation`` name its terms, None where it has several or none.
    """

    name: str
    spins: int | None
    separation: int | None
    share: float
    confirmed: float
    error: float
    z: float


@attrs.frozen(eq=False)
class ForceTest:
    """A field on snapshots that it was not made from.

    ``coefficients`` (term,) are β × couplings of the library by least squares, ``r2`` is what they explain. ``parts`` begin with
    all that is left and end with what no term explains. ``excess`` is the field's score-matching loss above the library's, over
    half the mean square force of the library, with its ``excess_error``: the relative mean square error of the field where the
    library is right. ``least`` is a lower limit of the share of the mean square force that the library does not explain.
    """

    coefficients: Floats
    r2: float
    parts: tuple[ForcePart, ...]
    excess: float
    excess_error: float
    least: float


def force_test(
    field: ForceField,
    data: Sequence[Snapshots],
    library: Terms,
    outside: Sequence[Outside],
    theta: Floats,
    *,
    block: int = 1,
    r2_about: About = "mean",
    threads: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> ForceTest:
    """Test a field on snapshots that it was not made from.

    ``theta`` (term,) are β × couplings of the library from all data; ``outside`` are the groups of terms by which the rest is
    told apart; ``block`` successive snapshots of a run are one unit of the errors. ``progress`` is called with the snapshots
    done. Raises ``ValueError`` where the field gives no force (``force_field.force_on``).
    """
    both = library.with_terms([term for group in outside for term in group.terms])
    known = [part.by_run().numbered(both.species_names) for part in data]
    sums, units = held_out_sums(field, known, both, theta, threads, progress), _units(known, block)
    sizes = np.cumsum([len(library), *(len(group.terms) for group in outside)])
    fits = [_fitted(sums, size) for size in sizes]
    left = [_left(sums, fit) for fit in fits]
    whole = sums.along[:, : len(library)] @ theta + sums.divergence - sums.stein @ fits[0]
    of_groups = [sums.stein @ (later - before) for before, later in itertools.pairwise(fits)]
    squares = float(sums.squares.sum())
    parts = [_part("all", None, None, left[0], whole, squares, units)]
    for group, values, (before, after) in zip(outside, of_groups, itertools.pairwise(left), strict=True):
        parts.append(_part(group.name, group.spins, group.separation, before - after, values, squares, units))
    parts.append(_part("no term", None, None, left[-1], whole - sum(of_groups), squares, units))
    exact = float(theta @ sums.gram[: len(library), : len(library)] @ theta)
    excess, error = _excess(sums, theta, units)
    return ForceTest(
        coefficients=fits[0][: len(library)],
        r2=_r_squared(sums, fits[0], 3 * sum(part.spins.shape[0] * part.sites for part in known), r2_about),
        parts=tuple(parts),
        excess=quotient(excess, exact / 2),
        excess_error=quotient(error, exact / 2),
        least=quotient(min(whole.sum(), 0.0) ** 2, left[0] * exact),
    )


def _units(data: Sequence[Snapshots], block: int) -> Integers:
    """Return the number of the unit of each snapshot: ``block`` successive ones of a run."""
    found, first = [], 0
    for part in data:
        starts = np.flatnonzero(np.diff(part.run, prepend=part.run[0] - 1))
        place = np.arange(len(part)) - np.repeat(starts, np.diff([*starts, len(part)]))
        found.append(first + np.cumsum(place % block == 0) - 1)
        first = int(found[-1][-1]) + 1
    return np.concatenate(found)


def _fitted(sums: HeldOutSums, size: int) -> Floats:
    """Return the least-squares coefficients (term,) of the first ``size`` terms, 0 of the others."""
    found: Floats = np.zeros(len(sums.gram))
    found[:size] = solve(sums.gram[:size, :size], sums.moment[:size])
    return found


def _left(sums: HeldOutSums, fit: Floats) -> float:
    return float(sums.squares.sum() - 2 * fit @ sums.moment + fit @ sums.gram @ fit)


def _part(
    name: str, spins: int | None, separation: int | None, size: float, values: Floats, squares: float, units: Integers
) -> ForcePart:
    """Return a part of the field: its square summed over all spins, and its contributions (snapshot,), whose sum is -U."""
    worked, error, degrees = _total(-values, units)
    z = float(stats.norm.isf(stats.t.sf(quotient(worked, error), degrees)))
    share, confirmed, relative = (quotient(value, squares) for value in (size, worked, error))
    return ForcePart(name, spins, separation, share, confirmed, relative, z)


def _total(values: Floats, units: Integers) -> tuple[float, float, int]:
    """Return the sum of values (snapshot,), its standard error over units, and the degrees of freedom."""
    blocks = np.bincount(units, values)
    count = len(blocks)
    return float(blocks.sum()), float(np.std(blocks, ddof=1) * np.sqrt(count)) if count > 1 else np.nan, max(count - 1, 1)


def _r_squared(sums: HeldOutSums, fit: Floats, equations: int, about: About) -> float:
    ours = sums.library
    row = [sums.gram[:ours, :ours].ravel(), sums.moment[:ours], np.array([sums.squares.sum(), float(sums.total), equations])]
    return r_squared(np.concatenate(row), fit[:ours], about)


def _excess(sums: HeldOutSums, theta: Floats, units: Integers) -> tuple[float, float]:
    """Return Σ [½|F|² + div F] - [½|Σ θ_k ∇φ_k|² + Σ θ_k Δφ_k] and its standard error."""
    ours = sums.library
    of_library = 0.5 * (sums.stein[:, :ours] + sums.laplacians[:, :ours]) @ theta
    found, error, _ = _total(0.5 * sums.squares + sums.divergence - of_library, units)
    return found, error
