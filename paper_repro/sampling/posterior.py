"""The exact score of a diffused chain: what the spins were before the noise is sampled, and the noise's own score averaged.

    s*(x, t) = ⟨∇ ln p_t(x|S)⟩ over p(S|x) ∝ e^{-βH(S)} Π_i p_t(x_i|S_i)

by Metropolis moves of one spin each: proposed from the von Mises-Fisher law of the field βh_i + κ x_i, where κ gives the heat
kernel's own mean cosine e^{-t}, so that most are accepted at any time.
"""

import functools
import math

import numpy as np
from scipy.optimize import brentq

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.jit import jit
from paper_repro.physics.sphere import heat_kernel
from paper_repro.physics.von_mises_fisher import draw

_GRID = 20_001  # angles at which the heat kernel is tabulated: its logarithm between them is right to 1e-5 for t ≥ 1e-3
_BURN_IN = 5  # one part in so many of the sweeps is left out: the chain starts in equilibrium, but where the noise began


@jit
def _between(table: Floats, cosine: float) -> float:
    """Return a table over equal steps of the angle from 0 to π, linear between them."""
    place = math.acos(min(max(cosine, -1.0), 1.0)) / math.pi * (len(table) - 1)
    index = min(int(place), len(table) - 2)
    return float(table[index] + (place - index) * (table[index + 1] - table[index]))


@jit
def _average(
    start: Floats,
    noisy: Floats,
    couplings: Floats,
    pull: float,
    log_kernel: Floats,
    slope: Floats,
    sweeps: int,
    skipped: int,
    generator: np.random.Generator,
) -> Floats:
    """Return the mean of -∂_θ ln p_t towards S (configuration, site, 3) over the sweeps; ``couplings`` are βJ (site, site)."""
    result = np.zeros(noisy.shape)
    sites = noisy.shape[1]
    for row in range(len(noisy)):
        x, spins = noisy[row], start[row].copy()
        for sweep in range(skipped + sweeps):
            for i in range(sites):
                field = pull * x[i]
                for j in range(sites):
                    if couplings[i, j] != 0.0:
                        field = field + couplings[i, j] * spins[j]
                drawn = draw((field[0], field[1], field[2]), generator.random(), generator.random())
                before = x[i, 0] * spins[i, 0] + x[i, 1] * spins[i, 1] + x[i, 2] * spins[i, 2]
                after = x[i, 0] * drawn[0] + x[i, 1] * drawn[1] + x[i, 2] * drawn[2]
                gain = _between(log_kernel, after) - _between(log_kernel, before) - pull * (after - before)
                if gain >= 0.0 or generator.random() < math.exp(gain):
                    spins[i, 0], spins[i, 1], spins[i, 2] = drawn
            if sweep >= skipped:
                for i in range(sites):
                    cosine = x[i, 0] * spins[i, 0] + x[i, 1] * spins[i, 1] + x[i, 2] * spins[i, 2]
                    sine = math.sqrt(max(1.0 - cosine * cosine, 1e-14))
                    result[row, i] -= _between(slope, cosine) / sine * (spins[i] - cosine * x[i])
    return result / sweeps


@functools.cache
def _tables(time: float) -> tuple[Floats, Floats]:
    """Return ln p_t and its slope over the angle, for ``_between``."""
    angles = np.linspace(0.0, math.pi, _GRID)
    angles[[0, -1]] = 1e-9, math.pi - 1e-9
    log_kernel, slope = heat_kernel(angles, np.full_like(angles, time))
    return log_kernel, slope


def _pull(time: float) -> float:
    """Return κ of the mean cosine coth κ - 1/κ = e^{-t}: κ → 3 e^{-t} at late and 1/t at early times."""
    mean = math.exp(-time)
    if mean < 1e-5:
        return 3 * mean
    if time < 1e-8:
        return 1 / time
    return float(brentq(lambda kappa: 1 / math.tanh(kappa) - 1 / kappa - mean, 1e-6, 1e9))


def average_score(
    couplings: Floats, clean: Floats, noisy: Floats, time: float, sweeps: int, generator: np.random.Generator
) -> Floats:
    """Return an unbiased estimate of the exact score (configuration, site, 3) at ``noisy``, of the same shape.

    ``couplings`` are βJ (site, site). ``clean``, which the noise started from, is itself a draw from p(S|x), where the Markov chain
    starts; a fifth as many sweeps more are left out, so that two estimates of one ``noisy`` are nearly independent.
    """
    log_kernel, slope = _tables(time)
    return _average(clean, noisy, couplings, _pull(time), log_kernel, slope, sweeps, sweeps // _BURN_IN, generator)
