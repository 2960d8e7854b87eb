"""Which Markov chain serves a law: the compiled kernel of exchange, or moves for any terms; both in a ladder of temperatures."""

from collections.abc import Callable
from typing import Protocol

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.numerics.streams import data_key
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.sampling import replica_exchange
from paper_repro.sampling.ladder import temperatures_for
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.tempering import INTERVAL, temper, tuned_steps
from paper_repro.spec import Sampler

#: The compiled kernel takes couplings as a band, and is slower than the other where that is much wider than what a spin feels.
_WIDEST_BAND = 128
_TOGETHER = 4  # runs whose spins are moved together: a share of fixed size, whatever the number of threads
_TUNING = 2**20  # index of the stream of the tuning; the others are those of shares

Progress = Callable[[int], None]


@attrs.frozen
class Plan:
    """How long Markov chains are: ``each`` snapshots of ``runs``, the first after ``burn_in`` rounds, then ``thinning`` apart.

    A round is ``INTERVAL`` sweeps and an attempt to exchange temperatures. ``key`` (seed, index, …) is that of the random numbers.
    """

    runs: int
    each: int
    burn_in: int
    thinning: int
    key: tuple[int, ...]

    def generator(self, *index: int) -> np.random.Generator:
        """Return the generator of one share."""
        seed, *more = self.key
        return np.random.default_rng(data_key(seed, "simulation", *more, *index))


class Engine(Protocol):
    """A sampler of one law at the coldest of its ``temperatures`` (level,); ``name`` describes it in a few words."""

    @property
    def name(self) -> str:
        """What it does."""

    @property
    def temperatures(self) -> Floats:
        """The ladder, coldest first."""

    def chains(self, plan: Plan, threads: int, progress: Progress | None) -> Floats:
        """Return spins (run, snapshot, site, 3); ``progress`` is called with how many snapshots more are drawn."""


@attrs.frozen(eq=False)
class CompiledExchange:
    """Exchange alone, whatever the pairs: heat bath and over-relaxation by the compiled kernel."""

    matrix: Floats
    temperatures: Floats
    name: str = "heat bath and over-relaxation, compiled"

    def chains(self, plan: Plan, threads: int, progress: Progress | None) -> Floats:
        """Return spins (run, snapshot, site, 3)."""
        sampler = Sampler(
            method="replica-exchange", over_relaxation_probability=0.5, swap_interval=INTERVAL,
            burn_in=plan.burn_in * INTERVAL, thinning=plan.thinning * INTERVAL,
        )  # fmt: skip

        def run(number: int) -> Floats:
            return replica_exchange.sample(self.matrix, self.temperatures, sampler, plan.each, plan.generator(number)).spins

        made = []
        for spins in in_order(run, range(plan.runs), threads):
            made.append(spins)
            if progress is not None:
                progress(plan.each)
        return np.stack(made)


@attrs.frozen(eq=False)
class AnyTerms:
    """Any terms: heat bath and over-relaxation where all are multilinear, else Metropolis with ``steps`` (level,)."""

    local: LocalTerms
    temperatures: Floats
    steps: Floats

    @property
    def name(self) -> str:
        """What it does."""
        if self.local.multilinear:
            return "heat bath and over-relaxation"
        return "Metropolis, heat bath and over-relaxation of its multilinear terms" if self.local.has_linear else "Metropolis"

    def chains(self, plan: Plan, threads: int, progress: Progress | None) -> Floats:
        """Return spins (run, snapshot, site, 3)."""
        shares = [(first, min(_TOGETHER, plan.runs - first)) for first in range(0, plan.runs, _TOGETHER)]

        def run(share: tuple[int, int]) -> Floats:
            return temper(
                self.local, self.temperatures, self.steps, runs=share[1], each=plan.each, burn_in=plan.burn_in,
                thinning=plan.thinning, generator=plan.generator(share[0]), progress=progress,
            ).spins  # fmt: skip

        return np.concatenate(list(in_order(run, shares, threads)))


def engine_for(law: SpinHamiltonian, temperature: float, key: tuple[int, ...]) -> Engine:
    """Return the sampler of a law at a temperature; ``key`` (seed, index, …) is that of the random numbers that tune its steps."""
    local = LocalTerms(law)
    ladder = temperatures_for(temperature, local.largest_energy(), law.terms.sites)
    if law.terms.is_exchange:
        first, second = np.nonzero(law.matrix)
        if np.abs(second - first).max(initial=0) <= _WIDEST_BAND:
            return CompiledExchange(law.matrix, ladder)
    return AnyTerms(local, ladder, tuned_steps(local, ladder, _TOGETHER, Plan(1, 1, 0, 1, key).generator(_TUNING)))
