"""Least squares of any force field on the gradients of any terms, without intercept (paper, S4 and S5).

    y = β F at every spin,  A_ik = ∇_i φ_k:   c = (Σ AᵀA)⁻¹ Σ Aᵀy,   R² = 1 - |y - A c|² / |y - ȳ|²

The equations are never held together: what the fit needs of each independent unit is its Gram matrix and a few sums, so that
resampling units is resampling rows. No coupling needs to be known; ``comparison`` compares a fit with known ones.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import attrs
import numpy as np
import scipy.linalg

from paper_repro.analysis.force_field import ForceField, force_on
from paper_repro.analysis.identifiability import condition_number, shortest
from paper_repro.analysis.independent_units import unit_sums
from paper_repro.analysis.sandwich import sandwich
from paper_repro.numerics.arguments import Count, Resamples, Seed, checked_arguments
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import quotient, roots
from paper_repro.numerics.resampling import bootstrap, multiplicities, standard_errors
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots

About = Literal["mean", "zero"]


@attrs.frozen(eq=False)
class NormalEquations:
    """What the fit needs of each unit: AᵀA (unit, term, term), Aᵀy (unit, term), Σy², Σy and the number of equations (unit,)."""

    terms: Terms
    gram: Floats
    moment: Floats
    squares: Floats
    sums: Floats
    equations: Floats

    @functools.cached_property
    def rows(self) -> Floats:
        """The sums of each unit in one row (unit, value), as ``r_squared`` takes their totals."""
        count = len(self.equations)
        columns = [self.gram.reshape(count, -1), self.moment, self.squares[:, None], self.sums[:, None], self.equations[:, None]]
        return np.concatenate(columns, axis=1)


def combine(parts: Iterable[NormalEquations]) -> NormalEquations:
    """Join the normal equations of different units."""
    listed = list(parts)
    sums = [field.name for field in attrs.fields(NormalEquations) if field.name != "terms"]
    return NormalEquations(listed[0].terms, *(np.concatenate([getattr(part, name) for part in listed]) for name in sums))


@checked_arguments
def normal_equations(
    field: ForceField,
    data: Iterable[Snapshots],
    terms: Terms,
    progress: Callable[[int], None] | None = None,
    threads: Count = 1,
) -> NormalEquations:
    """Evaluate a force field on snapshots and return the sums of each unit, a run of one record.

    ``progress`` is called with the number of records done. ``threads`` changes no byte; more than one is for a field that several
    may call. Raises ``ValueError`` where the field gives no force (``force_field.force_on``), and ``InputError`` for species that
    the library does not name.

    >>> chain = pr.Geometry.open_chain(4)
    >>> terms = pr.library(range=1, biquadratic=False).terms(["A"], chain)
    >>> law = pr.Truth(terms, [1.0], beta=2.0)
    >>> spins = law.exact(chain, "AAAA").sample(10, np.random.default_rng(0))
    >>> data = [pr.Snapshots.of(spins, "AAAA", run=range(10))]
    >>> pr.normal_equations(lambda species, spins: law.on(chain, species).force(spins, 2.0), data, terms).gram.shape
    (10, 1, 1)
    """

    def sums(snapshots: Snapshots, units: Sequence[slice]) -> list[tuple[Floats, ...]]:
        known = snapshots.numbered(terms.species_names)
        force = force_on(field, known)
        gradients = terms.on(known.geometry, known.species).gradients(known.spins)
        return [_sums(gradients[rows].reshape(-1, len(terms)), force[rows].reshape(-1)) for rows in units]

    return NormalEquations(terms, *unit_sums(sums, data, threads, progress))


def _sums(design: Floats, y: Floats) -> tuple[Floats, ...]:
    return design.T @ design, design.T @ y, np.array(y @ y), np.array(y.sum()), np.array(float(len(y)))


@attrs.frozen(eq=False)
class Fit:
    """Couplings that were read out of a force field; errors are one standard error, resampling units (NaN where there is one).

    ``coefficients`` (term,) estimate β × coupling, dimensionless; ``sandwich_errors`` are theirs without resampling; ``condition``
    is that of the design matrix. ``draws`` (resample, term) are the resampled coefficients. ``gram`` AᵀA, ``moment`` Aᵀy and
    ``squares`` Σy² are the sums over all equations.
    """

    terms: tuple[str, ...]
    units: int
    equations: int
    coefficients: Floats
    coefficient_errors: Floats
    sandwich_errors: Floats
    r2: float
    r2_error: float
    r2_about_zero: float
    condition: float
    draws: Floats
    gram: Floats
    moment: Floats
    squares: float


def _parts(total: Floats, count: int) -> tuple[Floats, Floats, float, float, float]:
    """Unpack a sum of rows into AᵀA, Aᵀy, Σy², Σy and the number of equations."""
    squares, sums, equations = (float(value) for value in total[-3:])
    return total[: count**2].reshape(count, count), total[count**2 : -3], squares, sums, equations


def r_squared(total: Floats, coefficients: Floats, about: About) -> float:
    """Return R² = 1 - |y - A c|² / |y - ȳ|² of a sum of rows of ``NormalEquations``; ȳ is 0 where it is taken about zero.

    NaN of a force that does not vary: there is nothing to explain.
    """
    gram, moment, squares, sums, equations = _parts(total, len(coefficients))
    residual = squares - 2 * coefficients @ moment + coefficients @ gram @ coefficients
    return 1 - quotient(residual, squares - (sums**2 / equations if about == "mean" else 0.0))


@checked_arguments
def least_squares(
    equations: NormalEquations, resamples: Resamples = 200, seed: np.random.SeedSequence | Seed = 0, r2_about: About = "mean"
) -> Fit:
    """Fit the terms to the force, and resample the units for the errors.

    Raises ``ValueError`` where some term acts nowhere in the data, where terms cannot be told apart, and for a force that is zero.

    >>> spec = pr.load_spec(pr.specs_folder() / "paper.toml").record
    >>> truth = pr.Truth.of(spec.hamiltonian, spec.beta)
    >>> def exact(species, spins):
    ...     return truth.on(pr.Geometry.open_chain(len(species)), species).force(spins, spec.beta)
    >>> equations = pr.normal_equations(exact, pr.exact_data(spec, sequences=4, snapshots=5, seed=0), truth.terms)
    >>> fit = pr.least_squares(equations)
    >>> dict(zip(fit.terms, (fit.coefficients / spec.beta).round(9).tolist())), round(fit.r2, 9)
    ({'J_AA': 1.0, 'J_AB': 0.8, 'J_BB': 0.5, 'K_AA': -0.45, 'K_AB': -0.35, 'K_BB': -0.25}, 1.0)
    """
    names, rows = equations.terms.names, equations.rows
    count, units, total = len(names), len(rows), rows.sum(0)
    gram, moment, squares, _, size = _parts(total, count)
    condition = condition_number(names, gram)
    if squares == 0:
        raise ValueError("the force field is zero everywhere; expected a force to fit")
    coefficients: Floats = scipy.linalg.solve(gram, moment, assume_a="pos")

    def refitted(drawn: Integers) -> list[float]:
        some = multiplicities(drawn) @ rows
        some_gram, some_moment, *_ = _parts(some, count)
        c = shortest(some_gram, some_moment)
        return [*c, r_squared(some, c, r2_about)]

    draws = bootstrap(refitted, units, resamples, np.random.default_rng(seed))
    errors = standard_errors(draws) if units > 1 else np.full(count + 1, np.nan)
    return Fit(
        terms=names,
        units=units,
        equations=int(size),
        coefficients=coefficients,
        coefficient_errors=errors[:count],
        sandwich_errors=roots(np.diagonal(sandwich(gram, equations.moment - equations.gram @ coefficients))),
        r2=r_squared(total, coefficients, r2_about),
        r2_error=float(errors[count]),
        r2_about_zero=r_squared(total, coefficients, "zero"),
        condition=condition,
        draws=draws[:, :count],
        gram=gram,
        moment=moment,
        squares=squares,
    )
