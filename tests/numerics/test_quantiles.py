"""Inversion of distribution functions: against closed forms, number by number; nothing here is statistical."""

import numpy as np
import pytest

from paper_repro.numerics.quantiles import angles_of_exponents, conditional_cosines, legendre_transform, trigonometric

UNIFORMS = np.random.default_rng(0).random(500)


def cosines(kappa, tilt, nodes):
    """Draws of v from e^{κ v (1 + tilt u)} given u, and u."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    transform = legendre_transform(x, w)
    given = np.linspace(-1, 1, len(UNIFORMS))
    joint = np.exp(kappa * (np.outer(1 + tilt * x, x) - 1 - abs(tilt)))
    conditional_cosines(given, np.ascontiguousarray(transform.T @ joint @ transform), UNIFORMS, drawn := np.empty(len(UNIFORMS)))
    return given, drawn


@pytest.mark.parametrize(("kappa", "tilt", "nodes"), [(0.3, 0.5, 24), (8.0, 0.2, 64), (20.0, -0.05, 96)])
def test_conditional_cosines_solve_the_distribution_function(kappa, tilt, nodes):
    given, drawn = cosines(kappa, tilt, nodes)
    strength = kappa * (1 + tilt * given)
    below = np.expm1(strength * (drawn + 1)) / np.expm1(2 * strength)
    assert np.abs(below - UNIFORMS).max() < 1e-10


def test_too_short_a_series_is_noticed():
    given, drawn = cosines(20.0, -0.05, 16)
    strength = 20.0 * (1 - 0.05 * given)
    assert np.abs(np.expm1(strength * (drawn + 1)) / np.expm1(2 * strength) - UNIFORMS).max() > 1e-7


EXPONENTS = {
    "uniform": (lambda psi: 5.0 + 0 * psi, 32),
    "von Mises": (lambda psi: 3.0 * np.cos(psi - 1), 64),
    "sharp": (lambda psi: 60.0 * np.cos(psi - 1), 160),
    "two wells": (lambda psi: np.cos(psi) - 2 * np.sin(2 * psi), 96),
}


def angles(exponent, fine):
    """Draws of ψ from e^{E(ψ)}, E being known at eight angles."""
    drawn, coarse = np.empty(len(UNIFORMS)), 2 * np.pi * np.arange(8) / 8
    exponents = np.tile(exponent(coarse), (len(UNIFORMS), 1))
    angles_of_exponents(exponents, trigonometric(8, 4), trigonometric(fine, fine // 2), UNIFORMS, drawn)
    return drawn


def angle_error(exponent, drawn):
    """The largest error of the distribution function, by Gauss-Legendre quadrature up to each angle."""
    x, w = np.polynomial.legendre.leggauss(200)
    below = (np.exp(exponent((x + 1) / 2 * drawn[:, None])) @ w) * drawn / 2
    whole = np.exp(exponent(2 * np.pi * np.arange(256) / 256)).mean() * 2 * np.pi
    return np.abs(below / whole - UNIFORMS).max()


@pytest.mark.parametrize("name", EXPONENTS)
def test_angles_solve_the_distribution_function(name):
    exponent, fine = EXPONENTS[name]
    drawn = angles(exponent, fine)
    assert angle_error(exponent, drawn) < 1e-12
    assert drawn.min() >= 0
    assert drawn.max() < 2 * np.pi


def test_too_few_angles_are_noticed():
    assert angle_error(EXPONENTS["sharp"][0], angles(EXPONENTS["sharp"][0], 32)) > 1e-6
