"""What ending the diffusion at a finite time costs: the flow ends on the uniform density, which the law has not reached.

With the exact score the flow gives ln p exactly but for its end, where ln p_T is taken as -N ln 4π. What is left out is
ln[(4π)^N p_T(x_T)], on average over the data the Kullback-Leibler divergence of p_T from the uniform law: the plateau's ln Z is
too large by it. For two spins it is known exactly; for a chain its leading order is, as an l = 1 mode decays by e^{-T} on a spin.
"""

import math
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.analysis import likelihood
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.two_spin import TwoSpinDiffusion
from paper_repro.spec import Likelihood

Floats = npt.NDArray[np.float64]
_NODES = 200


def two_spin_cost(kappa: float, end_time: float) -> float:
    """Return ⟨ln[(4π)² p_T]⟩ over p_T for two spins with κ = βJ: what ln Z gains when the flow ends at ``end_time``.

    ½ ∫ f ln f du over the bond cosine, f = (4π)² p_T, by Gauss-Legendre quadrature.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    density = TwoSpinDiffusion(kappa).series(torch.as_tensor(nodes), end_time)[0].numpy()
    return float(0.5 * weights @ (density * np.log(density)))


def leading_cost(correlations: Floats, end_time: float) -> float:
    """Return the leading order of the same for a chain, 3/2 e^{-4T} Σ_{i<j} ⟨S_i·S_j⟩², from its ``correlations`` (site, site).

    (4π)^N p_T = 1 + 3 e^{-2T} Σ_{i<j} ⟨S_i·S_j⟩ x_i·x_j + … where the time is long.
    """
    return 1.5 * math.exp(-4 * end_time) * float((np.triu(correlations, 1) ** 2).sum())


@attrs.frozen
class EndTimeCost:
    """What one end time costs in ln Z: of two spins by the flow (with its standard error) and exactly, of a chain to leading order.

    ``flow_error`` is the largest deviation of the flow from the exact log-density once its end is put right: the solver's part.
    """

    end_time: float
    measured: float
    measured_error: float
    exact: float
    flow_error: float
    leading_of_pair: float
    leading_of_chain: float


def end_time_costs(
    settings: Likelihood,
    kappa: float,
    chain: ExactChain,
    end_times: Sequence[float],
    count: int,
    generator: np.random.Generator,
    threads: int = 1,
) -> list[EndTimeCost]:
    """Return the cost at each of ``end_times``, on ``count`` equilibrium pairs of spins of κ = βJ, by the solver of ``settings``.

    ``chain`` is the law whose leading order is given beside it.
    """
    law = TwoSpinDiffusion(kappa)
    pair = ExactChain(np.array([[0.0, kappa], [kappa, 0.0]]), 1.0)
    spins = torch.as_tensor(pair.sample(count, generator))
    costs = []
    for end_time in end_times:
        times = likelihood.time_grid(attrs.evolve(settings, end_time=end_time))
        values = likelihood.log_likelihood(law.score, spins, times, threads=threads)
        # with the exact score the flow carries p_ε into p_T, so that what is missing is known at the start
        missing = law.log_density(spins, float(times[0])) - values
        ends = likelihood.follow(law.score, spins, times)
        at_end = law.log_density(ends, end_time) + 2 * math.log(4 * math.pi)
        costs.append(
            EndTimeCost(
                end_time=end_time,
                measured=float(missing.mean()),
                measured_error=float(missing.std()) / math.sqrt(count),
                exact=two_spin_cost(kappa, end_time),
                flow_error=float((missing - at_end).abs().max()),
                leading_of_pair=leading_cost(pair.correlations(), end_time),
                leading_of_chain=leading_cost(chain.correlations(), end_time),
            )
        )
    return costs
