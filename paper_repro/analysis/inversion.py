"""The inversion: any force field, by zero-intercept least squares, into the couplings of the Hamiltonian (paper, S4 and S5).

The equations are never held together: what the fit needs of each sequence is its Gram matrix and five sums, so that memory grows
with the number of sequences only, and resampling sequences is resampling rows.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import scipy.linalg

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.hamiltonian import adjacency, couplings_of, reference_coupling
from paper_repro.physics.terms.exchange import exchange_gradients
from paper_repro.spec import Hamiltonian, Inversion

#: (codes (site,), snapshots (snapshot, site, 3)) → tangent vectors (snapshot, site, 3); β × force for a perfect score.
ForceField = Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[Any]]


@attrs.frozen(eq=False)
class Statistics:
    """What the fit needs of each sequence: AᵀA (sequence, term, term), Aᵀy (sequence, term), Σy², Σy, equations (sequence,)."""

    gram: Floats
    moment: Floats
    squares: Floats
    sums: Floats
    equations: Floats

    def packed(self) -> Floats:
        """Return the statistics as one array (sequence, value), for summing."""
        count = len(self.equations)
        columns = [self.gram.reshape(count, -1), self.moment, self.squares[:, None], self.sums[:, None], self.equations[:, None]]
        return np.concatenate(columns, axis=1)


def combine(parts: Iterable[Statistics]) -> Statistics:
    """Join the statistics of different sequences."""
    listed = list(parts)
    return Statistics(*(np.concatenate([getattr(part, field.name) for part in listed]) for field in attrs.fields(Statistics)))


def statistics_of(field: ForceField, codes: npt.NDArray[Any], spins: npt.NDArray[Any], hamiltonian: Hamiltonian) -> Statistics:
    """Ask a force field about the snapshots (snapshot, site, 3) of one sequence and return the statistics of that sequence.

    Raises ``ValueError`` when the field answers with another shape or with numbers that are not finite.
    """
    answer = np.asarray(field(codes, spins), dtype=np.float64)
    if answer.shape != spins.shape:
        raise ValueError(f"the force field answered with shape {answer.shape}; expected that of the snapshots, {spins.shape}")
    if not np.isfinite(answer).all():
        raise ValueError("the force field answered with numbers that are not finite; expected finite vectors")
    y = answer.reshape(-1)
    design = exchange_gradients(spins, adjacency(codes, hamiltonian)).reshape(len(y), -1)
    return Statistics(
        (design.T @ design)[None],
        (design.T @ y)[None],
        np.array([y @ y]),
        np.array([y.sum()]),
        np.array([float(len(y))]),
    )


def gather(
    field: ForceField,
    chains: Iterable[tuple[npt.NDArray[Any], npt.NDArray[Any]]],
    hamiltonian: Hamiltonian,
    progress: Callable[[int], None] | None = None,
    threads: int = 1,
) -> Statistics:
    """Return the statistics of many sequences, each given as (codes, snapshots) and asked by itself.

    ``progress`` is called with the number of sequences done. ``threads`` changes no byte; more than one is for a field that
    may be asked from several at once, as ``NetworkForce`` may.
    """
    parts: list[Statistics] = []
    for part in in_order(lambda pair: statistics_of(field, pair[0], pair[1], hamiltonian), chains, threads):
        parts.append(part)
        if progress is not None:
            progress(len(parts))
    return combine(parts)


def sandwich(curvature: Floats, scores: Floats) -> Floats:
    """Return the covariance H⁻¹ (Σ_s ψ_s ψ_sᵀ) H⁻¹ n/(n-1) of an estimate (parameter, parameter).

    ``curvature`` H (parameter, parameter) is that of what is minimised, ``scores`` ψ (sequence, parameter) its gradients at the
    estimate, which sum to zero; the n sequences are independent, what is within one need not be. NaN for one sequence.
    """
    count = len(scores)
    inverse = np.linalg.inv(curvature)
    covariance: Floats = inverse @ (scores.T @ scores) @ inverse * (count / (count - 1) if count > 1 else np.nan)
    return covariance


@attrs.frozen(eq=False)
class Fit:
    """The couplings read out of a force field; errors are one standard error, resampling sequences (NaN where there is one).

    ``coefficients`` estimate βJ, dimensionless; ``sandwich_errors`` are theirs by the sandwich formula, without resampling;
    ``ratios`` are to the strongest ferromagnetic coupling; ``scale`` is c·g / g·g for fitted c and true g, β for a perfect score;
    ``force_error`` is the relative RMS difference from the exact force.
    """

    terms: tuple[str, ...]
    equations: int
    coefficients: Floats
    coefficient_errors: Floats
    sandwich_errors: Floats
    ratios: Floats
    ratio_errors: Floats
    cosine: float
    cosine_error: float
    r2: float
    r2_error: float
    r2_about_zero: float
    scale: float
    scale_error: float
    force_error: float
    condition: float


def _parts(total: Floats, terms: int) -> tuple[Floats, Floats, float, float, float]:
    """Unpack a sum of packed statistics into AᵀA, Aᵀy, Σy², Σy and the number of equations."""
    squares, sums, equations = (float(value) for value in total[-3:])
    return total[: terms**2].reshape(terms, terms), total[terms**2 : -3], squares, sums, equations


def _r2(total: Floats, coefficients: Floats, terms: int, about: str) -> float:
    gram, moment, squares, sums, equations = _parts(total, terms)
    residual = squares - 2 * coefficients @ moment + coefficients @ gram @ coefficients
    return float(1 - residual / (squares - (sums**2 / equations if about == "mean" else 0.0)))


def _cosine(first: Floats, second: Floats) -> float:
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def invert(statistics: Statistics, hamiltonian: Hamiltonian, settings: Inversion, beta: float, seed: np.random.SeedSequence) -> Fit:
    """Fit the couplings to the statistics, and resample sequences for the errors.

        c = (Σ AᵀA)⁻¹ Σ Aᵀy,   R² = 1 - |y - A c|² / |y - ȳ|²  (ȳ = 0 where the spec takes R² about zero)

    ``beta`` = 1/T₀ enters ``force_error`` alone. Raises ``ValueError`` when some coupling acts nowhere in the data or the
    couplings cannot be told apart.
    """
    names = tuple(term.name for term in hamiltonian.terms)
    count = len(names)
    rows = statistics.packed()
    total = rows.sum(0)
    gram, moment, squares, _, equations = _parts(total, count)
    absent = [name for name, norm in zip(names, np.diagonal(gram), strict=True) if norm == 0]
    if absent:
        raise ValueError(f"no bond of {', '.join(absent)} in the data; expected every coupling to act somewhere")
    spectrum = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0))
    if spectrum[0] < 1e-10 * spectrum[-1]:
        raise ValueError("the basis fields are linearly dependent on these data; expected sequences that tell the couplings apart")
    if squares == 0:
        raise ValueError("the force field is zero everywhere; expected a force to invert")

    true: Floats = couplings_of(hamiltonian)
    anchor = reference_coupling(true)
    coefficients: Floats = scipy.linalg.solve(gram, moment, assume_a="pos")
    exact_squares = float(beta**2 * (true @ gram @ true))
    missed = squares - 2 * beta * float(true @ moment) + exact_squares

    generator = np.random.default_rng(seed)
    draws = []
    for _ in range(settings.resamples):
        picked = np.bincount(generator.integers(len(rows), size=len(rows)), minlength=len(rows)) @ rows
        some_gram, some_moment, *_ = _parts(picked, count)
        c = np.linalg.pinv(some_gram, hermitian=True) @ some_moment
        draws.append([*c, *(c / c[anchor]), _cosine(c, true), _r2(picked, c, count, settings.r2_about), c @ true / (true @ true)])
    errors = np.std(np.array(draws), axis=0, ddof=1) if len(rows) > 1 else np.full(len(draws[0]), np.nan)
    return Fit(
        terms=names,
        equations=int(equations),
        coefficients=coefficients,
        coefficient_errors=errors[:count],
        sandwich_errors=np.sqrt(np.diagonal(sandwich(gram, statistics.moment - statistics.gram @ coefficients))),
        ratios=coefficients / coefficients[anchor],
        ratio_errors=errors[count : 2 * count],
        cosine=_cosine(coefficients, true),
        cosine_error=float(errors[-3]),
        r2=_r2(total, coefficients, count, settings.r2_about),
        r2_error=float(errors[-2]),
        r2_about_zero=_r2(total, coefficients, count, "zero"),
        scale=float(coefficients @ true / (true @ true)),
        scale_error=float(errors[-1]),
        force_error=math.sqrt(max(missed, 0.0) / exact_squares),
        condition=float(spectrum[-1] / spectrum[0]),
    )
