"""Noise, targets and loss. False-alarm rate of each statistical check: 1e-6 (fixed seeds; a failure means a change)."""

import math

import attrs
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paper_repro.physics.sphere import angle, heat_kernel, log, normalise, project
from paper_repro.score import diffusion

ALARM = 1e-6


def points(count: int, seed: int) -> torch.Tensor:
    return normalise(torch.randn(count, 1, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))


def angles_after(step, time: float, count: int = 20_000) -> np.ndarray:
    clean = points(count, 1)
    noisy = step(clean, torch.full((count, 1), time, dtype=torch.float64), torch.Generator().manual_seed(2))
    assert torch.allclose((noisy * noisy).sum(-1), torch.ones(count, 1, dtype=torch.float64), atol=1e-12)
    return angle(clean, noisy)[:, 0].numpy()


def p_value(theta: np.ndarray, density, time: float) -> float:
    """Kolmogorov-Smirnov of angles against 2π sin θ times a density per unit area, integrated on a grid."""
    grid = torch.linspace(0, math.pi, 20_001, dtype=torch.float64)[1:-1]
    rate = 2 * math.pi * torch.sin(grid) * torch.exp(density(grid, torch.full_like(grid, time))[0])
    cumulative = torch.cumsum(rate, 0) * float(grid[1] - grid[0])
    assert float(cumulative[-1]) == pytest.approx(1, abs=2e-3)
    return stats.kstest(np.interp(theta, grid.numpy(), (cumulative / cumulative[-1]).numpy()), "uniform").pvalue


def twice_the_variance(clean, time, generator):
    return diffusion.tangent_step(clean, 2 * time, generator)


@pytest.mark.parametrize("time", [1e-3, 0.1, 1.0])
def test_the_tangent_step_has_its_stated_density(time):
    """20,000 angles tell a 5 % change of the variance (KS distance 0.018 against 0.019 at the alarm rate)."""
    assert p_value(angles_after(diffusion.tangent_step, time), diffusion.tangent_step_density, time) > ALARM
    assert p_value(angles_after(twice_the_variance, time), diffusion.tangent_step_density, time) < ALARM


@pytest.mark.parametrize("time", [1e-3, 0.1, 1.0])
def test_the_brownian_step_draws_from_the_heat_kernel(time):
    assert p_value(angles_after(diffusion.brownian_step, time), heat_kernel, time) > ALARM
    assert p_value(angles_after(twice_the_variance, time), heat_kernel, time) < ALARM


def test_the_tangent_step_is_not_brownian_motion_at_long_times():
    assert p_value(angles_after(diffusion.tangent_step, 1.0), heat_kernel, 1.0) < ALARM


def test_brownian_motion_forgets_the_first_harmonic_as_e_to_the_minus_t():
    cosines = np.cos(angles_after(diffusion.brownian_step, 0.7))
    z = (cosines.mean() - math.exp(-0.7)) / (cosines.std() / math.sqrt(len(cosines)))
    assert abs(z) < 5
    assert abs((cosines.mean() - math.exp(-0.35)) / (cosines.std() / math.sqrt(len(cosines)))) > 5  # generator ¼Δ


def test_the_envelope_of_the_brownian_step_holds():
    theta, time = torch.meshgrid(
        torch.linspace(1e-6, math.pi - 1e-6, 801, dtype=torch.float64),
        torch.logspace(-5, 2, 57, dtype=torch.float64),
        indexing="ij",
    )
    ratio = heat_kernel(theta, time)[0] - diffusion.tangent_step_density(theta, time)[0]
    assert float(ratio.max()) < math.log(diffusion.ENVELOPE)
    assert float(ratio.max()) > math.log(diffusion.ENVELOPE) - 0.3  # not so wide that draws are wasted


@pytest.mark.parametrize("time", [0.01, 0.3, 1.0])
@pytest.mark.parametrize("density", [heat_kernel, diffusion.tangent_step_density])
def test_the_scores_are_the_derivatives_of_the_log_densities(density, time):
    theta = torch.linspace(0.05, 3.0, 23, dtype=torch.float64)
    at, step = torch.full_like(theta, time), 1e-5
    numerical = (density(theta + step, at)[0] - density(theta - step, at)[0]) / (2 * step)
    assert torch.allclose(density(theta, at)[1], numerical, rtol=1e-6, atol=1e-6)


def pair_at(theta: float) -> tuple[torch.Tensor, torch.Tensor]:
    clean = torch.tensor([[[0.0, 0.0, 1.0]]], dtype=torch.float64)
    return torch.tensor([[[math.sin(theta), 0.0, math.cos(theta)]]], dtype=torch.float64), clean


@given(st.floats(1e-3, 3.1), st.floats(1e-4, 1.0))
def test_the_geodesic_target_points_back_with_length_theta_over_t(theta, time):
    noisy, clean = pair_at(theta)
    wanted = diffusion.geodesic_target(noisy, clean, torch.tensor([time], dtype=torch.float64), 1e-9)
    assert float(wanted.norm()) == pytest.approx(theta / time, rel=1e-9)
    assert float((wanted * noisy).sum()) == pytest.approx(0, abs=1e-9 / time)
    assert float((wanted * clean).sum()) > 0  # towards the clean spin
    opposite = diffusion.geodesic_target(clean, noisy, torch.tensor([time], dtype=torch.float64), 1e-9)
    assert float((opposite * clean).sum()) == pytest.approx(0, abs=1e-9 / time)


@pytest.mark.parametrize(("kernel", "fraction"), [("brownian", 1 / 6), ("tangent-gaussian", 1 / 3)])
def test_the_exact_targets_fall_short_of_the_log_target_by_t_over_6_and_t_over_3(kernel, fraction):
    """THEORY section 4; the next order is t² for the whole and θ² for the shape."""
    time = 0.01
    noisy, clean = pair_at(0.05)
    at = torch.tensor([time], dtype=torch.float64)
    ratio = float(
        diffusion.conditional_score(noisy, clean, at, kernel).norm() / diffusion.geodesic_target(noisy, clean, at, 0.0).norm()
    )
    assert 1 - ratio == pytest.approx(fraction * time, rel=0.02)


@pytest.mark.parametrize("kernel", ["brownian", "tangent-gaussian"])
def test_the_exact_target_is_the_gradient_of_the_log_density(kernel):
    density = heat_kernel if kernel == "brownian" else diffusion.tangent_step_density
    clean = points(7, 3)
    noisy = points(7, 4)
    time = torch.linspace(0.05, 1.0, 7, dtype=torch.float64)
    wanted = diffusion.conditional_score(noisy, clean, time, kernel)
    direction = project(noisy, points(7, 5))
    step = 1e-5

    def log_density(x):
        return density(angle(clean, normalise(x))[:, 0], time)[0]

    numerical = (log_density(noisy + step * direction) - log_density(noisy - step * direction)) / (2 * step)
    assert torch.allclose((wanted * direction).sum((-1, -2)), numerical, rtol=1e-5, atol=1e-6)


def test_padded_sites_stay_zero_and_change_nothing(paper):
    settings = paper.record.diffusion
    clean = points(15, 6).reshape(5, 3, 3).clone()
    clean[:, 2] = 0.0
    time = torch.linspace(0.1, 0.9, 5, dtype=torch.float64)
    mask = torch.tensor([[True, True, False]]).expand(5, 3)
    for kernel in ("tangent-gaussian", "brownian"):
        some = attrs.evolve(settings, forward_kernel=kernel)
        noisy = diffusion.add_noise(clean, time, some, torch.Generator().manual_seed(0))
        assert torch.isfinite(noisy[:, :2]).all()
    score, wanted = torch.randn(5, 3, 3, dtype=torch.float64), torch.randn(5, 3, 3, dtype=torch.float64)
    value = diffusion.loss(score, wanted, time, mask)
    by_hand = sum(float(time[c]) * float(((score[c, i] - wanted[c, i]) ** 2).sum()) for c in range(5) for i in range(2)) / 30
    assert float(value) == pytest.approx(by_hand, rel=1e-12)
    score[:, 2] = torch.nan
    assert float(diffusion.loss(score, wanted, time, mask)) == pytest.approx(by_hand, rel=1e-12)


def test_times_are_uniform_on_their_interval(paper):
    settings = attrs.evolve(paper.record.diffusion, shortest_time=0.2, longest_time=0.7)
    times = diffusion.draw_times(20_000, settings, torch.Generator().manual_seed(0)).numpy()
    assert times.min() >= 0.2
    assert times.max() <= 0.7
    assert stats.kstest((times - 0.2) / 0.5, "uniform").pvalue > ALARM


def test_the_loss_is_least_at_the_target(paper):
    clean = points(9, 7).reshape(3, 3, 3)
    time, mask = torch.full((3,), 0.3, dtype=torch.float64), torch.ones(3, 3, dtype=torch.bool)
    noisy = diffusion.add_noise(clean, time, paper.record.diffusion, torch.Generator().manual_seed(0))
    wanted = diffusion.target(noisy, clean, time, paper.record.diffusion)
    assert float(diffusion.loss(wanted, wanted, time, mask)) == 0
    assert float(diffusion.loss(-wanted, wanted, time, mask)) > 0


def test_log_uniform_times_are_uniform_in_the_logarithm(paper):
    settings = attrs.evolve(paper.record.diffusion, shortest_time=1e-3, longest_time=4.0, time_sampling="log-uniform")
    times = diffusion.draw_times(20_000, settings, torch.Generator().manual_seed(0)).numpy()
    assert times.min() >= np.float32(1e-3)
    assert times.max() <= 4
    assert stats.kstest(np.log(times / 1e-3) / math.log(4000), "uniform").pvalue > ALARM
    assert stats.kstest((times - 1e-3) / 3.999, "uniform").pvalue < ALARM


def test_squared_uniform_times_are_uniform_in_the_root(paper):
    settings = attrs.evolve(paper.record.diffusion, shortest_time=1e-3, longest_time=4.0, time_sampling="squared-uniform")
    times = diffusion.draw_times(20_000, settings, torch.Generator().manual_seed(0)).numpy()
    assert times.min() >= np.float32(1e-3)
    assert times.max() <= 4
    shares = (times - np.float32(1e-3)) / 3.999
    assert stats.kstest(np.sqrt(np.maximum(shares, 0)), "uniform").pvalue > ALARM
    assert stats.kstest(shares, "uniform").pvalue < ALARM


@pytest.mark.parametrize("kernel", ["tangent-gaussian", "brownian"])
@pytest.mark.parametrize("kind", ["geodesic", "conditional-score"])
def test_the_opposite_of_noise_and_target_is_the_target_of_the_opposite_noise(paper, kernel, kind):
    settings = attrs.evolve(paper.record.diffusion, forward_kernel=kernel, target=kind)
    clean = points(60, 8).reshape(6, 10, 3)
    time = torch.logspace(-3, 0, 6, dtype=torch.float64)
    noisy = diffusion.add_noise(clean, time, settings, torch.Generator().manual_seed(0))
    other = diffusion.opposite(clean, noisy)
    assert torch.allclose(log(clean, other), -log(clean, noisy), atol=1e-9)
    wanted = diffusion.target(noisy, clean, time, settings)
    assert torch.allclose(diffusion.opposite(clean, wanted), diffusion.target(other, clean, time, settings), rtol=1e-7, atol=1e-7)
    assert not torch.allclose(-wanted, diffusion.target(other, clean, time, settings), rtol=1e-2)  # it is turned, not negated


def test_the_weight_is_the_time_or_shifted_by_the_time_scale(paper, refined):
    time = torch.tensor([1e-3, 0.5])
    assert torch.equal(diffusion.weight(time, paper.record.diffusion), time)
    assert torch.allclose(diffusion.weight(time, refined.diffusion), torch.tensor([0.031, 0.53]))
