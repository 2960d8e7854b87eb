"""Evidence: each measurement finds what was put in, and does not find what was not."""

import math

import attrs
import numpy as np
import pytest
from scipy import stats

from paper_repro.analysis.basis_fit import normal_equations
from paper_repro.analysis.claim_tests.cutoff import beyond_range, with_longer_terms
from paper_repro.analysis.claim_tests.detector import area_under_curve, r2_by_unit, threshold
from paper_repro.analysis.claim_tests.plateau import PlateauOfTraining, measure_plateau
from paper_repro.analysis.claim_tests.residual import joint_moments, residual_correlation
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, couplings_of, exchange_force
from paper_repro.physics.sphere import project
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots

BETA = 20.0
SEED = np.random.SeedSequence(0)


@pytest.fixture(scope="module")
def data(hamiltonian):
    found = []
    for index in range(40):
        generator = np.random.default_rng([8, index])
        codes = generator.integers(0, 2, generator.integers(10, 16))
        found.append(Snapshots.of(ExactChain(coupling_matrix(codes, hamiltonian), BETA).sample(2, generator), codes))
    return found


def force(hamiltonian, beta=BETA):
    return lambda codes, spins: exchange_force(spins, coupling_matrix(codes, hamiltonian), beta)


def noise(seed, size):
    """A tangent field that depends on the spins alone, and on a seed."""

    def field(codes, spins):
        generator = np.random.default_rng([seed, len(codes), int(1e6 * abs(spins[0, 0, 0]))])
        return size * project(spins, generator.standard_normal(spins.shape))

    return field


def added(*fields):
    return lambda codes, spins: sum(field(codes, spins) for field in fields)


@pytest.mark.parametrize(("common", "own", "expected"), [(1.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 1.0, 0.5), (1.0, 0.5, 0.8)])
def test_the_correlation_of_residuals_is_the_common_share(data, hamiltonian, common, own, expected):
    """Within 0.05, some five standard errors of 3,000 equations."""
    fields = [
        added(force(hamiltonian, beta), noise(0, common), noise(seed, own)) for seed, beta in ((1, 20.0), (2, 11.0), (3, 5.0))
    ]
    found = residual_correlation(joint_moments(fields, data, Terms.of(hamiltonian)), 50, SEED)
    assert found.value == pytest.approx(expected, abs=0.05)
    assert found.standard_error < 0.03


def test_one_field_has_nothing_to_be_compared_with(data, hamiltonian):
    with pytest.raises(ValueError, match="1 force field; expected two or more"):
        residual_correlation(joint_moments([force(hamiltonian)], data, Terms.of(hamiltonian)), 5, SEED)


def test_r2_of_each_sequence(data, hamiltonian):
    field = added(force(hamiltonian), noise(1, 3.0))
    asked = normal_equations(field, data, Terms.of(hamiltonian))
    true = BETA * couplings_of(hamiltonian)
    found = r2_by_unit(asked, true)
    for snapshots, value in zip(data, found, strict=True):
        y, exact = (some(snapshots.species, snapshots.spins) for some in (field, force(hamiltonian)))
        assert value == pytest.approx(1 - ((y - exact) ** 2).sum() / (y**2).sum(), rel=1e-9)
    alone = normal_equations(force(hamiltonian), data, Terms.of(hamiltonian))
    assert r2_by_unit(alone, true) == pytest.approx(1, abs=1e-12)


def test_the_area_under_the_curve_of_two_normals():
    """Φ(d/√2) for a distance d; 4,000 values of each: within 0.03, some four standard errors."""
    generator = np.random.default_rng(0)
    for distance in (0.0, 1.0, -0.5):
        area = area_under_curve(generator.normal(distance, 1, 4000), generator.normal(0, 1, 4000), 50, SEED)
        assert area.value == pytest.approx(stats.norm.cdf(distance / math.sqrt(2)), abs=0.03)
        assert 0.003 < area.standard_error < 0.01
    assert area_under_curve(np.ones(5), np.ones(4), 3, SEED).value == 0.5
    assert area_under_curve(np.array([2.0, 3.0]), np.array([1.0]), 3, SEED).value == 1.0


def test_the_threshold_gives_the_false_alarms():
    values = np.random.default_rng(1).standard_normal(10_000)
    assert np.mean(values < threshold(values, 0.01)) == pytest.approx(0.01, abs=1e-4)


def test_terms_beyond_the_range_are_found_where_they_are(data, hamiltonian):
    longer = with_longer_terms(Terms.of(hamiltonian), 4)
    assert longer.names[:6] == Terms.of(hamiltonian).names
    assert [(term.bond_class, term.pair) for term in longer.terms[6:]] == [
        (r, pair) for r in (3, 4) for pair in ((0, 0), (0, 1), (1, 1))
    ]

    def beyond(field):
        return beyond_range(normal_equations(field, data, longer), 6, 20, SEED)

    assert beyond(force(hamiltonian)).value < 1e-9
    third = attrs.evolve(hamiltonian.terms[0], name="third", separation=3, coupling=0.3)
    found = beyond(force(attrs.evolve(hamiltonian, terms=(*hamiltonian.terms, third))))
    assert found.value == pytest.approx(0.3 / np.linalg.norm(couplings_of(hamiltonian)), rel=1e-9)
    found = beyond(added(force(hamiltonian), noise(1, 5.0)))
    assert 0 < found.value < 8 * found.standard_error  # noise alone


def test_the_share_that_a_better_training_has_at_high_energies():
    ours = [PlateauOfTraining(0.1, 1.0), PlateauOfTraining(-0.3, 3.0)]
    found = measure_plateau(ours, [PlateauOfTraining(0.0, 0.5), PlateauOfTraining(0.0, 0.5)])
    assert found.gap_per_spin.value == pytest.approx(0.2)
    assert found.high_energy.value == pytest.approx(2.0)
    assert found.high_energy_left.value == pytest.approx(0.25)
    assert found.high_energy_left.standard_error == pytest.approx(0.25 * 0.5)  # deviation √2, error 1 of 2
    assert measure_plateau(ours).high_energy_left is None
    assert measure_plateau(ours[:1]) is None
