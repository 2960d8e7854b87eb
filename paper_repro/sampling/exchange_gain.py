"""What replica exchange gains: autocorrelation times with the ladder, without it, and by plain Metropolis."""

import math
from collections.abc import Sequence

import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import quotient
from paper_repro.numerics.measured import Measured
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.sampling import metropolis, replica_exchange
from paper_repro.sampling.autocorrelation import autocorrelation
from paper_repro.sampling.exchange_times import ExchangeGain
from paper_repro.spec import Hamiltonian, Sampler

#: Traces (sequence, step) of H and of S_1·S_N.
_Traces = tuple[Floats, Floats]


def exchange_gain(
    sequences: Sequence[Integers],
    hamiltonian: Hamiltonian,
    ladder: Floats,
    sampler: Sampler,
    snapshots: int,
    resamples: int,
    seed: np.random.SeedSequence,
    threads: int = 1,
) -> ExchangeGain:
    """Return the autocorrelation times of sequences of species (site,), pooled about the exact means; errors resample sequences.

    ``ladder`` (replica,) are the temperatures. A time near ``sampler.swap_interval`` means no correlation after one step of
    the traces.
    """
    streams = iter(seed.spawn(2 * len(sequences) + 4))
    laws = [ExactChain(coupling_matrix(species, hamiltonian), 1 / ladder[0]) for species in sequences]
    means = np.array([law.mean_energy for law in laws]), np.array([law.correlations()[0, -1] for law in laws])

    def times(traces: _Traces) -> tuple[Measured, Measured]:
        generator = np.random.default_rng(next(streams))
        pooled = [
            autocorrelation(values, exact, sampler.swap_interval, resamples, generator)
            for values, exact in zip(traces, means, strict=True)
        ]
        energy, ends = (Measured(item.time, item.time_error) for item in pooled)
        return energy, ends

    def exchanged(temperatures: Floats) -> _Traces:
        generators = [np.random.default_rng(next(streams)) for _ in laws]
        return _exchanged(laws, temperatures, sampler, snapshots, generators, threads)

    with_ladder = times(exchanged(ladder))
    alone = times(exchanged(ladder[:1]))
    steps = (snapshots - 1) * sampler.thinning // sampler.swap_interval + 1
    plain = metropolis.traces(laws, steps, sampler.swap_interval, np.random.default_rng(next(streams)))
    by_metropolis = times((plain.energies, plain.end_cosines))
    return ExchangeGain(*with_ladder, *alone, *by_metropolis, _gain(alone, with_ladder), _gain(by_metropolis, with_ladder))


def _exchanged(
    laws: Sequence[ExactChain],
    temperatures: Floats,
    sampler: Sampler,
    snapshots: int,
    generators: Sequence[np.random.Generator],
    threads: int,
) -> _Traces:
    def run(task: tuple[ExactChain, np.random.Generator]) -> replica_exchange.ReplicaExchange:
        return replica_exchange.sample(task[0].matrix, temperatures, sampler, snapshots, task[1])

    runs = list(in_order(run, zip(laws, generators, strict=True), threads))
    return np.array([made.cold_energies for made in runs]), np.array([made.end_cosines for made in runs])


def _gain(alone: tuple[Measured, Measured], with_ladder: tuple[Measured, Measured]) -> Measured:
    """Return the larger of the two ratios of the times."""
    return max((_ratio(one, other) for one, other in zip(alone, with_ladder, strict=True)), key=lambda ratio: ratio.value)


def _ratio(one: Measured, other: Measured) -> Measured:
    ratio, parts = quotient(one.value, other.value), [quotient(item.standard_error, item.value) for item in (one, other)]
    return Measured(ratio, ratio * math.hypot(*parts))
