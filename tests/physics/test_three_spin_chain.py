"""The exact solution of any rotation-invariant terms on three consecutive spins: against quadrature on the spheres, the solution of
pure exchange, its own derivatives, closed forms, and its own samples.

Statistical tests have fixed seeds. A standard score is refused beyond 4.5: for all of this module, some 120 of them, a false alarm
of 1e-3 at most. Of a mean of 6,000 snapshots the smallest error that is noticed is 6 % of the standard deviation of one.
"""

import functools
import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from paper_repro.physics.exact import ExactChain, has_exact_solution
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Biquadratic, BondProduct, Chirality, Exchange, Terms
from paper_repro.physics.terms.field import field_terms
from paper_repro.physics.terms.own import own_term
from paper_repro.physics.three_spin_chain import ThreeSpinChain
from paper_repro.physics.truth import Truth
from tests.support.brute_force import averages

LIMIT = 4.5


AA, AB, BB = (0, 0), (0, 1), (1, 1)
LIBRARY = Terms(
    [
        Exchange("J AA", 1, AA), Exchange("J AB", 1, AB), Exchange("J BB", 1, BB), Exchange("K", 2), Biquadratic("B AB", 1, AB),
        Biquadratic("C", 2), BondProduct("P"), Chirality("χ"),
    ],
    "AB",
)  # fmt: skip
COUPLINGS = np.array([1.0, 0.8, 0.5, -0.4, 0.5, -0.3, 0.25, 0.6])


def law(word, couplings=COUPLINGS, beta=1.0, **more):
    truth = Truth(LIBRARY, couplings, beta).on(Geometry.open_chain(len(word)), word)
    return ThreeSpinChain(truth.terms, truth.couplings, beta, **more)


# ---------------------------------------------------------------- values


def brute_force_errors(made, word, beta, nodes):
    """Of ln Z, of the means of the terms and of the end-to-end correlation."""
    ln_z, means, ends = reference(word, beta, nodes)
    return [abs(made.ln_z - ln_z), np.abs(made.means() - means).max(), abs(made.correlations()[0, -1] - ends)]


@functools.cache
def reference(word, beta, nodes):
    return averages(Truth(LIBRARY, COUPLINGS, beta).on(Geometry.open_chain(len(word)), word), beta, nodes)


CASES = [("AB", 3.0, 40), ("ABB", 2.0, 34), ("BAAB", 0.6, 15)]


@pytest.mark.parametrize(("word", "beta", "nodes"), CASES)
def test_against_quadrature_on_the_spheres(word, beta, nodes):
    assert max(brute_force_errors(law(word, beta=beta), word, beta, nodes)) < 1e-10


@pytest.mark.parametrize("term", range(len(LIBRARY)))
def test_a_coupling_of_the_wrong_sign_is_noticed(term):
    """The broken twins: each family, with the sign of its coupling changed."""
    wrong = COUPLINGS.copy()
    wrong[term] *= -1
    errors = [max(brute_force_errors(law(word, wrong, beta), word, beta, nodes)) for word, beta, nodes in CASES]
    assert max(errors) > 1e-3


def test_pure_exchange_is_the_solution_of_the_coupling_matrix(hamiltonian):
    for word, beta in (("ABBABAABBABABBAAB", 20.0), ("AABAB", 100.0), ("A", 2.0), ("AB", 0.7)):
        truth = Truth.of(hamiltonian, beta)
        bound = truth.on(Geometry.open_chain(len(word)), word)
        known, made = truth.exact(Geometry.open_chain(len(word)), word), ThreeSpinChain(bound.terms, bound.couplings, beta)
        assert isinstance(known, ExactChain)
        assert made.ln_z == pytest.approx(known.ln_z, rel=1e-12)
        assert made.mean_energy == pytest.approx(known.mean_energy, rel=1e-12, abs=1e-12)
        assert made.heat_capacity == pytest.approx(known.heat_capacity, rel=1e-8)
        np.testing.assert_allclose(made.correlations(), known.correlations(), rtol=0, atol=1e-12)


def test_two_spins_with_a_biquadratic_term():
    terms = Terms([Exchange("J", 1), Biquadratic("B", 1)], "A")
    bound = terms.on(Geometry.open_chain(2), "AA")
    made = ThreeSpinChain(bound, np.array([0.7, -1.9]), 5.0)
    z, _ = quad(lambda u: math.exp(3.5 * u - 9.5 * u**2), -1, 1, epsabs=0, epsrel=1e-13)
    mean, _ = quad(lambda u: u**2 * math.exp(3.5 * u - 9.5 * u**2), -1, 1, epsabs=0, epsrel=1e-13)
    assert made.ln_z == pytest.approx(math.log(8 * math.pi**2 * z), abs=1e-12)
    assert made.means()[1] == pytest.approx(mean / z, abs=1e-12)


def test_a_term_of_ones_own_of_which_only_the_function_is_given():
    """(S_1·S_3)³ e^{S_1·S_2}, which is no polynomial; and sites that are far apart, as numbers that a short chain has not."""
    own = own_term(
        "own", lambda s: (s[..., 0, :] * s[..., 2, :]).sum(-1) ** 3 * np.exp((s[..., 0, :] * s[..., 1, :]).sum(-1)),
        lambda geometry: geometry.runs(3), rotation_invariant=True,
    )  # fmt: skip
    truth = Truth(Terms([Exchange("J", 1), own], "A"), np.array([0.5, 0.8]), 1.2)
    made, geometry = truth.exact(Geometry.open_chain(3), "AAA"), Geometry.open_chain(3)
    ln_z, means, ends = averages(truth.on(geometry, "AAA"), 1.2, 30)
    assert made.ln_z == pytest.approx(ln_z, abs=1e-10)
    np.testing.assert_allclose(made.means(), means, rtol=0, atol=1e-10)
    assert made.correlations()[0, 2] == pytest.approx(ends, abs=1e-10)
    far = own_term("far", lambda s: (s[..., 0, :] * s[..., 1, :]).sum(-1), [[0, 63]], rotation_invariant=True)
    assert not has_exact_solution(Terms([far], "A"), Geometry.open_chain(64))


@pytest.mark.parametrize("beta", [0.5, 10.0])
def test_energy_and_heat_capacity_are_derivatives_of_ln_z(beta):
    step, word = 1e-3 * beta, "ABBABAB"
    at = {k: law(word, beta=beta + k * step) for k in (-2, -1, 1, 2)}

    def slope(of):
        return (8 * (of(at[1]) - of(at[-1])) - of(at[2]) + of(at[-2])) / (12 * step)

    made = law(word, beta=beta)
    assert made.mean_energy == pytest.approx(-slope(lambda one: one.ln_z), rel=1e-8)
    assert made.heat_capacity == pytest.approx(-(beta**2) * slope(lambda one: one.mean_energy), rel=1e-7)
    assert made.energy_deviation == pytest.approx(math.sqrt(made.heat_capacity) / beta)
    assert made.mean_energy == pytest.approx(-COUPLINGS @ made.means(), rel=1e-11)


def test_the_nodes_that_are_chosen_are_enough():
    chosen, many = law("ABBABAB", beta=20.0), law("ABBABAB", beta=20.0, nodes=224)
    assert chosen.ln_z == pytest.approx(many.ln_z, rel=1e-12)
    np.testing.assert_allclose(chosen.means(), many.means(), rtol=0, atol=1e-11)
    assert law("ABBABAB", beta=20.0, nodes=8).ln_z != pytest.approx(many.ln_z, rel=1e-9)


def test_a_mirrored_chain_has_the_opposite_chirality():
    mirrored = COUPLINGS * np.where(np.arange(8) == 7, -1, 1)
    one, other = law("ABBA", beta=2.0), law("ABBA", mirrored, beta=2.0)
    assert one.ln_z == pytest.approx(other.ln_z, rel=1e-13)
    assert one.means()[7] > 0.1
    np.testing.assert_allclose(one.means()[7], -other.means()[7], rtol=1e-11)


# ---------------------------------------------------------------- samples


def scores(made, spins):
    """Standard scores of the means of the terms, and of the variance of the energy."""
    values = made.terms.values(spins)
    deviations = (made.couplings @ (values - made.means()).T) ** 2
    spread = (deviations.mean() - made.energy_deviation**2) / deviations.std() * math.sqrt(len(spins))
    return np.append((values.mean(0) - made.means()) / values.std(0, ddof=1) * math.sqrt(len(spins)), spread)


@functools.cache
def drawn(beta):
    return law("ABBABAABB", beta=beta).sample(6000, np.random.default_rng(1))


@pytest.mark.parametrize("beta", [0.8, 12.0])
def test_samples_have_the_exact_means(beta):
    made, spins = law("ABBABAABB", beta=beta), drawn(beta)
    np.testing.assert_allclose(np.linalg.norm(spins, axis=-1), 1, rtol=0, atol=1e-14)
    assert np.abs(scores(made, spins)).max() < LIMIT
    products = np.einsum("nic,njc->nij", spins, spins)[:, *np.triu_indices(9, 1)]
    expected = made.correlations()[np.triu_indices(9, 1)]
    assert np.abs((products.mean(0) - expected) / products.std(0) * math.sqrt(len(spins))).max() < LIMIT


@pytest.mark.parametrize("term", range(len(LIBRARY)))
def test_samples_of_another_law_are_noticed(term):
    """The broken twins: one coupling off by 0.3; and snapshots that are mirrored."""
    wrong = COUPLINGS.copy()
    wrong[term] += 0.3
    assert np.abs(scores(law("ABBABAABB", wrong, 0.8), drawn(0.8))).max() > LIMIT
    assert np.abs(scores(law("ABBABAABB", beta=0.8), -drawn(0.8))[:-1]).max() > 3 * LIMIT


@pytest.mark.parametrize("beta", [0.8, 12.0])
def test_frames_are_uniform(beta):
    """Each of six components of two vectors of the frame is uniform on [-1, 1]; those of S_N too. p > 1e-4 for each of nine."""
    spins = drawn(beta)
    normals = np.cross(spins[:, 0], spins[:, 1])
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    for vectors in (spins[:, 0], normals, spins[:, -1]):
        for component in vectors.T:
            assert stats.kstest(component, stats.uniform(-1, 2).cdf).pvalue > 1e-4
    tilted = spins[:, 0] * np.array([1.0, 1.0, 0.9])
    assert stats.kstest(tilted[:, 2], stats.uniform(-1, 2).cdf).pvalue < 1e-4


def test_samples_are_of_the_exact_law_number_by_number():
    """The same uniform numbers give the same snapshots with series of any length: inversion, not a table."""
    chosen = law("ABBAB", beta=12.0).sample(300, np.random.default_rng(2))
    many = law("ABBAB", beta=12.0, nodes=192).sample(300, np.random.default_rng(2))
    few = law("ABBAB", beta=12.0, nodes=24).sample(300, np.random.default_rng(2))
    assert np.abs(chosen - many).max() < 1e-8
    assert np.abs(few - many).max() > 1e-5
    bound = Terms([Exchange("J", 1)], "A").on(Geometry.open_chain(2), "AA")
    pair = ThreeSpinChain(bound, np.array([1.0]), 20.0).sample(700, np.random.default_rng(5))
    uniform = np.random.default_rng(5).random((512, 2, 2))[:, 1, 0]
    cosine = (pair[:512, 0] * pair[:512, 1]).sum(-1)
    assert np.abs(np.expm1(20 * (cosine + 1)) / np.expm1(40) - uniform).max() < 1e-10


# ---------------------------------------------------------------- what is refused


def test_what_has_no_exact_solution_is_said(hamiltonian):
    geometry = Geometry.open_chain(4)

    def exact(terms, couplings, beta=1.0):
        return Truth(terms, np.array(couplings), beta).exact(geometry, "ABBA")

    assert isinstance(exact(LIBRARY, COUPLINGS), ThreeSpinChain)
    for more in ([Exchange("far", 3)], field_terms()[:1]):
        with pytest.raises(ValueError, match="no exact solution of these terms; expected rotation-invariant terms on up to three"):
            exact(LIBRARY.with_terms(more), [*COUPLINGS, 0.1])
    with pytest.raises(ValueError, match=r"temperature 0.0001; expected at least 0.00\d+, below which the Boltzmann factors"):
        exact(LIBRARY, COUPLINGS, 1e4)
    far = Terms([Exchange("far", 3)], "A").on(geometry, "AAAA")
    with pytest.raises(ValueError, match="far on 4 consecutive sites; expected at most 3"):
        _ = ThreeSpinChain(far, np.ones(1), 1.0).ln_z
    with pytest.raises(ValueError, match=r"couplings \[nan\] of 1 terms; expected a finite number for each"):
        ThreeSpinChain(far, np.array([math.nan]), 1.0)
    with pytest.raises(ValueError, match="beta = -1; expected a finite inverse temperature ≥ 0"):
        ThreeSpinChain(far, np.ones(1), -1)
