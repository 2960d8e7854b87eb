"""Simulation of any terms: its moves against the compiled kernel of exchange and against plain Metropolis, on one chain of 35."""

import numpy as np

from benchmarks.measure import Figure, at_least, at_most, medians
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Biquadratic, Chirality
from paper_repro.physics.truth import Truth
from paper_repro.sampling import metropolis
from paper_repro.sampling.engines import AnyTerms, CompiledExchange, Plan
from paper_repro.sampling.ladder import temperatures_for
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.spec import load_spec, specs_folder

SPEC = load_spec(specs_folder() / "paper.toml").record
CHAIN, WORD = Geometry.open_chain(35), "ABBABAABBABBAABABBAABABBABAABBABABA"
EXCHANGE = Truth.of(SPEC.hamiltonian, SPEC.beta)
BIQUADRATIC = Truth(EXCHANGE.terms.with_terms([Biquadratic("B", 1)]), np.append(EXCHANGE.couplings, 0.3), SPEC.beta)
CHIRAL = Truth(BIQUADRATIC.terms.with_terms([Chirality("C")]), np.append(BIQUADRATIC.couplings, 0.2), SPEC.beta)
LADDER = temperatures_for(SPEC.temperature, 2.9, CHAIN.sites)
ROUNDS, RUNS = 50, 4
UPDATES = 2 * ROUNDS * RUNS * len(LADDER) * CHAIN.sites


def chains(truth: Truth) -> None:
    AnyTerms(LocalTerms(truth.on(CHAIN, WORD)), LADDER, np.sqrt(LADDER)).chains(Plan(RUNS, 1, ROUNDS, 1, (0, 0)), 1, None)


def compiled() -> None:
    CompiledExchange(EXCHANGE.on(CHAIN, WORD).matrix, LADDER).chains(Plan(RUNS, 1, ROUNDS, 1, (0, 0)), 1, None)


def plain() -> None:
    runs = RUNS * len(LADDER)
    generator = np.random.default_rng(0)
    metropolis.snapshots(BIQUADRATIC, CHAIN, WORD, runs=runs, each=1, burn_in=20, thinning=1, generator=generator)


def against_the_compiled_kernel() -> Figure:
    slow, fast = medians(lambda: chains(EXCHANGE), compiled)
    what = "simulation, moves for any terms: how much slower than the compiled kernel of exchange"
    return at_most(what, 3, slow / fast, "times", f"{slow / UPDATES * 1e9:.1f} ns against {fast / UPDATES * 1e9:.1f} ns")


def with_curved_terms() -> Figure:
    slow, fast = medians(lambda: chains(CHIRAL), compiled)
    what = "simulation of exchange, biquadratic and chirality: how much slower than the compiled kernel of exchange"
    return at_most(what, 5, slow / fast, "times", f"{slow / UPDATES * 1e9:.1f} ns against {fast / UPDATES * 1e9:.1f} ns")


def against_plain_metropolis() -> Figure:
    slow, fast = medians(plain, lambda: chains(BIQUADRATIC))
    slow, fast = slow / (20 * RUNS * len(LADDER) * CHAIN.sites), fast / UPDATES
    what = "simulation with a biquadratic term, spin updates with exchange against plain Metropolis"
    return at_least(what, 2, slow / fast, f"{fast * 1e9:.0f} ns against {slow * 1e9:.0f} ns")


def exact_samples() -> Figure:
    law = CHIRAL.exact(CHAIN, WORD)
    (took,) = medians(lambda: law.sample(1000, np.random.default_rng(0)))
    what = "exact solution of exchange, biquadratic and chirality: 1,000 snapshots of a chain of 35"
    return at_most(what, 1, took, "s", f"{took / 35 * 1e3:.1f} µs per spin")


FIGURES = (against_the_compiled_kernel, with_curved_terms, against_plain_metropolis, exact_samples)
