"""Two spins under diffusion: closed forms at both ends, and the heat-kernel convolution between them."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch

from paper_repro.physics.exact import ExactChain
from paper_repro.physics.sphere import heat_kernel
from paper_repro.physics.two_spin import TwoSpinDiffusion

Array = npt.NDArray[np.float64]
AREA = 2 * math.log(4 * math.pi)


def pair(cosine: Array, seed: int = 1) -> torch.Tensor:
    """Two spins in a random frame with the given cosines between them (batch, 2, 3)."""
    frames = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(cosine), 3, 3)))[0]
    second = cosine[:, None] * frames[:, 0] + np.sqrt(1 - cosine**2)[:, None] * frames[:, 1]
    return torch.from_numpy(np.stack([frames[:, 0], second], 1))


def directions(seed: int, *shape: int) -> torch.Tensor:
    vectors = np.random.default_rng(seed).standard_normal((*shape, 3))
    return torch.from_numpy(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


class Slow(TwoSpinDiffusion):
    """The broken twin that lets one spin diffuse and not the other."""

    def series(self, cosine: torch.Tensor, time: float) -> tuple[torch.Tensor, torch.Tensor]:
        return super().series(cosine, time / 2)


class HalfScore(TwoSpinDiffusion):
    def score(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        return super().score(spins, time) / 2


class Repelled(TwoSpinDiffusion):
    def series(self, cosine: torch.Tensor, time: float) -> tuple[torch.Tensor, torch.Tensor]:
        density, slope = super().series(-cosine, time)
        return density, -slope


class Unprojected(TwoSpinDiffusion):
    def score(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        return self.weight((spins[:, 0] * spins[:, 1]).sum(-1), time)[:, None, None] * spins.flip(-2)


# Time zero


def start_error(law: type[TwoSpinDiffusion], kappa: float) -> float:
    cosine = np.linspace(-1, 1, 7)
    ln_z = AREA + math.log(math.sinh(kappa) / kappa)
    return float(np.abs(law(kappa).log_density(pair(cosine), 0.0).numpy() - (kappa * cosine - ln_z)).max())


@pytest.mark.parametrize("kappa", [0.3, 2.0, 6.0, -3.0])
def test_the_density_starts_as_the_boltzmann_law(kappa: float) -> None:
    assert start_error(TwoSpinDiffusion, kappa) < 1e-9
    assert start_error(Repelled, kappa) > 0.1
    matrix = np.array([[0.0, kappa], [kappa, 0.0]])
    assert ExactChain(matrix, 1.0).ln_z == pytest.approx(AREA + math.log(math.sinh(kappa) / kappa), rel=1e-13)
    weight = TwoSpinDiffusion(kappa).weight(torch.linspace(-1, 1, 7, dtype=torch.float64), 0.0)
    np.testing.assert_allclose(weight.numpy(), kappa, rtol=1e-8)


def test_the_density_at_the_papers_temperature_where_equilibrium_is() -> None:
    cosine, kappa = np.linspace(0.2, 1.0, 7), 20.0  # cos < 0.2 has a share of 1e-7
    ln_z = AREA + kappa - math.log(2 * kappa)
    np.testing.assert_allclose(
        TwoSpinDiffusion(kappa).log_density(pair(cosine), 0.0).numpy(), kappa * cosine - ln_z, rtol=0, atol=1e-6
    )


# Any time


def mass(law: type[TwoSpinDiffusion], kappa: float, time: float) -> float:
    """∫ p_t over both spheres: 8π² ∫ p_t du."""
    u, w = np.polynomial.legendre.leggauss(120)
    return float(8 * np.pi**2 * w @ np.exp(law(kappa).log_density(pair(u), time).numpy()))


@pytest.mark.parametrize("time", [0.0, 1e-3, 0.1, 1.0])
@pytest.mark.parametrize("kappa", [0.3, 6.0, -3.0])
def test_the_density_integrates_to_one(kappa: float, time: float) -> None:
    assert mass(TwoSpinDiffusion, kappa, time) == pytest.approx(1, abs=1e-12)


def first_moment(law: type[TwoSpinDiffusion], kappa: float, time: float) -> float:
    u, w = np.polynomial.legendre.leggauss(120)
    return float(8 * np.pi**2 * w @ (u * np.exp(law(kappa).log_density(pair(u), time).numpy())))


@pytest.mark.parametrize("time", [1e-3, 0.1, 1.0])
def test_the_correlation_of_two_diffusing_spins_decays_as_exp_minus_2t(time: float) -> None:
    expected = (1 / math.tanh(6.0) - 1 / 6.0) * math.exp(-2 * time)
    assert first_moment(TwoSpinDiffusion, 6.0, time) == pytest.approx(expected, rel=1e-11)
    for broken in (Slow, Repelled):
        assert first_moment(broken, 6.0, time) != pytest.approx(expected, rel=5e-4)


def convolution_error(law: type[TwoSpinDiffusion], kappa: float, time: float) -> float:
    """p_t against ∫ p_t(S₁|a) e^{κ a·b} p_t(S₂|b) da db, one sphere after the other: each spin has its own heat kernel."""
    u, w = np.polynomial.legendre.leggauss(64)
    azimuth = 2 * np.pi * np.arange(80) / 80
    degree = np.arange(50)
    kernel = np.exp(heat_kernel(np.arccos(u), np.full_like(u, time))[0])

    def spread(function: Callable[[Array], Array], cosine: Array) -> Array:
        """∫ p_t(x|z) f(z·y) dz for x·y = cosine."""
        sine = np.sqrt(1 - u[:, None] ** 2)
        other = u[:, None] * cosine[:, None, None] + sine * np.sqrt(1 - cosine[:, None, None] ** 2) * np.cos(azimuth)
        return np.asarray((function(other).sum(-1) * 2 * np.pi / 80) @ (w * kernel))

    def once(cosine: Array) -> Array:
        return spread(lambda c: np.exp(kappa * c) * kappa / math.sinh(kappa) / (4 * np.pi) ** 2, cosine)

    legendre = np.polynomial.legendre.legvander(u, 49)
    series = (
        (legendre * w[:, None]).T @ once(u) * (degree + 0.5)
    )  # the first integral, as a function that can be evaluated anywhere
    cosine = np.linspace(-1, 1, 7)
    twice = spread(lambda c: np.polynomial.legendre.legval(c, series), cosine)
    return float(np.abs(np.exp(law(kappa).log_density(pair(cosine), time).numpy()) - twice).max() / twice.max())


@pytest.mark.parametrize(("kappa", "time"), [(6.0, 0.15), (-3.0, 0.3), (2.0, 0.7)])
def test_the_series_is_the_convolution_with_the_heat_kernel_of_each_spin(kappa: float, time: float) -> None:
    assert convolution_error(TwoSpinDiffusion, kappa, time) < 1e-11
    assert convolution_error(Slow, kappa, time) > 1e-2
    assert convolution_error(Repelled, kappa, time) > 1e-2


@pytest.mark.parametrize("kappa", [6.0, -20.0])
def test_in_the_end_the_density_is_uniform(kappa: float) -> None:
    spins = directions(3, 5, 2)
    np.testing.assert_allclose(TwoSpinDiffusion(kappa).log_density(spins, 30.0).numpy(), -AREA, rtol=1e-15)
    np.testing.assert_allclose(TwoSpinDiffusion(kappa).score(spins, 30.0).numpy(), 0, atol=1e-20)
    assert (TwoSpinDiffusion(kappa).log_density(spins, 1.0) + AREA).abs().max() > 0.05  # at t_max = 1 it is not there yet


# The score


def score_error(law: type[TwoSpinDiffusion], kappa: float, time: float) -> float:
    """Against differences of order four of ln p_t over moved and renormalised spins."""
    exact, spins, step = law(kappa), directions(5, 5, 2), 1e-3
    expected = torch.zeros_like(spins)
    for site in range(2):
        for component in range(3):
            for factor, multiple in ((8, 1), (-8, -1), (-1, 2), (1, -2)):
                moved = spins.clone()
                moved[:, site, component] += multiple * step
                moved = moved / moved.norm(dim=-1, keepdim=True)
                expected[:, site, component] += factor * exact.log_density(moved, time) / (12 * step)
    found = exact.score(spins, time)
    assert found.shape == (5, 2, 3)
    return float((found - expected).abs().max())


@pytest.mark.parametrize("time", [0.0, 0.01, 0.4])
@pytest.mark.parametrize("kappa", [2.0, 6.0, -3.0])
def test_the_score_is_the_gradient_of_the_log_density(kappa: float, time: float) -> None:
    assert score_error(TwoSpinDiffusion, kappa, time) < 2e-8
    for broken in (HalfScore, Unprojected):
        assert score_error(broken, kappa, time) > 1e-2


def test_at_time_zero_the_score_is_the_force() -> None:
    spins, kappa = directions(7, 5, 2), 6.0
    cosine = (spins[:, 0] * spins[:, 1]).sum(-1)[:, None]
    expected = kappa * torch.stack([spins[:, 1] - cosine * spins[:, 0], spins[:, 0] - cosine * spins[:, 1]], 1)
    torch.testing.assert_close(TwoSpinDiffusion(kappa).score(spins, 0.0), expected, rtol=1e-9, atol=1e-9)
    assert (TwoSpinDiffusion(kappa).score(spins, 0.1) - expected).abs().max() > 0.1
