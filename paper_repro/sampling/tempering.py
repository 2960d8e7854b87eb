"""Replica exchange for any terms on any geometry: independent runs, each a ladder of temperatures, all lanes of one array."""

import math
from collections.abc import Callable

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.sphere import normalise
from paper_repro.sampling.local_polynomials import lane_last
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.moves import Lanes, sweep
from paper_repro.sampling.polynomial_kernels import Ladder
from paper_repro.sampling.polynomial_kernels import rounds as compiled_rounds
from paper_repro.sampling.swap import swap

#: Sweeps between attempts to exchange neighbouring temperatures.
INTERVAL = 2
_TUNING = 24  # rounds of step tuning, of
_ROUND = 8  # sweeps each
_TARGET, _NARROWEST, _WIDEST = 0.5, 1e-3, 4.0  # the accepted fraction that is aimed at, and the steps, in rad


@attrs.frozen(eq=False)
class Tempered:
    """``spins`` (run, snapshot, site, 3) at the coldest temperature; exchanges of each pair of temperatures, of all runs."""

    spins: Floats
    attempts: Integers
    accepts: Integers


@attrs.frozen(eq=False)
class Ladders:
    """The lanes of some ladders; ``replica_at`` (run, level) is the lane of its run at each temperature.

    ``reflected`` is the share of reflections among heat baths and reflections.
    """

    local: LocalTerms
    betas: Floats
    steps: Floats
    lanes: Lanes
    replica_at: Integers
    attempts: Integers
    accepts: Integers
    generator: np.random.Generator
    reflected: float

    @classmethod
    def start(
        cls,
        local: LocalTerms,
        temperatures: Floats,
        steps: Floats,
        runs: int,
        generator: np.random.Generator,
        reflected: float = 0.5,
    ) -> "Ladders":
        """Start from uniformly random spins."""
        levels, betas = len(temperatures), 1 / temperatures
        count, pairs = runs * levels, max(levels - 1, 0)
        lanes = Lanes(
            lane_last(normalise(generator.standard_normal((count, local.law.terms.sites, 3)))), np.tile(betas, runs),
            np.tile(steps, runs), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64),
        )  # fmt: skip
        counts = np.zeros((2, pairs), dtype=np.int64)
        return cls(local, betas, steps, lanes, np.tile(np.arange(levels), (runs, 1)), counts[0], counts[1], generator, reflected)

    @property
    def lane_at(self) -> Integers:
        """The lane at each temperature of each run (run, level)."""
        runs, levels = self.replica_at.shape
        lanes: Integers = self.replica_at + levels * np.arange(runs)[:, None]
        return lanes

    def advance(self, rounds: int, parity: int) -> int:
        """Do ``rounds`` times ``INTERVAL`` sweeps and an exchange; return the parity of the next exchange."""
        law, each_once = self.local.monomials, self.local.energy_monomials
        if law is None or each_once is None:
            for number in range(rounds):
                self.sweeps(INTERVAL)
                if len(self.betas) > 1:
                    self.exchange((parity + number) % 2, self.energies())
        else:
            chains, ladder = self.lanes.chains, Ladder(self.betas, self.steps, self.replica_at, self.attempts, self.accepts)
            compiled_rounds(chains, law, each_once, ladder, self.reflected, INTERVAL, rounds, parity, self.generator)
            self.lanes.put_back(chains)
        return (parity + rounds) % 2

    def sweeps(self, count: int) -> None:
        """Move every site of every lane ``count`` times."""
        sweep(self.lanes, self.local, self.generator, self.reflected, count)

    def energies(self) -> Floats:
        """Return H of every replica (run, replica)."""
        return self.local.energies(self.lanes.spins).reshape(self.replica_at.shape)

    def exchange(self, parity: int, energies: Floats) -> None:
        """Attempt the exchanges of one ``parity``, for the ``energies`` (run, replica)."""
        for own, replicas in zip(energies, self.replica_at, strict=True):
            swap(own, self.betas, replicas, parity, self.attempts, self.accepts, self.generator)
        lanes = self.lane_at
        self.lanes.betas[lanes], self.lanes.steps[lanes] = self.betas, self.steps

    def coldest(self) -> Floats:
        """Return the spins (run, site, 3) at the coldest temperature."""
        return self.lanes.spins[self.lane_at[:, 0]]


def tuned_steps(local: LocalTerms, temperatures: Floats, runs: int, generator: np.random.Generator) -> Floats:
    """Return Gaussian steps (level,), in rad, of which half are accepted: found before any snapshot, and fixed from then on."""
    steps = np.clip(np.sqrt(temperatures), _NARROWEST, _WIDEST)
    if local.multilinear:
        return steps
    state, parity = Ladders.start(local, temperatures, steps, runs, generator), 0
    for number in range(_TUNING):
        lanes, at = state.lanes, state.lane_at
        lanes.accepted[:], lanes.offered[:] = 0, 0
        sweep(lanes, local, generator, count=_ROUND)  # without exchange, so that each lane stays at its temperature
        fraction = lanes.accepted[at].sum(0) / np.maximum(lanes.offered[at].sum(0), 1)
        steps = np.clip(steps * np.exp((fraction - _TARGET) * 4 / math.sqrt(1 + number)), _NARROWEST, _WIDEST)
        state = attrs.evolve(state, steps=steps)
        lanes.steps[at] = steps
        parity = state.advance(1, parity)
    return steps


def temper(
    local: LocalTerms,
    temperatures: Floats,
    steps: Floats,
    *,
    runs: int,
    each: int,
    burn_in: int,
    thinning: int,
    generator: np.random.Generator,
    progress: Callable[[int], None] | None = None,
) -> Tempered:
    """Return ``each`` snapshots of ``runs`` independent runs, each from its own uniformly random start.

    ``temperatures`` (level,) is the ladder, coldest first, ``steps`` (level,) those of ``tuned_steps``. The first snapshot is taken
    after ``burn_in`` rounds, the others ``thinning`` rounds apart, of ``INTERVAL`` sweeps and an exchange each. ``progress`` is
    called with the number of snapshots that are new.
    """
    state = Ladders.start(local, temperatures, steps, runs, generator)
    spins = np.empty((runs, each, local.law.terms.sites, 3))
    parity = 0
    for number in range(each):
        parity = state.advance(thinning if number else burn_in, parity)
        spins[:, number] = state.coldest()
        if progress is not None:
            progress(runs)
    return Tempered(spins, state.attempts, state.accepts)
