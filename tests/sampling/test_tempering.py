"""Sampling of any terms: fields, colours, and moves that leave exact laws as they are; replica exchange from random starts.

Exact snapshots are moved a few times and must still be of the exact law: a standard score of a mean is refused beyond 4.5, some 40
of them in all, a false alarm of 3e-4. Of 5,000 snapshots the smallest error that is noticed is 6 % of the deviation of one.
"""

import functools

import attrs
import numpy as np
import pytest

from paper_repro.physics.geometry import Geometry
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import (
    Anisotropy,
    Biquadratic,
    BondProduct,
    Chirality,
    DzyaloshinskiiMoriya,
    Exchange,
    Field,
    FourSpin,
    Power,
    Terms,
)  # fmt: skip
from paper_repro.physics.truth import Truth
from paper_repro.sampling import moves
from paper_repro.sampling.engines import AnyTerms, CompiledExchange, Plan, engine_for
from paper_repro.sampling.ladder import temperatures_for
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.moves import Lanes, sweep
from paper_repro.sampling.tempering import temper, tuned_steps

LIMIT, COUNT = 4.5, 5000
CHAIN, WORD = Geometry.open_chain(5), "ABBAB"
LAWS = {
    "multilinear": ([Exchange("J", 1, (0, 1)), Exchange("JB", 1, (1, 1)), Exchange("K", 2), Chirality("χ")], [1.0, 0.5, -0.4, 0.6]),
    "mixed": ([Exchange("J", 1), Biquadratic("B", 1, (1, 1)), Biquadratic("C", 2), BondProduct("P")], [0.6, 0.5, -0.3, 0.4]),
    "no linear term": ([Biquadratic("B", 1), BondProduct("P")], [0.8, 0.5]),
    "of degree 3": ([Exchange("J", 1), Biquadratic("B", 1), Power("p", 1, component=0)], [0.6, 0.4, 0.5]),
}


def truth(name, beta=2.0):
    terms, couplings = LAWS[name]
    return Truth(Terms(terms, "AB"), np.array(couplings), beta)


@functools.cache
def exact_start(name):
    return truth(name).exact(CHAIN, WORD).sample(COUNT, np.random.default_rng(3))


def scores(name, local, between=lambda lanes, number: None, beta=2.0):
    """Standard scores of the means of the terms after sweeps from exact snapshots; ``between`` is called before each sweep."""
    zero = np.zeros(COUNT, dtype=np.int64)
    lanes = Lanes(exact_start(name).copy(), np.full(COUNT, beta), np.full(COUNT, 0.7), zero, zero.copy())
    generator = np.random.default_rng(7)
    for number in range(6):
        between(lanes, number)
        sweep(lanes, local, generator)
    assert np.abs(lanes.spins - exact_start(name)).max() > 1
    np.testing.assert_allclose(np.linalg.norm(lanes.spins, axis=-1), 1, atol=1e-12)
    law = truth(name).on(CHAIN, WORD)
    values = law.terms.values(lanes.spins)
    return np.abs(values.mean(0) - truth(name).exact(CHAIN, WORD).means()) / (values.std(0, ddof=1) / np.sqrt(COUNT))


@pytest.mark.parametrize("name", LAWS)
def test_the_moves_leave_the_law_as_it_is(name):
    local = LocalTerms(truth(name).on(CHAIN, WORD))
    assert (local.monomials is None) == (name == "of degree 3")  # which NumPy moves
    assert scores(name, local).max() < LIMIT


@pytest.mark.parametrize("name", LAWS)
def test_fields_of_the_wrong_sign_are_noticed(name):
    """The broken twin; of terms that are not multilinear their energies have the wrong sign."""
    law = truth(name).on(CHAIN, WORD)
    assert scores(name, LocalTerms(attrs.evolve(law, couplings=-law.couplings))).max() > 3 * LIMIT


def test_another_temperature_is_noticed():
    assert scores("mixed", LocalTerms(truth("mixed").on(CHAIN, WORD)), beta=1.7).max() > LIMIT


def test_steps_that_are_tuned_for_ever_are_noticed():
    """The broken twin: each chain's step follows its own state, narrow in the wells, where wide steps are refused."""
    law = truth("no linear term").on(CHAIN, WORD)

    def tune(lanes, number):
        energies = law.energy(lanes.spins)
        lanes.steps[:] = np.where(energies < np.median(energies), 0.2, 1.5)

    local = LocalTerms(truth("no linear term").on(CHAIN, WORD))
    assert scores("no linear term", local, tune).max() > LIMIT


@attrs.frozen
class Stepped(Exchange):
    """Exchange that does not say that it is multilinear, so that it is sampled by Metropolis."""

    multilinear = False


def test_metropolis_and_heat_bath_agree():
    """On one law, from random starts, and against the exact one."""
    found = {}
    for kind in (Exchange, Stepped):
        law = Truth(Terms([kind("J", 1), kind("K", 2)], "A"), np.array([1.0, -0.4]), 3.0).on(CHAIN, "AAAAA")
        local, ladder = LocalTerms(law), np.array([1 / 3, 0.8])
        assert local.multilinear == (kind is Exchange)
        generator = np.random.default_rng(5)
        steps = tuned_steps(local, ladder, 40, generator)
        made = temper(local, ladder, steps, runs=1200, each=1, burn_in=25, thinning=1, generator=generator)
        assert 0.2 < made.accepts.sum() / made.attempts.sum() < 0.9
        found[kind] = law.terms.values(made.spins[:, 0])
    exact = Truth(Terms([Exchange("J", 1), Exchange("K", 2)], "A"), np.array([1.0, -0.4]), 3.0).exact(CHAIN, "AAAAA")
    for values in found.values():
        errors = values.std(0, ddof=1) / np.sqrt(len(values))
        energies = -values @ np.array([1.0, -0.4])
        assert abs(energies.mean() - exact.mean_energy) < LIMIT * energies.std(ddof=1) / np.sqrt(len(values))
        assert np.abs(values.mean(0) - found[Exchange].mean(0)).max() < LIMIT * np.sqrt(2) * errors.max()


def test_steps_are_found_once_and_fixed():
    local, ladder = LocalTerms(truth("no linear term").on(CHAIN, WORD)), np.array([0.2, 0.5, 1.0])
    steps = tuned_steps(local, ladder, 30, np.random.default_rng(1))
    assert 0.05 < steps[0] < steps[1] <= steps[2]  # the colder, the narrower
    generator, lanes = np.random.default_rng(2), 2000
    zero = np.zeros(lanes, dtype=np.int64)
    start = truth("no linear term", 5.0).exact(CHAIN, WORD).sample(lanes, generator)
    state = Lanes(start, np.full(lanes, 5.0), np.full(lanes, steps[0]), zero, zero.copy())
    for _ in range(3):
        sweep(state, local, generator)
    assert state.accepted.sum() / state.offered.sum() == pytest.approx(0.5, abs=0.1)
    assert (state.steps == steps[0]).all()


# ---------------------------------------------------------------- what a spin feels


EVERYTHING = Terms(
    [
        Exchange("J", 1), Exchange("JA", 2, (0, 1)), Field("h", 2), Field("hB", 0, 1), DzyaloshinskiiMoriya("D", 1, component=1),
        FourSpin("F"), Biquadratic("B", 2), BondProduct("P"), Anisotropy("A", 4, 0), Exchange("off", 3),
    ],
    "AB",
)  # fmt: skip
WEIGHTS = np.array([1.0, 0.7, -0.3, 0.2, 0.5, 0.4, -0.6, 0.3, 0.8, 0.0])


@pytest.mark.parametrize("geometry", [Geometry.open_chain(8), Geometry.periodic_chain(8)], ids=["open", "ring"])
def test_local_energies_are_those_of_the_whole(geometry):
    law = Truth(EVERYTHING, WEIGHTS, 1.0).on(geometry, "ABBABAAB")
    local, generator = LocalTerms(law), np.random.default_rng(4)
    spins = normalise(generator.standard_normal((7, 8, 3)))
    assert sorted(np.concatenate(local.colours)) == list(range(8))
    for colour, sites in enumerate(local.colours):
        for bound in law.terms.terms[:-1]:
            assert np.isin(bound.clusters, sites).sum(1).max() <= 1
        for place, site in enumerate(sites):
            moved = spins.copy()
            moved[:, site] = normalise(generator.standard_normal((7, 3)))
            curved = local.curved_energies(moved, colour)[:, place] - local.curved_energies(spins, colour)[:, place]
            linear = ((moved - spins)[:, site] * local.fields(spins, colour)[:, place]).sum(-1)
            np.testing.assert_allclose(curved - linear, law.energy(moved) - law.energy(spins), rtol=0, atol=1e-12)


def test_the_scale_of_the_ladder_is_the_largest_energy_of_a_spin():
    law = Truth(Terms([Exchange("J", 1), Exchange("K", 2)], "A"), np.array([1.0, -0.45]), 20.0).on(Geometry.open_chain(9), "A" * 9)
    assert LocalTerms(law).largest_energy() == pytest.approx(2.9)
    ladder = temperatures_for(0.05, 2.9, 35)
    assert (ladder[0], ladder[-1]) == pytest.approx((0.05, 2.9))
    assert len(ladder) == 21
    assert temperatures_for(2.0, 2.9, 35).tolist() == [2.0]


# ---------------------------------------------------------------- which sampler


def test_which_sampler_a_law_gets():
    ring = Geometry.periodic_chain(6)

    def engine(*terms, geometry=ring):
        law = Truth(Terms(terms, "A"), np.ones(len(terms)), 1.0).on(geometry, "A" * geometry.sites)
        return engine_for(law, 2.0, (0, 0))

    assert engine(Exchange("J", 1)).name == "heat bath and over-relaxation, compiled"
    assert isinstance(engine(Exchange("J", 1)), CompiledExchange)
    assert engine(FourSpin("F"), Field("h", 0)).name == "heat bath and over-relaxation"
    assert engine(Exchange("J", 1), Biquadratic("B", 1)).name.startswith("Metropolis, heat bath")
    assert engine(Biquadratic("B", 1)).name == "Metropolis"
    assert isinstance(engine(Exchange("J", 1), geometry=Geometry.periodic_chain(300)), AnyTerms)


def test_the_compiled_kernel_and_the_moves_for_any_terms_agree():
    """Exchange on a ring, which has no exact solution: the means of 400 runs each."""
    law = Truth(Terms([Exchange("J", 1), Exchange("K", 2)], "A"), np.array([1.0, -0.4]), 2.0).on(
        Geometry.periodic_chain(7), "A" * 7
    )
    ladder, plan = np.array([0.5, 1.2]), Plan(400, 1, 15, 1, (3, 0, 1))
    found = []
    for engine in (CompiledExchange(law.matrix, ladder), AnyTerms(LocalTerms(law), ladder, np.ones(2))):
        values = law.terms.values(engine.chains(plan, 1, None)[:, 0])
        found.append((values.mean(0), values.var(0, ddof=1) / len(values)))
    (one, one_error), (other, other_error) = found
    assert (np.abs(one - other) / np.sqrt(one_error + other_error)).max() < LIMIT
    assert (np.abs(one - 0.8 * other) / np.sqrt(one_error + other_error)).max() > LIMIT


def test_reflections_and_heat_bath_draws():
    """A reflection keeps S·h and is its own inverse; ⟨cos θ⟩ of the heat bath is that of Langevin."""
    generator = np.random.default_rng(8)
    spins, fields = normalise(generator.standard_normal((300, 3))), generator.standard_normal((300, 3))
    turned, back = np.empty_like(spins), np.empty_like(spins)
    moves.reflect(spins, fields, turned)
    moves.reflect(turned, fields, back)
    np.testing.assert_allclose(((turned - spins) * fields).sum(-1), 0, atol=1e-12)
    np.testing.assert_allclose(back, spins, atol=1e-12)
    moves.heat_bath(np.tile([0.0, 0.0, 3.0], (20000, 1)), generator.random((20000, 2)), drawn := np.empty((20000, 3)))
    assert abs(drawn[:, 2].mean() - (1 / np.tanh(3) - 1 / 3)) < LIMIT * drawn[:, 2].std() / np.sqrt(20000)
