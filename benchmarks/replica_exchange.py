"""Replica exchange at the paper's settings: against the plain scalar chain, against mamonca, and how long the data take."""

import attrs
import mamonca
import numpy as np

from benchmarks.measure import Figure, at_least, at_most, medians, seconds
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.physics.species import as_species
from paper_repro.physics.sphere import normalise
from paper_repro.sampling.generate import generate
from paper_repro.sampling.kernels import band_of
from paper_repro.sampling.ladder import temperatures
from paper_repro.sampling.replica_exchange import sample
from paper_repro.sampling.sequences import draw_sequences
from paper_repro.spec import load_spec, specs_folder
from tests.support import reference

SPEC = load_spec(specs_folder() / "paper.toml").record
LADDER = temperatures(SPEC.temperature, SPEC.ladder)
SEQUENCE = next(sequence for sequence in draw_sequences(SPEC)[0] if len(sequence) == 35)  # the mean length
MATRIX = coupling_matrix(as_species(SEQUENCE, SPEC.hamiltonian.species), SPEC.hamiltonian)
SWEEPS = 1000
INTERVAL, REFLECT = SPEC.sampler.swap_interval, SPEC.sampler.over_relaxation_probability
UPDATES = SWEEPS * len(LADDER) * len(SEQUENCE)
BOLTZMANN = 8.617333262e-5  # eV/K: mamonca takes energies in eV and temperatures in K


def ours() -> None:
    settings = attrs.evolve(SPEC.sampler, burn_in=SWEEPS)
    sample(MATRIX, LADDER, settings, 1, np.random.default_rng(1))


def plain() -> None:
    generator = np.random.default_rng(1)
    start = normalise(generator.standard_normal((len(LADDER), len(SEQUENCE), 3)))
    reference.exchange(start, band_of(MATRIX), 1 / LADDER, REFLECT, INTERVAL, SWEEPS // INTERVAL, generator)


def against_the_plain_chain() -> Figure:
    slow, fast = medians(plain, ours)
    what = "replica exchange, spin updates with swaps and energies: lanes against the plain scalar chain"
    return at_least(what, 6, slow / fast, f"{fast / UPDATES * 1e9:.1f} ns against {slow / UPDATES * 1e9:.0f} ns")


def against_mamonca() -> Figure:
    """Metropolis of mamonca on the same couplings at the paper's temperature; its mean energy must be the exact one."""
    chain = mamonca.MC(len(SEQUENCE))
    chain.set_heisenberg_coeff(MATRIX)

    def metropolis() -> None:
        chain.run(temperature=LADDER[0] / BOLTZMANN, number_of_iterations=SWEEPS)

    slow, fast = medians(metropolis, ours)
    slow, fast = slow / (SWEEPS * len(SEQUENCE)), fast / UPDATES
    chain.run(temperature=LADDER[0] / BOLTZMANN, number_of_iterations=100 * SWEEPS)
    assert abs(chain.get_mean_energy() / ExactChain(MATRIX, 1 / LADDER[0]).mean_energy - 1) < 0.01
    what = "replica exchange against mamonca's Metropolis on the identical chain, spin updates per second"
    return at_least(what, 30, slow / fast, f"{fast * 1e9:.1f} ns against {slow * 1e9:.0f} ns")


def training_data() -> Figure:
    """Sequences take time as their spin updates do: length times sweeps."""

    def work(sequences: list[str], snapshots: int) -> int:
        return sum(map(len, sequences)) * (SPEC.sampler.burn_in + (snapshots - 1) * SPEC.sampler.thinning)

    training, test = draw_sequences(SPEC)
    generate(SPEC, "training", 0, 2)
    taken = seconds(lambda: generate(SPEC, "training", 0, 400, threads=2))
    snapshots = SPEC.training_set.snapshots
    whole = work(training, snapshots) + work(test, SPEC.test_set.snapshots)
    minutes = taken * whole / work(training[:400], snapshots) / 60
    return at_most("the paper's 42,000 sequences, from 400, on 2 cores", 15, minutes, "min", f"{taken:.1f} s for 400")


FIGURES = (against_the_plain_chain, against_mamonca, training_data)
