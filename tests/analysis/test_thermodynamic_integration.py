"""Thermodynamic integration against the exact ln Z, its rule, and its error bar; each check rejects a wrong one."""

import math

import attrs
import numpy as np
import pytest
from scipy.integrate import simpson

from paper_repro.analysis import thermodynamic_integration as ti
from paper_repro.physics.exact import ExactChain
from paper_repro.spec import ThermodynamicIntegration

NEAR, FAR = [1.0, 0.8, 0.5, 0.8, 1.0], [-0.45, -0.35, -0.25, -0.35]
MATRIX = np.diag(NEAR, 1) + np.diag(NEAR, -1) + np.diag(FAR, 2) + np.diag(FAR, -2)
TEMPERATURE = 0.1


def settings(**changes):
    values = {"points": 41, "grid": "uniform-beta", "rule": "simpson", "chains": 8, "burn_in": 100, "sweeps": 400}
    return ThermodynamicIntegration(**values | changes)


def integral(seed, *, temperature=TEMPERATURE, threads=2, **changes):
    key = np.random.SeedSequence(seed, spawn_key=(7,))
    return ti.integrate(MATRIX, temperature, settings(**changes), over_relaxation=0.5, seed=key, threads=threads)


def within_error_bar(result):
    """Error less quadrature bias within 5.5 standard errors; nearly normal (some 100 degrees of freedom), 1e-7.

    Smallest error that must be seen: 3 % in the β of the sampling, some 25 standard errors.
    """
    return abs(result.error - result.quadrature_bias) < 5.5 * result.standard_error


def test_ln_z_agrees_with_the_exact_one_within_its_error_bar(monkeypatch):
    result = integral(1, sweeps=3000)
    assert within_error_bar(result)
    assert result.standard_error < 0.01
    assert result.exact_ln_z == pytest.approx(ExactChain(MATRIX, 1 / TEMPERATURE).ln_z, rel=1e-14)
    assert result.error == result.ln_z - result.exact_ln_z
    assert not within_error_bar(attrs.evolve(result, ln_z=result.ln_z - math.log(4 * math.pi)))

    true = ti.independent_chains
    monkeypatch.setattr(ti, "independent_chains", lambda matrix, beta, **rest: true(matrix, 1.03 * beta, **rest))
    assert not within_error_bar(integral(1, sweeps=3000))


def honest(deviations):
    """The root mean square of 60 z lies within 0.65 and 1.5: χ² with 60 degrees of freedom, 1e-5; sees a factor of 2."""
    return 0.65 < math.sqrt(np.mean(np.square(deviations))) < 1.5


def test_the_error_bar_is_neither_too_small_nor_too_large():
    results = [integral(seed, points=5, temperature=2.0) for seed in range(60)]
    deviations = np.array([(result.error - result.quadrature_bias) / result.standard_error for result in results])
    assert honest(deviations)
    assert not honest(2 * deviations)
    assert not honest(0.5 * deviations)
    assert abs(deviations.mean()) * math.sqrt(60) < 5


@pytest.mark.parametrize("points", [3, 4, 100, 101])
def test_weights_are_those_of_the_rule(points):
    betas = np.linspace(0, 20, points)
    values = np.random.default_rng(2).standard_normal(points)
    assert ti.weights(betas) @ values == pytest.approx(simpson(values, x=betas), rel=1e-12, abs=1e-12)
    assert ti.weights(betas) @ betas**2 == pytest.approx(20**3 / 3, rel=1e-12)
    assert np.trapezoid(betas**2, betas) != pytest.approx(20**3 / 3, rel=1e-5)


def test_the_quadrature_bias_falls_with_the_fourth_power_of_the_step():
    biases = [integral(3, points=points, temperature=1.0, chains=2, burn_in=0, sweeps=1).quadrature_bias for points in (9, 17, 33)]
    orders = np.log2(np.abs(np.array(biases[:-1]) / biases[1:]))
    np.testing.assert_allclose(orders, 4, atol=0.4)


def test_threads_do_not_change_a_byte_and_the_seed_does():
    one, two, other = integral(4, threads=1), integral(4, threads=2), integral(5)
    for name in ("betas", "mean_energies", "standard_errors"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
    assert one.ln_z == two.ln_z
    assert one.ln_z != other.ln_z


def test_the_grid_runs_from_zero_to_the_inverse_temperature():
    done = []
    result = ti.integrate(
        MATRIX, TEMPERATURE, settings(points=7), over_relaxation=0.5, seed=np.random.SeedSequence(6), progress=done.append
    )
    np.testing.assert_allclose(result.betas, np.arange(7) / 0.6, rtol=1e-14)
    assert result.mean_energies.shape == result.standard_errors.shape == (7,)
    assert done == [1, 2, 3, 4, 5, 6, 7]


def test_couplings_beyond_two_have_no_exact_value():
    """Three free pairs at separation 3 have one in closed form: Σ ln(sinh x / x), x = J/T. False alarm 1e-7, sees 3 % in J."""
    couplings = np.array([1.0, -0.6, 0.7])
    matrix = np.diag(couplings, 3) + np.diag(couplings, -3)
    many = settings(sweeps=3000)
    result = ti.integrate(matrix, 0.5, many, over_relaxation=0.5, seed=np.random.SeedSequence(7))
    assert all(math.isnan(value) for value in (result.exact_ln_z, result.quadrature_bias, result.error))

    def closed(values):
        return 6 * math.log(4 * math.pi) + float(np.sum(np.log(np.sinh(values / 0.5) / (values / 0.5))))

    assert abs(result.ln_z - closed(couplings)) < 5.5 * result.standard_error
    assert abs(result.ln_z - closed(1.03 * couplings)) > 7 * result.standard_error


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_a_temperature_that_is_not_positive_is_refused(temperature):
    with pytest.raises(ValueError, match="finite temperature > 0"):
        integral(8, temperature=temperature)


def test_the_integral_to_a_smaller_beta_is_exact_on_exact_energies_and_refuses_a_larger_one():
    matrix = np.diag([1.0, 0.8, 0.5], 1) + np.diag([-0.45, -0.35], 2)
    matrix = matrix + matrix.T
    betas = np.linspace(0, 20, 100)
    energies = np.array([ExactChain(matrix, beta).mean_energy for beta in betas])
    errors = np.full(100, 0.01)
    for beta in (0.0, 7.3, 20.0):
        value, error = ti.integrate_to(beta, betas, energies, errors, 4)
        assert value == pytest.approx(ExactChain(matrix, beta).ln_z, abs=2e-5)
        # n independent errors σ on a grid of step h give about σ √(β h)
        assert error == pytest.approx(0.01 * np.sqrt(beta * betas[1]), rel=0.05, abs=1e-12)
    shifted, _ = ti.integrate_to(7.3, betas, energies + 0.1, errors, 4)
    assert shifted == pytest.approx(ExactChain(matrix, 7.3).ln_z - 0.73, abs=2e-5)
    with pytest.raises(ValueError, match="within the measured 0 to 20"):
        ti.integrate_to(20.1, betas, energies, errors, 4)
