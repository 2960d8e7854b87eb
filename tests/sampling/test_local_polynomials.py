"""The compiled moves make those of NumPy, which are for any terms: the same random numbers give the same spins, to rounding.

Seeds are fixed. Rounding grows from sweep to sweep, so that few sweeps are compared.
"""

import attrs
import numpy as np
import pytest

from paper_repro.physics.geometry import Geometry
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import AnisotropicExchange, Anisotropy, Biquadratic, BondProduct, Chirality, Exchange, Power, Terms
from paper_repro.physics.terms.own import own_term
from paper_repro.physics.truth import Truth
from paper_repro.sampling.local_polynomials import lane_last
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.moves import Lanes, sweep
from paper_repro.sampling.tempering import temper
from tests.sampling.test_tempering import EVERYTHING, LAWS, WEIGHTS

WORD, LANES = "ABBABAAB", 13


MIXTURES = {name: law for name, law in LAWS.items() if name != "of degree 3"} | {
    "everything": (EVERYTHING.terms, WEIGHTS),
    "one pair, many terms": (
        [Exchange("J", 1), *(AnisotropicExchange(f"M{k}", 1, component=k) for k in range(5)), Chirality("χ")],
        [1.0, 0.3, -0.4, 0.2, 0.5, -0.1, 0.7],
    ),
    "no linear term, of three spins": ([BondProduct("P"), Anisotropy("A", 3), Biquadratic("B", 2)], [0.8, 0.4, -0.3]),
    "no coupling": ([Exchange("J", 1), Biquadratic("B", 2)], [0.0, 0.0]),
    "field of nothing": ([Anisotropy("A", 0, 1)], [1.0]),
}  # fmt: skip


@attrs.frozen(eq=False)
class Plain(LocalTerms):
    """Terms that are left to NumPy, whatever they are."""

    monomials = None
    energy_monomials = None


def law_of(name, geometry, scale=1.0, change=0.0):
    terms, couplings = MIXTURES[name]
    law = Truth(Terms(terms, "AB"), np.array(couplings) * (1 + change), 1.0).on(geometry, WORD)
    return attrs.evolve(law, terms=attrs.evolve(law.terms, scale=scale))


def moved(local, sweeps=2, stored=np.copy, dtype=np.float64):
    """Lanes after some sweeps, and the next number of their generator."""
    start, generator = np.random.default_rng(5), np.random.default_rng(1)
    spins = normalise(start.standard_normal((LANES, len(WORD), 3))).astype(dtype)
    zero = np.zeros(LANES, dtype=np.int64)
    lanes = Lanes(stored(spins), start.uniform(0.1, 3.0, LANES), start.uniform(0.1, 1.0, LANES), zero, zero.copy())
    for _ in range(sweeps):
        sweep(lanes, local, generator)
    return lanes, generator.random()


@pytest.mark.parametrize("geometry", [Geometry.open_chain(8), Geometry.periodic_chain(8)], ids=["open", "ring"])
@pytest.mark.parametrize("name", MIXTURES)
def test_the_compiled_moves_are_those_of_numpy(name, geometry):
    """To 1e-10 after up to five sweeps.

    Couplings larger by a factor of 1 + 1e-6 give other spins; by 1.3 where they decide on acceptance alone.
    """
    law = law_of(name, geometry, scale=1.3)
    assert LocalTerms(law).monomials is not None
    for sweeps in (1, 2, 5):
        (one, after), (other, also) = moved(LocalTerms(law), sweeps), moved(Plain(law), sweeps)
        np.testing.assert_allclose(one.spins, other.spins, rtol=0, atol=1e-10)
        assert (one.accepted.tolist(), one.offered.tolist(), after) == (other.accepted.tolist(), other.offered.tolist(), also)
    larger = law_of(name, geometry, scale=1.3, change=1e-6 if LocalTerms(law).has_linear else 0.3)
    assert name == "no coupling" or np.abs(moved(LocalTerms(larger), 5)[0].spins - other.spins).max() > 1e-7
    np.testing.assert_allclose(LocalTerms(law).energies(one.spins), law.energy(one.spins), rtol=0, atol=1e-12)


def test_many_sweeps_are_one_after_another_however_spins_are_stored():
    local = LocalTerms(law_of("mixed", Geometry.open_chain(8)))
    whole, generator = moved(local, 0)[0], np.random.default_rng(1)
    sweep(whole, local, generator, count=3)
    for stored in (np.copy, lane_last):
        lanes, _ = moved(local, 3, stored)
        assert np.array_equal(lanes.spins, whole.spins)
    single, _ = moved(local, 1, dtype=np.float32)
    assert single.spins.dtype == np.float32
    np.testing.assert_allclose(single.spins, moved(local, 1)[0].spins, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["multilinear", "mixed"])
def test_replica_exchange_is_that_of_numpy(name):
    law, ladder = law_of(name, Geometry.open_chain(8)), np.array([0.4, 0.7, 1.5])
    found = []
    for local in (LocalTerms(law), Plain(law)):
        generator = np.random.default_rng(2)
        made = temper(local, ladder, np.array([0.3, 0.5, 0.8]), runs=3, each=2, burn_in=2, thinning=1, generator=generator)
        found.append((made, generator.random()))
    (one, after), (other, also) = found
    np.testing.assert_allclose(one.spins, other.spins, rtol=0, atol=1e-9)
    assert (one.attempts.tolist(), one.accepts.tolist(), after) == (other.attempts.tolist(), other.accepts.tolist(), also)
    assert one.accepts.sum() > 0


def test_powers_and_own_functions_are_left_to_numpy():
    """Values at points do not show what a user's function is between them."""
    chain = Geometry.open_chain(8)
    for term in (Power("p", 1, component=0), own_term("z", lambda spins: spins[..., 0, 2] ** 2, [[0], [3]])):
        law = Truth(Terms([Exchange("J", 1), BondProduct("P"), term], "A"), np.array([1.0, 0.3, 0.4]), 1.0).on(chain, 8 * "A")
        local = LocalTerms(law)
        assert local.monomials is None
        lanes, _ = moved(local)
        np.testing.assert_array_equal(local.energies(lanes.spins), law.energy(lanes.spins))
    zero = Truth(Terms([Exchange("J", 1), Power("p", 1, component=0)], "A"), np.array([1.0, 0.0]), 1.0).on(chain, 8 * "A")
    assert LocalTerms(zero).monomials is not None
