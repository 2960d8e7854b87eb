"""Plain Metropolis at one temperature, for any terms on any geometry; short and slow.

Replica exchange, the heat bath and ``simulation`` are compared with it. The Markov chains are lanes:
a site of all of them is moved at once, and the sites follow in order.
"""

import math
from collections.abc import Callable, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.sphere import normalise
from paper_repro.physics.truth import Truth
from paper_repro.sampling.kernels import band_of
from paper_repro.sampling.snapshots import Snapshots

#: (site, proposed spins (chain, 3)) → how much ΔE they cost (chain,), in units of energy.
EnergyChange = Callable[[int, Floats], Floats]


def sweep(
    spins: Floats, energy_change: EnergyChange, betas: Floats, sites: npt.NDArray[np.intp], generator: np.random.Generator
) -> int:
    """Move every site of ``spins`` (site, chain, 3) once, in place, and return how many moves were taken.

    A spin is moved by a Gaussian of deviation √T and put back on the sphere, which is as likely there as back, and the move is
    taken with probability min(1, e^{-β ΔE}). ``betas`` (chain,) are the inverse temperatures, ``sites`` (chain,) the lengths.
    """
    accepted = 0
    for site in range(len(spins)):
        proposed = normalise(spins[site] + generator.standard_normal((len(betas), 3)) / np.sqrt(betas)[:, None])
        gain = -betas * energy_change(site, proposed)
        moved = (np.log(generator.random(len(betas))) < gain) & (site < sites)
        spins[site, moved] = proposed[moved]
        accepted += int(moved.sum())
    return accepted


def snapshots(
    truth: Truth,
    geometry: Geometry,
    species: npt.ArrayLike | str,
    *,
    runs: int,
    each: int,
    burn_in: int,
    thinning: int,
    generator: np.random.Generator,
) -> Snapshots:
    """Return ``each`` snapshots of ``runs`` independent Markov chains of any law, each from its own uniformly random start.

    The first is taken after ``burn_in`` sweeps, the others ``thinning`` sweeps apart; whether that is enough is not checked.
    """
    law = truth.on(geometry, species)
    spins = normalise(generator.standard_normal((geometry.sites, runs, 3)))
    betas, sites = np.full(runs, truth.beta), np.full(runs, geometry.sites)
    taken = []
    for number in range(each):
        for _ in range(thinning if number else burn_in):
            sweep(spins, lambda site, new: law.energy_change(spins.swapaxes(0, 1), site, new), betas, sites, generator)
        taken.append(spins.swapaxes(0, 1).copy())
    return Snapshots.of(
        np.concatenate(taken),
        species,
        geometry=geometry,
        run=np.tile(np.arange(runs), each),
        temperature=1 / truth.beta,
        species_names=truth.terms.species_names,
        origin="Metropolis",
    )


@attrs.frozen(eq=False)
class Traces:
    """Energies and S_1·S_N (chain, step) after every interval, and the accepted fraction of all proposals."""

    energies: Floats
    end_cosines: Floats
    acceptance: float


def traces(laws: Sequence[ExactChain], steps: int, interval: int, generator: np.random.Generator) -> Traces:
    """Follow one Markov chain of each law at its own β for ``steps`` - 1 intervals of ``interval`` sweeps, from an exact sample.

    The start is in equilibrium: no burn-in is needed.
    """
    sites = np.array([law.sites for law in laws])
    spins = np.zeros((sites.max(), len(laws), 3))
    reach = 1 + max(len(band_of(law.matrix)) for law in laws)
    band = np.zeros((reach, sites.max(), len(laws), 1))  # 0 beyond a chain's end
    for k, law in enumerate(laws):
        own = band_of(law.matrix)
        band[1 : 1 + len(own), : law.sites, k, 0] = own
        spins[: law.sites, k] = law.sample(1, generator)[0]
    betas, ends = np.array([law.beta for law in laws]), (sites - 1, np.arange(len(laws)))

    def energy_change(site: int, proposed: Floats) -> Floats:
        field = np.zeros((len(laws), 3))
        for d in range(1, reach):
            if site + d < len(spins):
                field += band[d, site] * spins[site + d]
            if site >= d:
                field += band[d, site - d] * spins[site - d]
        change: Floats = -((proposed - spins[site]) * field).sum(-1)
        return change

    energies, end_cosines = np.empty((2, len(laws), steps))
    accepted = 0
    for step in range(steps):
        for _ in range(interval if step else 0):
            accepted += sweep(spins, energy_change, betas, sites, generator)
        bonds = [
            -(band[d, : len(spins) - d] * spins[: len(spins) - d] * spins[d:]).sum((0, -1))
            for d in range(1, min(reach, len(spins)))
        ]
        energies[:, step] = np.sum(bonds, axis=0)
        end_cosines[:, step] = (spins[0] * spins[ends]).sum(-1)
    offered = (steps - 1) * interval * int(sites.sum())
    return Traces(energies, end_cosines, accepted / offered if offered else math.nan)
