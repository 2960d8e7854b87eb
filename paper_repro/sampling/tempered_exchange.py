"""``replica_exchange`` for any terms, by the settings of a spec and with the same records; there a compiled kernel does it."""

import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.sampling.kernels import arrivals
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.replica_exchange import ReplicaExchange
from paper_repro.sampling.tempering import Ladders, tuned_steps
from paper_repro.spec import Sampler


def sample(
    law: SpinHamiltonian, temperatures: Floats, sampler: Sampler, snapshots: int, generator: np.random.Generator
) -> ReplicaExchange:
    """Draw equilibrium snapshots of any terms at the coldest temperature, from a uniformly random start.

    ``replica_exchange.sample`` defines the arguments and the result. Terms that are linear in each spin are moved by heat
    bath and over-relaxation, others by Metropolis too, whose steps are tuned before the start; of terms of which none is linear
    there is no over-relaxation.
    """
    local, interval = LocalTerms(law), sampler.swap_interval
    burn_in, thinning = sampler.burn_in // interval, sampler.thinning // interval
    steps = tuned_steps(local, temperatures, 1, generator)
    state = Ladders.start(local, temperatures, steps, 1, generator, sampler.over_relaxation_probability)
    spins = np.empty((snapshots, law.terms.sites, 3))
    cold_energies, end_cosines = np.empty((2, (snapshots - 1) * thinning + 1))
    from_hottest, round_trips = np.full(len(temperatures), -1), 0
    for step in range(burn_in + (snapshots - 1) * thinning + 1):
        if step > 0:
            state.sweeps(interval)
        energies = state.energies()
        if step > 0:
            state.exchange(step % 2, energies)
        coldest, hottest = state.replica_at[0, 0], state.replica_at[0, -1]
        round_trips += arrivals(coldest, hottest, from_hottest)
        since = step - burn_in
        if since >= 0:
            here = state.coldest()[0]
            cold_energies[since], end_cosines[since] = energies[0, coldest], here[0] @ here[-1]
            if since % thinning == 0:
                spins[since // thinning] = here
    return ReplicaExchange(spins, cold_energies, end_cosines, state.attempts, state.accepts, int(round_trips))


def independent_chains(
    law: SpinHamiltonian,
    beta: float,
    *,
    chains: int,
    burn_in: int,
    sweeps: int,
    over_relaxation: float,
    generator: np.random.Generator,
) -> Floats:
    """Return the mean energy (chain,) of Markov chains of any terms, as ``replica_exchange.independent_chains``."""
    local = LocalTerms(law)
    temperature = np.array([1 / beta if beta > 0 else np.inf])
    steps = tuned_steps(local, temperature, chains, generator)
    state = Ladders.start(local, temperature, steps, chains, generator, over_relaxation)
    state.sweeps(burn_in)
    totals = np.zeros(chains)
    for _ in range(sweeps):
        state.sweeps(1)
        totals += state.energies()[:, 0]
    return totals / sweeps
