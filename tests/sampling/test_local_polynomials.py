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
from paper_repro.sampling.tempering import temper, tuned_steps
from tests.sampling.test_tempering import EVERYTHING, LAWS, WEIGHTS

WORD, LANES = "ABBABAAB", 13


def squares(spins):
    """A function with monomials of six factors: (S_1·S_2)² (S_3·S_4)² and a part that is odd."""
    first, second = ((spins[..., k, :] * spins[..., k + 1, :]).sum(-1) for k in (0, 2))
    return first**2 * second**2 + 0.3 * first * second**2


FOUR = own_term("squares", squares, lambda geometry: geometry.runs(4), rotation_invariant=True)
MIXTURES = {name: law for name, law in LAWS.items() if name != "of degree 3"} | {
    "everything": (EVERYTHING.terms, WEIGHTS),
    "one pair, many terms": (
        [Exchange("J", 1), *(AnisotropicExchange(f"M{k}", 1, component=k) for k in range(5)), Chirality("χ")],
        [1.0, 0.3, -0.4, 0.2, 0.5, -0.1, 0.7],
    ),
    "many factors": ([Exchange("J", 1), FOUR, Anisotropy("A", 3)], [0.7, 0.6, 0.4]),
    "no linear term, odd ones": ([FOUR, Biquadratic("B", 2)], [0.8, -0.3]),
    "field of nothing": ([Anisotropy("A", 0, 1)], [1.0]),
}  # fmt: skip


@attrs.frozen(eq=False)
class Plain(LocalTerms):
    """Terms that are left to NumPy, whatever they are."""

    monomials = None
    energy_monomials = None


def law_of(name, geometry, scale=1.0, change=0.0):
    terms, couplings = MIXTURES[name]
    law = Truth(Terms(terms, "AB"), np.array(couplings) + change, 1.0).on(geometry, WORD)
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
    """To 1e-10 after two sweeps in every order of moves; couplings that are 1e-6 larger give other spins."""
    law = law_of(name, geometry, scale=1.3)
    assert LocalTerms(law).monomials is not None
    for sweeps in (1, 2, 5):
        (one, after), (other, also) = moved(LocalTerms(law), sweeps), moved(Plain(law), sweeps)
        np.testing.assert_allclose(one.spins, other.spins, rtol=0, atol=1e-10)
        assert (one.accepted.tolist(), one.offered.tolist(), after) == (other.accepted.tolist(), other.offered.tolist(), also)
    changed, _ = moved(LocalTerms(law_of(name, geometry, scale=1.3, change=1e-6)), 5)
    if LocalTerms(law).has_linear:
        assert np.abs(changed.spins - other.spins).max() > 1e-7
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
        steps = tuned_steps(local, ladder, 1, np.random.default_rng(3)) if name == "multilinear" else np.array([0.3, 0.5, 0.8])
        made = temper(local, ladder, steps, runs=3, each=2, burn_in=2, thinning=1, generator=generator)
        found.append((made, generator.random()))
    (one, after), (other, also) = found
    np.testing.assert_allclose(one.spins, other.spins, rtol=0, atol=1e-9)
    assert (one.attempts.tolist(), one.accepts.tolist(), after) == (other.attempts.tolist(), other.accepts.tolist(), also)
    assert one.accepts.sum() > 0


def test_terms_that_are_no_such_polynomials_are_left_to_numpy():
    chain = Geometry.open_chain(8)
    for term in (Power("p", 1, component=0), own_term("e", lambda spins: np.exp(spins[..., 0, 2]), [[0], [3]])):
        law = Truth(Terms([Exchange("J", 1), BondProduct("P"), term], "A"), np.array([1.0, 0.3, 0.4]), 1.0).on(chain, 8 * "A")
        local = LocalTerms(law)
        assert local.monomials is None
        lanes, _ = moved(local)
        np.testing.assert_array_equal(local.energies(lanes.spins), law.energy(lanes.spins))
    zero = Truth(Terms([Exchange("J", 1), Power("p", 1, component=0)], "A"), np.array([1.0, 0.0]), 1.0).on(chain, 8 * "A")
    assert LocalTerms(zero).monomials is not None
