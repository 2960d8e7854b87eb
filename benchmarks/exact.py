"""The exact solution: ln Z, the paper's training snapshots, and effective samples against our own replica exchange."""

import functools

import attrs
import numpy as np
import numpy.typing as npt

from benchmarks.measure import Figure, at_least, at_most, medians
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.sampling import replica_exchange
from paper_repro.sampling.generate import generate
from paper_repro.sampling.ladder import temperatures
from paper_repro.sampling.sequences import draw_sequences
from paper_repro.spec import load_spec, specs_folder

SPEC = load_spec(specs_folder() / "paper.toml").record
BETA = SPEC.beta
SITES = 35


def matrices(count: int) -> list[npt.NDArray[np.float64]]:
    generator = np.random.default_rng(1)
    return [coupling_matrix(generator.integers(0, 2, SITES), SPEC.hamiltonian) for _ in range(count)]


def ln_z() -> Figure:
    chains = matrices(1000)
    (took,) = medians(lambda: [ExactChain(matrix, BETA).ln_z for matrix in chains])
    return at_most("ln Z of 1,000 random sequences of length 35, one thread", 0.5, took, "s")


def training_snapshots() -> Figure:
    spec = attrs.evolve(SPEC, sampler=attrs.evolve(SPEC.sampler, method="exact"))
    draw_sequences(spec)  # drawn once, and kept
    sequences, snapshots = 2_000, spec.training_set.snapshots
    (took,) = medians(lambda: generate(spec, "training", 0, sequences, threads=2), pairs=5)
    whole = took * spec.training_set.sequences / sequences
    return at_most(
        f"exact sampler, the paper's {spec.training_set.sequences:,} × {snapshots} training snapshots on 2 cores", 60, whole, "s",
        f"extrapolated from {sequences:,} sequences",
    )  # fmt: skip


def effective_samples() -> Figure:
    """The replica exchange is given its burn-in for free: two runs that differ only in length, in the same round."""
    (matrix,), count, sweeps = matrices(1), 20_000, 2_000
    law, ladder = ExactChain(matrix, BETA), temperatures(SPEC.temperature, SPEC.ladder)
    law.sample(1, np.random.default_rng(1))  # the messages are tabulated once for all samples
    sampler = attrs.evolve(SPEC.sampler, burn_in=0, thinning=sweeps)

    def exchange(snapshots: int) -> replica_exchange.ReplicaExchange:
        return replica_exchange.sample(matrix, ladder, sampler, snapshots, np.random.default_rng(2))

    short, long, exact = medians(
        functools.partial(exchange, 2), functools.partial(exchange, 3), lambda: law.sample(count, np.random.default_rng(3))
    )
    settled = SPEC.sampler.burn_in // sampler.swap_interval
    trace = exchange(11).cold_energies[settled:]
    sweeps_per_sample = replica_exchange.autocorrelation_time(trace) * sampler.swap_interval
    by_exchange, by_law = (long - short) / sweeps * sweeps_per_sample, exact / count
    return at_least(
        "exact sampler against our own replica exchange, effective samples per second at T₀", 30, by_exchange / by_law,
        f"{by_law / SITES * 1e9:.0f} ns per spin; {sweeps_per_sample:.0f} sweeps of {len(ladder)} replicas per effective sample, "
        f"{by_exchange / sweeps_per_sample / len(ladder) / SITES * 1e9:.1f} ns per spin update, burn-in not counted",
    )  # fmt: skip


FIGURES = (ln_z, training_snapshots, effective_samples)
