"""The moves of ``moves`` for terms that are polynomials of degree 1 or 2 in each spin, compiled: the same moves, to rounding.

Random numbers are taken from the generator in the order of ``moves``, where those of all lanes and sites of a colour are one array.
Spins are (3 site + component, lane), the coefficients of what a site feels (coefficient, lane); the lane is innermost in each loop.
There are twelve coefficients: 0 to 2 are the field h of the multilinear terms, whose sum is h·S; 3 to 11 multiply the nine
functions of ``physics.terms.polynomial`` of S in the sum of all other terms. The energy is minus both sums.
"""

import math
from typing import NamedTuple

import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.jit import jit, jit_inline
from paper_repro.numerics.simd_math import exp
from paper_repro.physics.von_mises_fisher import Vector, draw
from paper_repro.sampling.kernels import over_relaxation
from paper_repro.sampling.swap import swap

#: How many coefficients are the field, and how many there are.
FIELD, ALL = 3, 12
_DRAWN, _REFLECTED, _STEPPED = 0, 1, 2  # the moves


class Monomials(NamedTuple):
    """The monomials of every site, each a weight times components of other spins.

    ``sites`` (position,) are in the order in which they move, colour by colour, which begin at ``colours`` (colour + 1,); the
    monomials of a position begin at ``starts`` (position + 1,). A monomial adds to the coefficient ``parts`` (monomial,) its
    ``weights`` (monomial,) times the spin components at the first ``counts`` (monomial,) of ``factors`` (monomial, 3), rows of the
    spins. ``multilinear`` and ``has_linear`` are those of ``LocalTerms``.
    """

    sites: Integers
    colours: Integers
    starts: Integers
    parts: Integers
    weights: Floats
    counts: Integers
    factors: Integers
    multilinear: bool
    has_linear: bool


class Chains(NamedTuple):
    """Markov chains as ``moves.Lanes``, their ``spins`` (3 site + component, lane)."""

    spins: Floats
    betas: Floats
    steps: Floats
    accepted: Integers
    offered: Integers


class Ladder(NamedTuple):
    """Runs of replica exchange as ``tempering.Ladders``."""

    betas: Floats
    steps: Floats
    replica_at: Integers
    attempts: Integers
    accepts: Integers


@jit_inline
def write_coefficients(spins: Floats, law: Monomials, position: int, coefficients: Floats) -> None:
    """Write the coefficients (coefficient, lane) of what the site at a position feels in every lane."""
    coefficients[:] = 0.0
    for m in range(law.starts[position], law.starts[position + 1]):
        target, weight, count = coefficients[law.parts[m]], law.weights[m], law.counts[m]
        first, second, third = spins[law.factors[m, 0]], spins[law.factors[m, 1]], spins[law.factors[m, 2]]
        if count == 0:
            for lane in range(len(target)):
                target[lane] += weight
        elif count == 1:
            for lane in range(len(target)):
                target[lane] += weight * first[lane]
        elif count == 2:
            for lane in range(len(target)):
                target[lane] += weight * (first[lane] * second[lane])
        else:
            for lane in range(len(target)):
                target[lane] += weight * (first[lane] * second[lane] * third[lane])


@jit_inline
def curved_value(c: Floats, lane: int, spin: Vector) -> float:
    """Return the sum of the terms that are not multilinear for one spin, of coefficients ``c`` (coefficient, lane)."""
    x, y, z = spin
    of_x = c[3, lane] + c[6, lane] * x + c[7, lane] * y + c[8, lane] * z
    of_y = c[4, lane] + c[9, lane] * y + c[10, lane] * z
    value: float = of_x * x + of_y * y + (c[5, lane] + c[11, lane] * z) * z
    return value


@jit
def write_energies(spins: Floats, law: Monomials, energies: Floats) -> None:
    """Write H (lane,) of monomials that have each cluster once."""
    energies[:] = 0.0
    c = np.empty((ALL, len(energies)))
    for position, site in enumerate(law.sites):
        write_coefficients(spins, law, position, c)
        x, y, z = spins[3 * site], spins[3 * site + 1], spins[3 * site + 2]
        for lane in range(len(energies)):
            field = c[0, lane] * x[lane] + c[1, lane] * y[lane] + c[2, lane] * z[lane]
            energies[lane] -= field + curved_value(c, lane, (x[lane], y[lane], z[lane]))


@jit_inline
def fill_uniform(generator: np.random.Generator, numbers: Floats, first: int, last: int) -> None:
    """Fill columns of ``numbers`` (site, number, lane) with numbers uniform on [0, 1), lane by lane, site by site."""
    for lane in range(numbers.shape[2]):
        for site in range(len(numbers)):
            for k in range(first, last):
                numbers[site, k, lane] = generator.random()


@jit_inline
def fill(generator: np.random.Generator, numbers: Floats, law: Monomials, move: int) -> None:
    """Fill what a move takes of ``numbers`` (site, 5, lane): 0 to 2 make the proposal, 3 accepts it, 4 chooses its start."""
    if move == _DRAWN:
        fill_uniform(generator, numbers, 0, 2)
    elif move == _STEPPED:
        numbers[:, 4] = 0.0
        if not law.has_linear:
            fill_uniform(generator, numbers, 4, 5)
        for lane in range(numbers.shape[2]):
            for site in range(len(numbers)):
                for k in range(3):
                    numbers[site, k, lane] = generator.standard_normal()
    if not law.multilinear:
        fill_uniform(generator, numbers, 3, 4)


@jit_inline
def chosen(law: Monomials, coin: float, reflected: float) -> int:
    """Return the move of a colour for a coin uniform on [0, 1)."""
    share = 1.0 if law.multilinear else (2 / 3 if law.has_linear else 0.0)
    if coin >= share:
        return _STEPPED
    return _DRAWN if coin < (1 - reflected) * share else _REFLECTED


@jit_inline
def propose(chains: Chains, site: int, move: int, c: Floats, numbers: Floats, new: Floats) -> None:
    """Write what a move proposes for one site into ``new`` (component, lane), from ``numbers`` (5, lane)."""
    x, y, z = chains.spins[3 * site], chains.spins[3 * site + 1], chains.spins[3 * site + 2]
    betas, steps = chains.betas, chains.steps
    if move == _DRAWN:
        for lane in range(len(betas)):
            field = betas[lane] * c[0, lane], betas[lane] * c[1, lane], betas[lane] * c[2, lane]
            new[0, lane], new[1, lane], new[2, lane] = draw(field, numbers[0, lane], numbers[1, lane])
    elif move == _REFLECTED:
        for lane in range(len(betas)):
            turned = over_relaxation((x[lane], y[lane], z[lane]), (c[0, lane], c[1, lane], c[2, lane]))
            new[0, lane], new[1, lane], new[2, lane] = turned
    else:
        for lane in range(len(betas)):
            sign = 1.0 if numbers[4, lane] < 0.5 else -1.0
            to_x = sign * x[lane] + steps[lane] * numbers[0, lane]
            to_y = sign * y[lane] + steps[lane] * numbers[1, lane]
            to_z = sign * z[lane] + steps[lane] * numbers[2, lane]
            length = math.sqrt(to_x * to_x + to_y * to_y + to_z * to_z)
            new[0, lane], new[1, lane], new[2, lane] = to_x / length, to_y / length, to_z / length


@jit_inline
def take(chains: Chains, site: int, move: int, c: Floats, numbers: Floats, new: Floats) -> None:
    """Take each of ``new`` (component, lane) with probability min(1, e^{-β ΔE}), where draws and reflections leave h·S aside."""
    x, y, z = chains.spins[3 * site], chains.spins[3 * site + 1], chains.spins[3 * site + 2]
    along = 1.0 if move == _STEPPED else 0.0
    for lane in range(len(chains.betas)):
        to_x, to_y, to_z = new[0, lane], new[1, lane], new[2, lane]
        linear = (to_x - x[lane]) * c[0, lane] + (to_y - y[lane]) * c[1, lane] + (to_z - z[lane]) * c[2, lane]
        curved = curved_value(c, lane, (to_x, to_y, to_z)) - curved_value(c, lane, (x[lane], y[lane], z[lane]))
        new[3, lane] = chains.betas[lane] * (along * linear + curved)
    for lane in range(len(chains.betas)):
        taken = numbers[3, lane] < exp(min(new[3, lane], 0.0))
        x[lane] = new[0, lane] if taken else x[lane]
        y[lane] = new[1, lane] if taken else y[lane]
        z[lane] = new[2, lane] if taken else z[lane]
        new[3, lane] = 1.0 if taken else 0.0
    if move == _STEPPED:
        for lane in range(len(chains.betas)):
            plain = 1 if numbers[4, lane] < 0.5 else 0
            chains.offered[lane] += plain
            chains.accepted[lane] += plain * int(new[3, lane])


@jit
def sweeps(chains: Chains, law: Monomials, reflected: float, count: int, generator: np.random.Generator) -> None:
    """Move every site of every lane ``count`` times, in place."""
    lanes = len(chains.betas)
    c, new = np.empty((FIELD if law.multilinear else ALL, lanes)), np.empty((4, lanes))
    widest = np.max(np.diff(law.colours))
    everything = np.empty((widest, 5, lanes))
    for _ in range(count):
        for colour in range(len(law.colours) - 1):
            first = law.colours[colour]
            numbers = everything[: law.colours[colour + 1] - first]
            move = chosen(law, generator.random(), reflected)
            fill(generator, numbers, law, move)
            for place in range(len(numbers)):
                site = law.sites[first + place]
                write_coefficients(chains.spins, law, first + place, c)
                propose(chains, site, move, c, numbers[place], new)
                if law.multilinear:
                    for k in range(3):
                        chains.spins[3 * site + k] = new[k]
                else:
                    take(chains, site, move, c, numbers[place], new)


@jit
def rounds(
    chains: Chains,
    law: Monomials,
    each_once: Monomials,
    ladder: Ladder,
    reflected: float,
    sweeps_of_round: int,
    count: int,
    parity: int,
    generator: np.random.Generator,
) -> None:
    """Move ladders by ``count`` rounds of sweeps and an exchange, the first of ``parity``, as ``tempering.Ladders.advance``."""
    runs, levels = ladder.replica_at.shape
    energies = np.empty(runs * levels)
    for number in range(count):
        sweeps(chains, law, reflected, sweeps_of_round, generator)
        if levels == 1:
            continue
        write_energies(chains.spins, each_once, energies)
        for run in range(runs):
            first, replica_at = run * levels, ladder.replica_at[run]
            own = energies[first : first + levels]
            swap(own, ladder.betas, replica_at, (parity + number) % 2, ladder.attempts, ladder.accepts, generator)
            for level in range(levels):
                lane = first + replica_at[level]
                chains.betas[lane], chains.steps[lane] = ladder.betas[level], ladder.steps[level]
