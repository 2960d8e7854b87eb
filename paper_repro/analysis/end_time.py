"""What ending the diffusion at a finite time costs: the flow ends on the uniform density, which the law has not reached.

With the exact score the flow gives ln p exactly up to its end, where ln p_T is taken as -N ln 4π. What is left out is ln[(4π)^N
p_T(x_T)], on average over the data the Kullback-Leibler divergence of p_T from the uniform law: -ln p averaged over the data, and
with it ln Z at a given α, is too large by it. A trained network ends its flow elsewhere, and the fit of α takes up a part: for it
these numbers are an indication of the size.
"""

import math
from collections.abc import Callable, Sequence

import attrs
import numpy as np
import torch
from scipy.special import xlogy

from paper_repro.analysis import likelihood
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import standard_error
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.sphere import legendre_series
from paper_repro.physics.truth import Exact
from paper_repro.physics.two_spin import TwoSpinDiffusion
from paper_repro.score.diffusion import brownian_step
from paper_repro.spec import Likelihood

_NODES = 200
_GROUPS, _CHUNK = 20, 250
_OFF = 0.25  # largest deviation of ⟨1/f⟩ from 1 of an average that is kept
_SMALLEST = 1e-10  # weights of the heat kernel's series below this are left out
_MOST = 200  # degrees of that series; more are needed before t = 0.001, where the average has no finite variance


def two_spin_cost(kappa: float, end_time: float) -> float:
    """Return ⟨ln[(4π)² p_T]⟩ over p_T for two spins with κ = βJ: ½ ∫ f ln f du, f = (4π)² p_T, by Gauss-Legendre quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    density = np.maximum(TwoSpinDiffusion(kappa).series(torch.as_tensor(nodes), end_time)[0].numpy(), 0.0)
    return float(0.5 * weights @ xlogy(density, density))


def gaussian_cost(correlations: Floats, end_time: float) -> float:
    """Return the same for independent Gaussian components that have the correlations of the chain at the end time.

    -3/2 ln det C_T, C_T = 1 + e^{-2T} (C - 1) for ⟨S_i·S_j⟩ = ``correlations`` C (site, site), since the l = 1 mode of each spin
    has decayed by e^{-T}: right to the orders e^{-4T} and e^{-6T} of the spins themselves.
    """
    identity = np.eye(len(correlations))
    return float(-1.5 * np.linalg.slogdet(identity + math.exp(-2 * end_time) * (correlations - identity))[1])


def _excess(density: Floats) -> Floats:
    """Return ln f + 1/f - 1 of f = p/uniform: its mean is that of ln f, as ⟨1/f⟩ = 1, with far less scatter near f = 1.

    NaN where an estimate of f is not positive: it has no logarithm.
    """
    with np.errstate(all="ignore"):
        excess: Floats = np.log(density) + 1 / density - 1
    return np.where(np.isfinite(excess), excess, np.nan)


def _converged(log_mean: float, density: Floats) -> float:
    """Return an average of ``_excess``; NaN where the samples do not give ⟨1/f⟩ = 1, on which it rests.

    Where f is large at most samples, its few small values carry ⟨1/f⟩, and no sample has them: the scatter does not show this.
    """
    with np.errstate(all="ignore"):
        off = abs(float(np.mean(1 / density)) - 1)
    return log_mean if off <= _OFF else math.nan


def _heat_kernel_weights(time: float) -> list[float] | None:
    """Return the weights of the Legendre series of 4π p_t; None where more than ``_MOST`` degrees are needed."""
    weights = [1.0]
    while weights[-1] > _SMALLEST:
        degree = len(weights)
        if degree > _MOST:
            return None
        weights.append((2 * degree + 1) * math.exp(-0.5 * degree * (degree + 1) * time))
    return weights


def chain_cost(law: Exact, end_time: float, outer: int, inner: int, generator: np.random.Generator) -> tuple[float, float]:
    """Return ⟨ln[(4π)^N p_T]⟩ over p_T for a chain, and its standard error, by nested Monte Carlo.

    (4π)^N p_T(x) = ⟨Π_i 4π p_T(x_i|S_i)⟩ over the law, an average over ``inner`` exact samples, at ``outer`` points x that are
    exact samples diffused by Brownian motion. The bias of the inner average is removed to first order by the jackknife over
    groups of its samples. Meant for times where every spin has diffused far; the error states where it is not, and NaN where an
    estimate of p_T is not positive, where ⟨1/f⟩ is not 1, or the heat kernel so narrow that its series does not end.
    """
    weights = _heat_kernel_weights(end_time)
    if weights is None:
        return math.nan, math.nan
    clean = torch.as_tensor(law.sample(outer, generator))
    noise = torch.Generator().manual_seed(int(generator.integers(2**63)))
    noisy = brownian_step(clean, torch.full(clean.shape[:-1], end_time, dtype=clean.dtype), noise).numpy()
    sums = np.zeros((_GROUPS, outer))
    count = max(1, inner // (_GROUPS * _CHUNK))
    for group in range(_GROUPS):
        for _ in range(count):
            others = law.sample(_CHUNK, generator)
            product = np.ones((outer, _CHUNK))
            for site in range(law.sites):
                product *= legendre_series(noisy[:, site] @ others[:, site].T, weights)[0]
            sums[group] += product.sum(1)
    total = sums.sum(0)
    density = total / (_GROUPS * count * _CHUNK)
    whole = _excess(density)
    parts = _excess((total - sums) / ((_GROUPS - 1) * count * _CHUNK))  # each without one group
    values = _GROUPS * whole - (_GROUPS - 1) * parts.mean(0)
    of_inner = (_GROUPS - 1) * np.var(parts.mean(1))
    return _converged(float(values.mean()), density), math.sqrt(float(np.var(values, ddof=1)) / outer + float(of_inner))


@attrs.frozen
class EndTimeCost:
    """What one end time costs: of two spins by the flow and exactly, of a chain by Monte Carlo and as if it were Gaussian.

    ``flow_error`` is the largest deviation of the flow from the exact log-density once its end is put right: the solver's part.
    """

    end_time: float
    pair: float
    pair_error: float
    pair_exact: float
    flow_error: float
    chain: float
    chain_error: float
    chain_gaussian: float


def end_time_costs(
    settings: Likelihood,
    kappa: float,
    chain: Exact,
    end_times: Sequence[float],
    count: int,
    generator: np.random.Generator,
    *,
    inner: int = 40_000,
    threads: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> list[EndTimeCost]:
    """Return the cost at each of ``end_times``, on ``count`` equilibrium pairs of spins of κ = βJ and as many of ``chain``.

    The pairs are followed by the solver of ``settings``; ``inner`` are the samples of ``chain_cost``. ``progress`` is called with
    the number of end times done.
    """
    pair = ExactChain(np.array([[0.0, kappa], [kappa, 0.0]]), 1.0)
    spins = torch.as_tensor(pair.sample(count, generator))
    costs = []
    for end_time in end_times:
        density, flow_error = _pair_density(attrs.evolve(settings, end_time=end_time), kappa, spins, threads)
        excess = _excess(density)
        of_chain, of_chain_error = chain_cost(chain, end_time, count, inner, generator)
        costs.append(
            EndTimeCost(
                end_time=end_time,
                pair=_converged(float(excess.mean()), density),
                pair_error=standard_error(excess),
                pair_exact=two_spin_cost(kappa, end_time),
                flow_error=flow_error,
                chain=of_chain,
                chain_error=of_chain_error,
                chain_gaussian=gaussian_cost(chain.correlations(), end_time),
            )
        )
        progress(len(costs))
    return costs


def _pair_density(settings: Likelihood, kappa: float, spins: torch.Tensor, threads: int) -> tuple[Floats, float]:
    """Return f of pairs (configuration, 2, 3) by what the flow lacks in ln p (configuration,), and the largest error of the solver.

    With the exact score the flow carries p_ε into p_T, so that what is missing is known at the start. NaN where the solver does
    not follow the flow.
    """
    law = TwoSpinDiffusion(kappa)
    times = likelihood.time_grid(settings)
    try:
        found = likelihood.log_likelihood(law.score, spins, times, solver=settings.solver, threads=threads)
    except FloatingPointError:  # the density has no digits where the flow goes
        return np.full(len(spins), np.nan), math.nan
    missing = law.log_density(spins, float(times[0])) - found
    ends = likelihood.follow(law.score, spins, times, settings.solver)
    at_end = law.log_density(ends, settings.end_time) + 2 * math.log(4 * math.pi)
    with np.errstate(over="ignore"):
        density: Floats = np.exp(missing.numpy())
    return density, float((missing - at_end).abs().max())
