"""Random numbers by inversion of a distribution function that is known as a series: Legendre on [-1, 1], Fourier on the circle.

Where the series resolves the density to rounding, so are the numbers drawn: no proposal, no rejection, one uniform number each.
Every sum is done in the order written, by one thread.
"""

import math

import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.jit import jit, jit_inline
from paper_repro.numerics.simd_math import exp

#: Newton's method takes 5 or 6 steps; where it leaves the bracket, the bracket is halved.
_STEPS = 100


def legendre_transform(nodes: Floats, weights: Floats) -> Floats:
    """Return T (node, degree): values at Gauss-Legendre nodes times T are the coefficients of Σ_l a_l P_l, l < number of nodes."""
    degrees = np.arange(len(nodes))
    transform: Floats = weights[:, None] * np.polynomial.legendre.legvander(nodes, len(nodes) - 1) * (degrees + 0.5)
    return transform


@jit
def _recurrence(count: int) -> Floats:
    """Return (2k + 1)/(k + 1), k/(k + 1) and 1/(2k + 1) for k < ``count``: those of P_{k+1} and of ∫ P_k."""
    factors = np.empty((3, count))
    for k in range(count):
        factors[0, k], factors[1, k], factors[2, k] = (2 * k + 1) / (k + 1), k / (k + 1), 1.0 / (2 * k + 1)
    return factors


@jit_inline
def _write_row(point: float, series: Floats, factors: Floats, row: Floats) -> None:
    """Write Σ_k P_k(``point``) ``series`` (k, l) into ``row`` (l,)."""
    row[:] = 0.0
    before, now = 0.0, 1.0
    for k in range(len(series)):
        part = series[k]
        for j in range(len(row)):
            row[j] += now * part[j]
        before, now = now, factors[0, k] * point * now - factors[1, k] * before


@jit_inline
def _legendre(row: Floats, factors: Floats, u: float) -> tuple[float, float]:
    """Return ∫_{-1}^u Σ_l a_l P_l and Σ_l a_l P_l, with ∫ P_l = (P_{l+1} - P_{l-1}) / (2l + 1)."""
    below, value = row[0] * (u + 1.0), row[0]
    before, now = 1.0, u
    for k in range(1, len(row)):
        after = factors[0, k] * u * now - factors[1, k] * before
        below += row[k] * factors[2, k] * (after - before)
        value += row[k] * now
        before, now = now, after
    return below, value


@jit
def conditional_cosines(given: Floats, series: Floats, uniforms: Floats, drawn: Floats) -> None:
    """Fill ``drawn`` (sample,) with v from the density in v of Σ_kl series_kl P_k(u) P_l(v), at u = ``given`` (sample,).

    ``series`` (k, l) is that of a joint density on [-1, 1]², up to a factor; ``uniforms`` (sample,) are in [0, 1).
    """
    size = series.shape[1]
    row, factors = np.empty(size), _recurrence(max(series.shape))
    for j in range(len(given)):
        _write_row(given[j], series, factors, row)
        target = 2.0 * row[0] * uniforms[j]
        low, high, u = -1.0, 1.0, 2.0 * uniforms[j] - 1.0
        for _ in range(_STEPS):
            below, value = _legendre(row, factors, u)
            if below < target:
                low = u
            else:
                high = u
            moved = u - (below - target) / value if value > 0.0 else 4.0
            if not low < moved < high:
                moved = 0.5 * (low + high)
            settled = abs(moved - u) <= 1e-15
            u = moved
            if settled:
                break
        drawn[j] = min(max(u, -1.0), 1.0)


def trigonometric(angles: int, harmonics: int) -> tuple[Floats, Floats]:
    """Return cos hψ and sin hψ (angle, harmonic) at ψ = 2πp/``angles``, for h = 0 … ``harmonics`` - 1."""
    phases = 2 * np.pi * (np.outer(np.arange(angles), np.arange(harmonics)) % angles) / angles
    return np.cos(phases), np.sin(phases)


@jit_inline
def _fourier(even: Floats, odd: Floats, psi: float) -> tuple[float, float]:
    """Return ∫_0^ψ Σ_h (a_h cos hψ + b_h sin hψ) and the sum itself."""
    turn_x, turn_y = math.cos(psi), math.sin(psi)
    x, y = turn_x, turn_y
    below, value = even[0] * psi, even[0]
    for h in range(1, len(even)):
        below += (even[h] * y + odd[h] * (1.0 - x)) / h
        value += even[h] * x + odd[h] * y
        x, y = x * turn_x - y * turn_y, x * turn_y + y * turn_x
    return below, value


@jit_inline
def _density(exponents: Floats, coarse: tuple[Floats, Floats], fine: tuple[Floats, Floats], values: Floats) -> None:
    """Write e^{E} at the fine angles into ``values``, from E at the coarse ones by its Fourier series; the largest is about 1."""
    count = len(exponents)
    values[:] = 0.0
    for h in range(1, coarse[0].shape[1]):
        even, odd = 0.0, 0.0
        for p in range(count):
            even += exponents[p] * coarse[0][p, h]
            odd += exponents[p] * coarse[1][p, h]
        for p in range(len(values)):
            values[p] += (even * fine[0][p, h] + odd * fine[1][p, h]) * (2.0 / count)
    top = values.max()
    for p in range(len(values)):
        values[p] = exp(values[p] - top)


@jit
def angles_of_exponents(
    exponents: Floats, coarse: tuple[Floats, Floats], fine: tuple[Floats, Floats], uniforms: Floats, drawn: Floats
) -> None:
    """Fill ``drawn`` (sample,) with angles ψ in [0, 2π) from the density e^{E(ψ)}, up to a factor.

    ``exponents`` (sample, angle) are E at the angles of ``coarse``, which resolve it; the angles of ``fine`` resolve e^E. Both are
    what ``trigonometric`` gives, with half as many harmonics as angles.
    """
    angles, harmonics = fine[0].shape
    values, even, odd = np.empty(angles), np.empty(harmonics), np.empty(harmonics)
    for j in range(len(exponents)):
        _density(exponents[j], coarse, fine, values)
        even[:] = odd[:] = 0.0
        for p in range(angles):
            weight, cosines, sines = 2.0 * values[p], fine[0][p], fine[1][p]
            for h in range(harmonics):
                even[h] += weight * cosines[h]
                odd[h] += weight * sines[h]
        even[0] *= 0.5
        whole = 2.0 * math.pi
        target = whole * even[0] * uniforms[j]
        low, high, psi = 0.0, whole, whole * uniforms[j]
        for _ in range(_STEPS):
            below, value = _fourier(even, odd, psi)
            if below < target:
                low = psi
            else:
                high = psi
            moved = psi - (below - target) / value if value > 0.0 else -1.0
            if not low < moved < high:
                moved = 0.5 * (low + high)
            settled = abs(moved - psi) <= 4e-15
            psi = moved
            if settled:
                break
        drawn[j] = psi
