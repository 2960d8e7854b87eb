"""Estimators that know the terms: right on average, as precise as they say, and one of them as precise as can be.

Statistical tests have fixed seeds; each states how often a right estimator would be refused, and what it would notice.
"""

import attrs
import numpy as np
import pytest
from scipy import stats

from paper_repro.analysis import maximum_likelihood as maximum_likelihood_module
from paper_repro.analysis import pseudolikelihood as pseudolikelihood_module
from paper_repro.analysis.basis_fit import least_squares, normal_equations
from paper_repro.analysis.maximum_likelihood import fisher_information, maximum_likelihood, moments
from paper_repro.analysis.pseudolikelihood import conditional, langevin, log_norm, pseudolikelihood
from paper_repro.analysis.sandwich import sandwich
from paper_repro.analysis.score_matching import score_matching
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import adjacency, coupling_matrix, couplings_of, exchange_force
from paper_repro.physics.terms import Biquadratic, Exchange, PairTerm, Terms
from paper_repro.sampling.snapshots import Snapshots

BETA = 3.0
WORLDS, RUNS, SNAPSHOTS = 150, 40, 4
SEQUENCES = 8  # of five runs each: each run is a unit, and what is computed once for each sequence is not computed forty times
ESTIMATORS = {
    "score matching": score_matching,
    "pseudolikelihood": pseudolikelihood,
    "maximum likelihood": maximum_likelihood,
}


def drawn(hamiltonian, generator, sequences=RUNS, snapshots=SNAPSHOTS, sites=(6, 10)):
    samples = []
    for _ in range(sequences):
        codes = generator.integers(0, 2, generator.integers(*sites, endpoint=True))
        law = ExactChain(coupling_matrix(codes, hamiltonian), BETA)
        samples.append(Snapshots.of(law.sample(snapshots, generator), codes))
    return samples


@pytest.fixture(scope="module")
def truth(hamiltonian):
    return BETA * couplings_of(hamiltonian)


@pytest.fixture(scope="module")
def terms(hamiltonian):
    return Terms.of(hamiltonian)


def bound(terms, snapshots):
    return terms.on(snapshots.geometry, snapshots.species)


@pytest.fixture(scope="module")
def worlds(hamiltonian, terms):
    """Estimates and their stated errors (world, term) of each estimator, and the Cramér-Rao bound (world, term)."""
    found = {name: ([], []) for name in ESTIMATORS}
    bounds = []
    runs = np.repeat(np.arange(RUNS // SEQUENCES), SNAPSHOTS)
    for number in range(WORLDS):
        samples = drawn(hamiltonian, np.random.default_rng(number), SEQUENCES, len(runs))
        samples = [attrs.evolve(sample, run=runs) for sample in samples]
        for name, estimator in ESTIMATORS.items():
            estimate = estimator(samples, terms)
            found[name][0].append(estimate.coefficients)
            found[name][1].append(estimate.errors)
        information = fisher_information(samples, BETA * couplings_of(hamiltonian), terms)
        bounds.append(np.sqrt(np.diagonal(np.linalg.inv(information))))
    return {name: (np.array(values), np.array(errors)) for name, (values, errors) in found.items()}, np.array(bounds)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_they_are_right_on_average(worlds, truth, name):
    """The mean over 150 worlds, each term within 4 of its standard errors: a false alarm in 2,600; a bias of 0.33 σ is noticed.

    Maximum and pseudolikelihood are biased by terms of order 1/n, far below that here.
    """
    values, _ = worlds[0][name]
    z = (values.mean(0) - truth) / (values.std(0, ddof=1) / np.sqrt(WORLDS))
    assert np.abs(z).max() < 4


def test_another_truth_would_be_noticed(worlds, truth):
    """The broken twin: β off by 5 %."""
    values, _ = worlds[0]["maximum likelihood"]
    z = (values.mean(0) - 1.05 * truth) / (values.std(0, ddof=1) / np.sqrt(WORLDS))
    assert np.abs(z).max() > 5


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_sandwich_intervals_cover(worlds, truth, name):
    """95 % intervals, Student's for 40 runs, over 900 pairs of world and term: 93 % to 97 % are demanded."""
    values, errors = worlds[0][name]
    half = stats.t.ppf(0.975, RUNS - 1) * errors
    assert 0.93 <= np.mean(np.abs(values - truth) <= half) <= 0.97


def test_intervals_without_the_correlation_of_snapshots_would_not_cover(worlds, truth):
    """The broken twin: errors too small by a factor that a wrong unit of independence makes."""
    values, errors = worlds[0]["score matching"]
    assert np.mean(np.abs(values - truth) <= 1.96 * errors / 1.3) < 0.9


def test_only_maximum_likelihood_reaches_the_cramer_rao_bound(worlds):
    """Variance over worlds against the bound, pooled over terms: its standard error is about 5 %."""
    (found, bounds) = worlds
    efficiency = {name: float(np.mean(bounds**2) / np.mean(values.var(0, ddof=1))) for name, (values, _) in found.items()}
    assert 0.85 < efficiency["maximum likelihood"] < 1.15
    assert efficiency["score matching"] < 0.9
    assert efficiency["pseudolikelihood"] < 0.9


def test_moments_are_those_of_the_exact_solution(hamiltonian, terms, truth):
    generator = np.random.default_rng(1)
    codes = generator.integers(0, 2, 9)
    chain = terms.on(Geometry.open_chain(9), codes)
    ln_z, means, information = moments(chain, truth)
    law = ExactChain(coupling_matrix(codes, hamiltonian), BETA)
    adjacent = adjacency(codes, hamiltonian)
    assert ln_z == pytest.approx(law.ln_z, rel=1e-13)
    assert means == pytest.approx(0.5 * np.einsum("kij,ij->k", adjacent, law.correlations()), abs=1e-10)
    sums = chain.values(law.sample(20_000, generator))
    spread = np.cov(sums.T)
    scale = np.sqrt(np.outer(np.diagonal(information), np.diagonal(information))) + 1e-9
    assert np.abs((information - spread) / scale).max() < 0.05  # 0.7 % standard error; an exchanged term is off by 0.3 and more
    assert np.abs((information - np.diag(np.diagonal(information))) / scale).max() > 0.05  # terms are correlated


def at(sample, terms, theta):
    ((value, gradient, curvature),) = conditional(sample, [slice(0, len(sample))], terms, theta)
    return value, gradient, curvature


@pytest.mark.parametrize("scale", [1.0, 1e-4, 30.0])
def test_gradient_and_curvature_of_the_pseudolikelihood_are_its_derivatives(hamiltonian, terms, truth, scale):
    sample = drawn(hamiltonian, np.random.default_rng(2), 1)[0]
    theta = scale * truth
    _, gradient, curvature = at(sample, terms, theta)
    step = 1e-5 * max(scale, 1e-2)
    for k in range(len(theta)):
        change = step * np.eye(len(theta))[k]
        above, below = (at(sample, terms, theta + sign * change) for sign in (1, -1))
        assert (above[0] - below[0]) / (2 * step) == pytest.approx(gradient[k], rel=1e-6, abs=1e-5)
        assert -(above[1] - below[1]) / (2 * step) == pytest.approx(curvature[k], rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("strength", [1e-3, 0.5, 3.0, 60.0])
def test_the_conditional_law_is_normalised(strength):
    nodes, weights = np.polynomial.legendre.leggauss(200)
    log_integral = np.log(2 * np.pi * (weights @ np.exp(strength * (nodes - 1)))) + strength
    x = np.array([strength])
    assert log_norm(x)[0] == pytest.approx(log_integral, rel=1e-12)
    mean, over, slope = (float(values[0]) for values in langevin(x))
    density = weights * np.exp(strength * (nodes - 1))
    first, second = density @ nodes / density.sum(), density @ nodes**2 / density.sum()
    assert mean == pytest.approx(first, rel=1e-8)
    assert over == pytest.approx(first / strength, rel=1e-8)
    assert slope == pytest.approx(second - first**2, rel=1e-7)


def test_the_divergence_of_the_basis_is_twice_the_bonds(hamiltonian, terms):
    """-∇·G summed over the sphere, by differences along two tangents of every spin."""
    sample = drawn(hamiltonian, np.random.default_rng(3), 1, 1)[0]
    spins, made = sample.spins[0], bound(terms, sample)
    total, step = np.zeros(len(made)), 1e-5
    for site, spin in enumerate(spins):
        first = np.cross(spin, [0.3, -0.5, 0.8])
        first /= np.linalg.norm(first)
        for tangent in (first, np.cross(spin, first)):
            moved = []
            for sign in (1, -1):
                turned = spins.copy()
                turned[site] = np.cos(step) * spin + sign * np.sin(step) * tangent
                moved.append(made.gradients(turned[None])[0, site])
            total -= tangent @ (moved[0] - moved[1]) / (2 * step)
    assert total == pytest.approx(4 * made.total_values(sample.spins, [slice(None)])[0], abs=1e-7)


def test_score_matching_inverts_the_force_that_the_inversion_does(hamiltonian, terms, truth):
    """Its matrix is that of the inversion, which finds the couplings of the exact force on the same data."""
    samples = drawn(hamiltonian, np.random.default_rng(4))

    def force(codes, spins):
        return exchange_force(spins, coupling_matrix(codes, hamiltonian), BETA)

    fit = least_squares(normal_equations(force, samples, terms))
    assert fit.coefficients == pytest.approx(truth, rel=1e-12)
    estimate = score_matching(samples, terms)
    assert np.abs((estimate.coefficients - truth) / estimate.errors).max() < 4


def test_the_sandwich_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(5).standard_normal((30, 1)) * 2
    covariance = sandwich(np.array([[30.0]]), values - values.mean())
    assert covariance[0, 0] == pytest.approx(values.var(ddof=1) / 30)


def test_threads_change_no_byte(hamiltonian, terms):
    samples = drawn(hamiltonian, np.random.default_rng(6))
    for estimator in (pseudolikelihood, maximum_likelihood):
        one, three = (estimator(samples, terms, threads) for threads in (1, 3))
        assert one.coefficients.tobytes() == three.coefficients.tobytes()
        assert one.covariance.tobytes() == three.covariance.tobytes()


def exchange_by_clusters(terms):
    """The same exchange terms in a library that is not exchange alone, so that no product of matrices is taken."""

    @attrs.frozen
    class Plain(PairTerm):
        family = "plain"
        multilinear = True
        rotation_invariant = True
        inversion = 1
        value = Exchange.value
        derivative = Exchange.derivative

    return attrs.evolve(terms, terms=[Plain(t.name, t.bond_class, t.pair) for t in terms.terms])


@pytest.mark.parametrize("name", ["score matching", "pseudolikelihood"])
def test_products_of_matrices_and_sums_over_clusters_give_the_same_estimates(hamiltonian, terms, name):
    samples = drawn(hamiltonian, np.random.default_rng(8), 20)
    one, other = (ESTIMATORS[name](samples, library) for library in (terms, exchange_by_clusters(terms)))
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-10)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_each_run_of_a_record_is_a_unit(hamiltonian, terms, name):
    """Snapshots of one sequence as independent runs give what they give as records of their own."""
    samples = drawn(hamiltonian, np.random.default_rng(9), 12, 6, (9, 10))
    together = [attrs.evolve(sample, run=np.array([4, 4, 1, 1, 1, 7])) for sample in samples]
    apart = [sample.part(rows) for sample in samples for rows in (slice(2, 5), slice(0, 2), slice(5, 6))]
    one, other = (ESTIMATORS[name](data, terms) for data in (together, apart))
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-10)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-8, atol=1e-12)
    coarse = ESTIMATORS[name](samples, terms)
    np.testing.assert_allclose(one.coefficients, coarse.coefficients, rtol=1e-10)
    assert np.abs(coarse.errors / one.errors - 1).max() > 0.01


def test_a_start_far_away_does_not_change_the_maximum(hamiltonian, terms, truth, monkeypatch):
    """From ten standard errors away, through couplings that the exact solution refuses or not."""
    samples = drawn(hamiltonian, np.random.default_rng(10), 20)
    for module, estimator in ((maximum_likelihood_module, maximum_likelihood), (pseudolikelihood_module, pseudolikelihood)):
        near = estimator(samples, terms)
        with monkeypatch.context() as patch:
            patch.setattr(module, "score_matching", lambda *_, near=near: attrs.evolve(near, coefficients=0.2 * truth))
            np.testing.assert_allclose(estimator(samples, terms).coefficients, near.coefficients, rtol=1e-9)


def test_what_cannot_be_estimated_is_said(hamiltonian, terms):
    aligned = [Snapshots.of(np.repeat(np.eye(3)[:, None], 6, axis=1), np.zeros(6, dtype=int))]
    for estimator in ESTIMATORS.values():
        with pytest.raises(ValueError, match="act nowhere in the data; expected snapshots on which every term acts"):
            estimator(aligned, terms)
    samples = drawn(hamiltonian, np.random.default_rng(7))
    for estimator in ESTIMATORS.values():
        with pytest.raises(ValueError, match="linearly dependent on these data; expected snapshots that tell them apart"):
            estimator(samples, terms.with_terms([Exchange("all", 1)]))
    with pytest.raises(ValueError, match="no exact solution of these terms; expected rotation-invariant terms on up to three"):
        maximum_likelihood(samples, terms.with_terms([Exchange("far", 3)]))
    ring = [attrs.evolve(sample, geometry=Geometry.periodic_chain(sample.sites)) for sample in samples]
    with pytest.raises(ValueError, match="no exact solution of these terms"):
        maximum_likelihood(ring, terms)
    with pytest.raises(ValueError, match=r"^q; expected terms that are linear in each spin, as pseudolikelihood needs$"):
        pseudolikelihood(samples, terms.with_terms([Biquadratic("q", 1)]))
