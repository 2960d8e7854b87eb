"""Markov chains that continue from given snapshots under a law: if it is that of the snapshots, nothing changes on average."""

from collections.abc import Iterator

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.moves import Lanes, sweep
from paper_repro.sampling.snapshots import Snapshots


def continued(
    snapshots: Snapshots, law: SpinHamiltonian, beta: float, sweeps: int, lanes: int, generator: np.random.Generator
) -> Snapshots:
    """Return ``lanes`` snapshots, each ``sweeps`` sweeps at inverse temperature ``beta`` after one of those given.

    The given ones are taken in turn, or at even distances where they are more. The moves are those of ``moves``: heat bath and
    reflection in the field of the multilinear terms, and a Gaussian step where some term is not multilinear.
    """
    *_, spins = states(snapshots, law, beta, sweeps, 1, lanes, generator)
    return attrs.evolve(snapshots, spins=spins, run=np.arange(lanes))


def states(
    snapshots: Snapshots, law: SpinHamiltonian, beta: float, sweeps: int, times: int, lanes: int, generator: np.random.Generator
) -> Iterator[Floats]:
    """Yield the spins (lane, site, 3) of such chains at their start and ``times`` times ``sweeps`` sweeps after it.

    It is one array, which the next state overwrites.
    """
    spins = snapshots.spins[np.arange(lanes) * len(snapshots) // lanes].copy()
    local = LocalTerms(law)
    step = 1 / np.sqrt(1 + beta * local.largest_energy())
    counts = np.zeros((2, lanes), dtype=np.int64)
    chains = Lanes(spins, np.full(lanes, beta), np.full(lanes, step), counts[0], counts[1])
    yield spins
    for _ in range(times):
        sweep(chains, local, generator, count=sweeps)
        yield spins
