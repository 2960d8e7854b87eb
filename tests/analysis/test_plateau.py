"""The plateau: a model that is e^{-αβH} exactly is calibrated exactly; one that is not is noticed."""

import math

import numpy as np
import pytest

from paper_repro.analysis.plateau import calibrate, flat_until
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
from paper_repro.physics.species import as_species

BETA = 20.0


@pytest.fixture(scope="module")
def world(hamiltonian):
    matrix = coupling_matrix(as_species("ABBAAB", "AB"), hamiltonian)
    law = ExactChain(matrix, BETA)
    cold, hot = law.sample(60, np.random.default_rng(0)), ExactChain(matrix, 3.0).sample(20, np.random.default_rng(1))
    return (
        exchange_energy(np.concatenate([cold, hot]), matrix),
        lambda beta: ExactChain(matrix, beta).ln_z,
        law.mean_energy + 2 * law.energy_deviation,
    )


def plateau(world, values, **changes):
    energies, ln_z, threshold = world
    given = {"beta": BETA, "threshold": threshold, "exact_ln_z": ln_z, "resamples": 200, "seed": np.random.SeedSequence(0)}
    return calibrate(energies, values, **(given | changes))


@pytest.mark.parametrize("alpha", [0.6, 1.0, 1.1])
def test_a_boltzmann_density_is_calibrated_exactly(world, alpha):
    energies, ln_z, _ = world
    done = plateau(world, -alpha * BETA * energies - ln_z(alpha * BETA))
    assert done.alpha == pytest.approx(alpha, rel=1e-10)
    assert done.beta_effective == pytest.approx(alpha * BETA, rel=1e-10)
    assert done.gap == pytest.approx(0, abs=1e-9)
    assert done.ln_z == pytest.approx(ln_z(alpha * BETA), rel=1e-12)
    assert done.high_energy == pytest.approx(0, abs=1e-9)
    assert done.residual < 1e-9


def test_a_wrong_normalisation_is_a_gap_and_a_wrong_tail_is_a_deviation(world):
    energies, ln_z, threshold = world
    exact = -BETA * energies - ln_z(BETA)
    assert plateau(world, exact + 0.3).gap == pytest.approx(-0.3, abs=1e-9)
    lifted = plateau(world, exact + np.where(energies > threshold, 5.0, 0.0))
    assert lifted.gap == pytest.approx(0, abs=1e-9)
    assert lifted.high_energy == pytest.approx(5.0, abs=1e-9)


def test_the_errors_are_those_of_repeated_worlds(world):
    """80 worlds of noise: the scatter of α and of the gap is the stated error, within a third (four deviations of a deviation)."""
    energies, ln_z, _ = world
    done = [
        plateau(world, -BETA * energies - ln_z(BETA) + np.random.default_rng(k).normal(0, 0.5, len(energies))) for k in range(80)
    ]
    for value, stated in (("alpha", "alpha_error"), ("gap", "gap_error")):
        scatter = np.std([getattr(item, value) for item in done], ddof=1)
        assert 0.67 < np.mean([getattr(item, stated) for item in done]) / scatter < 1.5


@pytest.mark.faults("too little")
def test_what_cannot_be_calibrated_is_said(world):
    energies, ln_z, _ = world
    exact = -BETA * energies - ln_z(BETA)
    with pytest.raises(ValueError, match="positive α"):
        plateau(world, -exact)
    with pytest.raises(ValueError, match="low-energy set"):
        plateau(world, exact, threshold=-1e9)
    with pytest.raises(ValueError, match="not finite"):
        plateau(world, np.where(energies > 0, math.nan, math.nan))
    with pytest.raises(ValueError, match="all configurations have one energy; expected energies that differ"):
        plateau((np.zeros(20), *world[1:]), np.zeros(20), threshold=1.0)


def test_flat_is_as_far_as_the_means_stay_within_the_scatter():
    generator = np.random.default_rng(3)
    energies = generator.permutation(np.linspace(-10, 0, 320))
    deviations = np.where(energies < -4, 0.3 * generator.standard_normal(320), 2.0)
    assert flat_until(energies, deviations, 1.0) == pytest.approx(-4, abs=1.0)
    assert flat_until(energies, deviations, 3.0) == 0.0
    assert math.isnan(flat_until(energies, deviations + 2, 1.0))
    assert math.isnan(flat_until(energies[:31], deviations[:31], 1.0))  # not one whole run
