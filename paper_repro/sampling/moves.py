"""Monte Carlo moves of any law: each site once, the sites of a colour together, all lanes at once.

The multilinear terms give each spin a field h. A spin is drawn from the heat bath of h, or reflected about h: where all terms are
multilinear both are always taken. Where some are not, both are proposals, which these terms accept or not, and the third move is a
Gaussian step, which all terms accept or not. Which move a colour makes is a coin that all lanes share.
"""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.jit import jit
from paper_repro.physics.sphere import normalise
from paper_repro.physics.von_mises_fisher import draw
from paper_repro.sampling.kernels import over_relaxation
from paper_repro.sampling.local_polynomials import rows_of
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.polynomial_kernels import Chains, sweeps


@jit
def heat_bath(fields: Floats, uniforms: Floats, drawn: Floats) -> None:
    """Fill ``drawn`` (draw, 3) with spins from p(S) ∝ e^{f·S}, f = βh being ``fields`` (draw, 3), from two uniform numbers each."""
    for j in range(len(fields)):
        x, y, z = draw((fields[j, 0], fields[j, 1], fields[j, 2]), uniforms[j, 0], uniforms[j, 1])
        drawn[j, 0], drawn[j, 1], drawn[j, 2] = x, y, z


@jit
def reflect(spins: Floats, fields: Floats, turned: Floats) -> None:
    """Fill ``turned`` (draw, 3) with ``spins`` turned by π about ``fields``: S·h stays, and the move is its own inverse."""
    for j in range(len(fields)):
        spin, field = (spins[j, 0], spins[j, 1], spins[j, 2]), (fields[j, 0], fields[j, 1], fields[j, 2])
        x, y, z = over_relaxation(spin, field)
        turned[j, 0], turned[j, 1], turned[j, 2] = x, y, z


@attrs.frozen(eq=False)
class Lanes:
    """Markov chains: their ``spins`` (lane, site, 3), changed in place, and of each the inverse temperature and the step (lane,).

    ``accepted`` and ``offered`` (lane,) count the Gaussian steps.
    """

    spins: Floats
    betas: Floats
    steps: Floats
    accepted: Integers
    offered: Integers

    @property
    def chains(self) -> Chains:
        """The same for compiled kernels; the spins are a copy where they are not stored by lane."""
        return Chains(rows_of(self.spins), self.betas, self.steps, self.accepted, self.offered)

    def put_back(self, chains: Chains) -> None:
        """Take the spins of ``chains`` where they are a copy."""
        if not np.may_share_memory(chains.spins, self.spins):
            self.spins[:] = chains.spins.reshape(*self.spins.shape[1:], -1).transpose(2, 0, 1)


def sweep(lanes: Lanes, local: LocalTerms, generator: np.random.Generator, reflected: float = 0.5, count: int = 1) -> None:
    """Move every site of every lane ``count`` times, in place.

    Of heat baths and reflections a share of ``reflected`` are reflections. Where all terms are polynomials of degree 1
    or 2 in each spin, a compiled kernel makes the same moves, with the same random numbers.
    """
    if local.monomials is None:
        for _ in range(count):
            plain_sweep(lanes, local, generator, reflected)
        return
    chains = lanes.chains
    sweeps(chains, local.monomials, reflected, count, generator)
    lanes.put_back(chains)


def plain_sweep(lanes: Lanes, local: LocalTerms, generator: np.random.Generator, reflected: float = 0.5) -> None:
    """Move every site of every lane once, in place, whatever the terms."""
    for colour, sites in enumerate(local.colours):
        coin = generator.random()
        if local.multilinear:
            lanes.spins[:, sites] = _proposed(lanes, local, colour, generator, drawn=coin < 1 - reflected)
        elif local.has_linear and coin < 2 / 3:
            proposed = _proposed(lanes, local, colour, generator, drawn=coin < (1 - reflected) * 2 / 3)
            _accept(lanes, local, colour, proposed, np.zeros(proposed.shape[:2]), generator)
        else:
            _step(lanes, local, colour, generator)


def _proposed(lanes: Lanes, local: LocalTerms, colour: int, generator: np.random.Generator, *, drawn: bool) -> Floats:
    """Return the spins of a colour (lane, site, 3) from the heat bath of the multilinear terms, or reflected."""
    fields = local.fields(lanes.spins, colour)
    flat, new = fields.reshape(-1, 3), np.empty(fields.shape)
    if drawn:
        heat_bath((fields * lanes.betas[:, None, None]).reshape(-1, 3), generator.random((len(flat), 2)), new.reshape(-1, 3))
    else:
        reflect(lanes.spins[:, local.colours[colour]].reshape(-1, 3), flat, new.reshape(-1, 3))
    return new


def _step(lanes: Lanes, local: LocalTerms, colour: int, generator: np.random.Generator) -> None:
    """Offer each site of a colour a Gaussian step, put back on the sphere: as likely there as back.

    Where no term is linear in each spin, half of the steps start from -S, since most such terms are even in one spin or another.
    """
    before = lanes.spins[:, local.colours[colour]]
    plain = np.ones(before.shape[:2], dtype=np.bool_) if local.has_linear else generator.random(before.shape[:2]) < 0.5
    start = np.where(plain[..., None], before, -before)
    proposed = normalise(start + lanes.steps[:, None, None] * generator.standard_normal(before.shape))
    gain = ((proposed - before) * local.fields(lanes.spins, colour)).sum(-1)
    taken = _accept(lanes, local, colour, proposed, gain, generator)
    lanes.accepted[:] += (taken & plain).sum(1)
    lanes.offered[:] += plain.sum(1)


def _accept(
    lanes: Lanes, local: LocalTerms, colour: int, proposed: Floats, gain: Floats, generator: np.random.Generator
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Take each of ``proposed`` (lane, site, 3) with probability min(1, e^{β (gain - ΔE)}), ΔE of the terms not multilinear."""
    sites = local.colours[colour]
    before, energies = lanes.spins[:, sites].copy(), local.curved_energies(lanes.spins, colour)
    lanes.spins[:, sites] = proposed
    exponent = lanes.betas[:, None] * (gain + energies - local.curved_energies(lanes.spins, colour))
    taken = generator.random(exponent.shape) < np.exp(np.minimum(exponent, 0.0))
    lanes.spins[:, sites] = np.where(taken[..., None], proposed, before)
    return taken
