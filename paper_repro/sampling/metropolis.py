"""Plain Metropolis at one temperature: what replica exchange and the heat bath are compared with, and nothing else is made by it.

Slow and short: every chain is a column, and the sites are taken in order.
"""

import math
from collections.abc import Sequence

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.sphere import normalise
from paper_repro.sampling.kernels import band_of


@attrs.frozen(eq=False)
class Metropolis:
    """Energies and S_1·S_N (chain, step) after every interval, and the accepted fraction of all proposals."""

    energies: Floats
    end_cosines: Floats
    acceptance: float


def sample(laws: Sequence[ExactChain], steps: int, interval: int, generator: np.random.Generator) -> Metropolis:
    """Follow one Markov chain of each law at its own β for ``steps`` - 1 intervals of ``interval`` sweeps, from an exact sample.

    A spin is moved by a Gaussian of deviation √T and put back on the sphere, which is as likely there as back, and the move is
    taken with probability min(1, e^{-β ΔE}). What is left of the start needs no burn-in: it is in equilibrium.
    """
    sites = max(law.sites for law in laws)
    spins = np.zeros((sites, len(laws), 3))
    reach = 1 + max(len(band_of(law.matrix)) for law in laws)
    band = np.zeros((reach, sites, len(laws), 1))  # 0 beyond a chain's end
    for k, law in enumerate(laws):
        own = band_of(law.matrix)
        band[1 : 1 + len(own), : law.sites, k, 0] = own
        spins[: law.sites, k] = law.sample(1, generator)[0]
    betas = np.array([law.beta for law in laws])
    last = np.array([law.sites - 1 for law in laws]), np.arange(len(laws))
    energies, end_cosines = np.empty((2, len(laws), steps))
    accepted, offered = 0, 0
    for step in range(steps):
        for _ in range(interval if step else 0):
            for site in range(sites):
                field = np.zeros((len(laws), 3))
                for d in range(1, reach):
                    if site + d < sites:
                        field += band[d, site] * spins[site + d]
                    if site >= d:
                        field += band[d, site - d] * spins[site - d]
                proposed = normalise(spins[site] + generator.standard_normal((len(laws), 3)) / np.sqrt(betas)[:, None])
                gain = betas * ((proposed - spins[site]) * field).sum(-1)
                moved = (np.log(generator.random(len(laws))) < gain) & (site <= last[0])
                spins[site, moved] = proposed[moved]
                accepted, offered = accepted + int(moved.sum()), offered + int((site <= last[0]).sum())
        bonds = [-(band[d, : sites - d] * spins[: sites - d] * spins[d:]).sum((0, -1)) for d in range(1, min(reach, sites))]
        energies[:, step] = np.sum(bonds, axis=0)
        end_cosines[:, step] = (spins[0] * spins[last]).sum(-1)
    return Metropolis(energies, end_cosines, accepted / offered if offered else math.nan)
