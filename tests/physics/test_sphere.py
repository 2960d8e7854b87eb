"""The geometry of the sphere: exponential and logarithm, the heat kernel, the divergence."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from paper_repro.physics import sphere
from paper_repro.physics.sphere import (
    CROSSOVER_TIME,
    angle,
    divergence,
    exp,
    heat_kernel,
    heat_kernel_series,
    log,
    normalise,
    project,
    tangent_basis,
)

Array = npt.NDArray[np.float64]
Kernel = Callable[[Array, Array], tuple[Array, Array]]
EPS = np.finfo(float).eps


def directions(seed: int, *shape: int) -> Array:
    vectors = np.random.default_rng(seed).standard_normal((*shape, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def tangents(x: Array, seed: int) -> Array:
    """Unit tangent vectors, by a cross product."""
    vectors = np.cross(x, directions(seed, *x.shape[:-1]))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


seeds = st.integers(0, 2**32)
#: Angles from 0 to π, both ends approached to within rounding.
angles = st.floats(0, math.pi) | st.floats(-16, 0).map(lambda power: 10**power) | st.floats(-15, 0).map(lambda p: math.pi - 10**p)


# Exponential and logarithm


def round_trip_error(exponential: Any, logarithm: Any, theta: float, seed: int) -> float:
    """The largest error of exp(log(y)) = y, log(exp(v)) = v and |log| = θ, in units of what rounding the input allows."""
    x = directions(seed, 5, 7)
    direction = tangents(x, seed + 1)
    y = math.cos(theta) * x + math.sin(theta) * direction
    back = np.abs(exponential(x, logarithm(x, y)) - y).max()
    allowed = 1 + math.pi / max(math.sin(theta), EPS)  # near the antipode the direction of the logarithm is that of rounding
    forth = np.abs(logarithm(x, exponential(x, theta * direction)) - theta * direction).max() / (allowed if theta > 1 else 1)
    length = np.abs(np.linalg.norm(logarithm(x, y), axis=-1) - theta).max()
    return float(max(back, forth, length if math.pi - theta > 1e-15 else 0.0) / EPS)


@given(theta=angles, seed=seeds)
@example(theta=0.0, seed=1)
@example(theta=math.pi - 1e-9, seed=2)
@example(theta=math.pi / 2, seed=3)
def test_exp_and_log_are_inverse_up_to_the_antipode(theta: float, seed: int) -> None:
    assert round_trip_error(exp, log, theta, seed) < 20


def log_by_arccos(x: Array, y: Array) -> Array:
    cosine = np.clip((x * y).sum(-1, keepdims=True), -1, 1)
    theta = np.arccos(cosine)
    return np.where(theta > 0, theta / np.sin(np.where(theta > 0, theta, 1)), 1) * (y - cosine * x)


def log_without_ratio(x: Array, y: Array) -> Array:
    return project(x, y)


def exp_of_half(x: Array, vector: Array) -> Array:
    return exp(x, vector / 2)


def exp_with_numpy_sinc(x: Array, vector: Array) -> Array:
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return normalise(np.cos(length) * x + np.sinc(length) * vector)


@pytest.mark.parametrize(
    ("exponential", "logarithm", "theta"),
    [
        (exp, log_by_arccos, math.pi - 1e-7), (exp, log_without_ratio, 1.0),
        (exp_of_half, log, 1.0), (exp_with_numpy_sinc, log, 1.0), (lambda x, v: x + v, log, 0.1),
    ],
)  # fmt: skip
def test_the_round_trip_rejects_a_wrong_exp_or_log(exponential: Any, logarithm: Any, theta: float) -> None:
    assert round_trip_error(exp, log, theta, 7) < 20
    assert round_trip_error(exponential, logarithm, theta, 7) > 1000


@given(theta=angles, seed=seeds)
def test_points_stay_on_the_sphere_and_vectors_tangent(theta: float, seed: int) -> None:
    x = directions(seed, 5, 7)
    moved = exp(x, theta * tangents(x, seed + 1))
    np.testing.assert_allclose(np.linalg.norm(moved, axis=-1), 1, rtol=0, atol=4 * EPS)
    vector = log(x, moved)
    radial = np.abs((x * vector).sum(-1)).max()
    assert radial < 8 * EPS * (1 + math.pi / max(math.sin(theta), EPS))
    np.testing.assert_allclose(angle(x, moved), theta, rtol=0, atol=8 * EPS)


def test_exp_and_log_by_hand() -> None:
    x, y = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    np.testing.assert_allclose(log(x, y), [0, math.pi / 2, 0], atol=1e-15)
    np.testing.assert_allclose(exp(x, np.array([math.pi / 6, 0, 0])), [0.5, 0, math.sqrt(3) / 2], atol=1e-15)
    np.testing.assert_array_equal(log(x, x), np.zeros(3))
    np.testing.assert_array_equal(log(x, -x), np.zeros(3))  # no direction: none is made up
    np.testing.assert_array_equal(exp(x, np.zeros(3)), x)
    np.testing.assert_allclose(project(x, np.array([1.0, 2.0, 3.0])), [1, 2, 0])


def test_log_below_the_threshold_has_the_length_of_the_sine() -> None:
    x = directions(3, 5)
    theta = np.array([1e-5, 5e-4, 9.9e-4, 1.01e-3, 0.3])[:, None]
    vector = log(x, np.cos(theta) * x + np.sin(theta) * tangents(x, 4), threshold=1e-3)
    expected = np.where(theta <= 1e-3, np.sin(theta), theta)[:, 0]
    np.testing.assert_allclose(np.linalg.norm(vector, axis=-1), expected, rtol=0, atol=2e-15)
    assert 9.9e-4 - math.sin(9.9e-4) > 1e-10  # so that the two sides of the threshold differ by far more than that


@pytest.mark.parametrize("theta", [0.0, 1e-12, 1e-4, 1.0, 3.0, math.pi - 1e-9])
def test_numpy_and_torch_agree(theta: float) -> None:
    x = directions(8, 5, 7)
    vector = theta * tangents(x, 9)
    moved = exp(x, vector)
    other_x, other_vector = torch.from_numpy(x), torch.from_numpy(vector)
    other_moved = exp(other_x, other_vector)
    assert isinstance(other_moved, torch.Tensor)
    np.testing.assert_allclose(other_moved.numpy(), moved, rtol=0, atol=4 * EPS)
    np.testing.assert_allclose(
        log(other_x, torch.from_numpy(moved)).numpy(), log(x, moved), rtol=1e-6 if theta > 3 else 1e-13, atol=EPS
    )
    np.testing.assert_allclose(angle(other_x, torch.from_numpy(moved)).numpy(), angle(x, moved), rtol=0, atol=4 * EPS)
    np.testing.assert_allclose(project(other_x, other_moved).numpy(), project(x, moved), rtol=0, atol=4 * EPS)
    np.testing.assert_allclose(tangent_basis(other_x).numpy(), tangent_basis(x), rtol=0, atol=4 * EPS)


def test_the_basis_is_orthonormal_and_tangent_everywhere() -> None:
    poles = np.array([[0, 0, 1.0], [0, 0, -1.0], [1, 0, 0.0], [0, 1, -0.0], [1e-9, 0, -1.0]])
    x = np.concatenate([directions(10, 97), poles])
    frame = np.concatenate([tangent_basis(x), x[:, None]], axis=1)
    assert frame.shape == (102, 3, 3)
    np.testing.assert_allclose(frame @ np.swapaxes(frame, 1, 2), np.broadcast_to(np.eye(3), (102, 3, 3)), rtol=0, atol=1e-14)


# Heat kernel

TIMES = [1e-4, 1e-3, 0.02, 0.3, CROSSOVER_TIME, np.nextafter(CROSSOVER_TIME, 1), 0.8, 2.0, 5.0]


def density(kernel: Kernel, theta: Array, time: float) -> Array:
    return np.exp(kernel(theta, np.full_like(theta, time))[0])


@functools.cache
def gauss(nodes: int) -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(nodes)


def moments(kernel: Kernel, time: float) -> tuple[float, float]:
    """∫ p_t and ∫ p_t cos θ over the sphere, by Gauss-Legendre quadrature in cos θ over the part that holds the mass."""
    u, w = gauss(200)
    lowest = max(-1.0, 1 - 80 * time)  # e^{-(1-u)/t} has fallen to e^-80
    u, w = lowest + (u + 1) * (1 - lowest) / 2, w * (1 - lowest) / 2
    half = np.sqrt((1 - u) / 2)  # sin(θ/2): arccos u would lose digits at small angles
    p = density(kernel, 2 * np.arcsin(half), time)
    return float(2 * np.pi * w @ p), float(1 - 2 * np.pi * w @ (p * 2 * half**2))


def moment_error(kernel: Kernel, time: float) -> float:
    mass, cosine = moments(kernel, time)
    return max(abs(mass - 1), abs(cosine - math.exp(-time)))


@pytest.mark.parametrize("time", TIMES)
def test_heat_kernel_integrates_to_one_and_its_first_mode_decays_as_exp_minus_t(time: float) -> None:
    assert moment_error(heat_kernel, time) < 1e-12


def flat(theta: Array, time: Array) -> tuple[Array, Array]:
    """The kernel of the plane."""
    return -(theta**2) / (2 * time) - np.log(2 * np.pi * time), -theta / time


def twice_as_fast(theta: Array, time: Array) -> tuple[Array, Array]:
    """The generator Δ in place of ½Δ."""
    return heat_kernel(theta, 2 * time)


def shifted(theta: Array, time: Array) -> tuple[Array, Array]:
    log_density, score = heat_kernel(theta, time)
    return log_density + 1e-6, score


@pytest.mark.parametrize("wrong", [flat, twice_as_fast, shifted])
@pytest.mark.parametrize("time", [1e-3, 0.3, 0.8])
def test_the_integrals_reject_a_wrong_kernel(wrong: Kernel, time: float) -> None:
    assert moment_error(wrong, time) > 5e-7


def semigroup_error(kernel: Kernel, first: float, second: float) -> float:
    """Largest error of ∫ p_s(x·z) p_t(z·y) dz = p_{s+t}(x·y) against the largest value, by quadrature over the sphere."""
    u, w = gauss(96)
    azimuth = 2 * np.pi * np.arange(120) / 120
    separation = np.array([0.0, 0.4, 1.1, 2.0, 3.1])[:, None, None]
    sine = np.sqrt(1 - u[:, None] ** 2)
    cosine = u[:, None] * np.cos(separation) + sine * np.sin(separation) * np.cos(azimuth)
    other = density(kernel, np.arccos(np.clip(cosine, -1, 1)), second)
    found = (other.sum(-1) * 2 * np.pi / 120 * w * density(kernel, np.arccos(u), first)).sum(-1)
    expected = density(kernel, separation[:, 0, 0], first + second)
    return float(np.abs(found - expected).max() / expected.max())


@pytest.mark.parametrize(("first", "second"), [(0.03, 0.05), (0.2, 0.35), (0.1, 0.4), (0.4, 0.9), (0.6, 1.1)])
def test_heat_kernel_obeys_the_semigroup_law(first: float, second: float) -> None:
    assert semigroup_error(heat_kernel, first, second) < 1e-11
    assert semigroup_error(flat, first, second) > 1e-3


@pytest.mark.parametrize("time", [0.04, 0.1, 0.25, 0.5])
def test_the_small_time_form_is_the_series_where_both_hold(time: float) -> None:
    theta = np.linspace(0, math.pi, 83)
    log_density, score = heat_kernel(theta, np.full_like(theta, time))
    series, derivative = heat_kernel_series(theta, np.full_like(theta, time), 70)
    both = series > 1e-4 * series[0]
    assert both.sum() > 20
    np.testing.assert_allclose(log_density[both], np.log(series[both]), rtol=0, atol=2e-11)
    np.testing.assert_allclose(score[both], derivative[both] / series[both], rtol=2e-11, atol=2e-11)
    wrong, _ = heat_kernel_series(theta, np.full_like(theta, time), 5)  # the broken twin stops too early
    assert np.abs(np.log(np.abs(wrong[both])) - log_density[both]).max() > 1e-7


def derivative_error(kernel: Kernel, time: float) -> float:
    """Largest relative error of the score against a difference of order four of the log-density."""
    theta, step = np.linspace(0.05, 3.05, 61), 2e-3 * min(1.0, math.sqrt(time) * 3)

    def at(shift: float) -> Array:
        return kernel(theta + shift, np.full_like(theta, time))[0]

    difference = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    score = kernel(theta, np.full_like(theta, time))[1]
    return float(np.abs(score - difference).max() / np.abs(difference).max())


@pytest.mark.parametrize("time", [1e-3, 0.02, 0.3, 0.5, 0.500001, 0.8, 2.0, 5.0])
def test_the_score_is_the_derivative_of_the_log_density(time: float) -> None:
    assert derivative_error(heat_kernel, time) < 1e-8
    assert derivative_error(lambda theta, t: (heat_kernel(theta, t)[0], -theta / t), time) > 1e-5  # the Log target is another


def test_at_small_times_the_score_has_its_expansion() -> None:
    theta, time = np.array([0.1, 0.7, 1.5, 2.5]), 1e-4
    _, score = heat_kernel(theta, np.full_like(theta, time))
    correction = score + theta / time
    np.testing.assert_allclose(correction, (1 / theta - 1 / np.tan(theta)) / 2, atol=3e-4)
    assert np.abs(correction - (1 / theta - 1 / np.tan(theta))).min() > 1e-2  # that of the tangent Gaussian step is twice as large


def test_the_kernel_is_smooth_at_both_poles_and_uniform_in_the_end() -> None:
    for time in TIMES:
        ends = np.array([0.0, math.pi])
        log_density, score = heat_kernel(ends, np.full_like(ends, time))
        assert np.isfinite(log_density).all()
        np.testing.assert_allclose(score * min(time, 1), 0, atol=1e-11)
    theta = np.linspace(0, math.pi, 11)
    np.testing.assert_allclose(density(heat_kernel, theta, 40.0), 1 / (4 * math.pi), rtol=1e-15)


def test_numpy_and_torch_kernels_agree() -> None:
    theta = np.linspace(0, math.pi, 23)[:, None] + np.zeros(len(TIMES))
    time = np.array(TIMES) + np.zeros_like(theta)
    ours, theirs = heat_kernel(theta, time), heat_kernel(torch.from_numpy(theta), torch.from_numpy(time))
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == (23, len(TIMES))
        scale = np.maximum(np.abs(a), 1)
        assert np.abs((b.numpy() - a) / scale).max() < 1e-9


# Divergence

COEFFICIENTS = np.random.default_rng(20).standard_normal((5, 3, 3))
AXIS = torch.from_numpy(COEFFICIENTS[0, 0])
QUADRIC = torch.from_numpy(COEFFICIENTS[1] + COEFFICIENTS[1].T - 2 / 3 * np.trace(COEFFICIENTS[1]) * np.eye(3))


def harmonic(degree: int, x: torch.Tensor) -> torch.Tensor:
    """A harmonic polynomial of the degree, restricted to the sphere: Y_l."""
    if degree == 1:
        return x @ AXIS
    return (
        ((x @ QUADRIC) * x).sum(-1)
        if degree == 2
        else x[..., 0] * x[..., 1] * x[..., 2] + x[..., 0] ** 3 - 3 * x[..., 0] * x[..., 1] ** 2
    )


def harmonic_gradient(degree: int, x: torch.Tensor) -> torch.Tensor:
    if degree == 1:
        return project(x, AXIS + 0 * x)
    if degree == 2:
        return project(x, 2 * x @ QUADRIC)
    a, b, c = x.unbind(-1)
    return project(x, torch.stack([b * c + 3 * a**2 - 3 * b**2, a * c - 6 * a * b, a * b], -1))


def points(batch: int, sites: int) -> torch.Tensor:
    return torch.from_numpy(directions(21, batch, sites))


Divergence = Callable[[Callable[[torch.Tensor], torch.Tensor], torch.Tensor], torch.Tensor]


def ambient(field: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The broken twin: the ambient trace, radial derivative included."""
    size = x[0].numel()
    jacobians = [torch.autograd.functional.jacobian(lambda y: field(y[None])[0], member) for member in x]
    return torch.stack([jacobian.reshape(size, size).trace() for jacobian in jacobians])


def ambient_less_radial(field: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """A second code path: the ambient trace less x·(∂_x F) of each spin (paper, Eq. 8)."""
    total = ambient(field, x)
    for site in range(x.shape[1]):
        radial = torch.zeros_like(x)
        radial[:, site] = x[:, site]
        _, change = torch.func.jvp(field, (x,), (radial,))
        total = total - (change * radial).sum((-1, -2))
    return total


def harmonic_error(method: Divergence, first: int, second: int) -> float:
    """div grad (Y_l(x₁) + Y_m(x₂)) + l(l+1) Y_l + m(m+1) Y_m and div grad (Y_l Y_m) + [l(l+1) + m(m+1)] Y_l Y_m, at worst."""

    def of_sum(x: torch.Tensor) -> torch.Tensor:
        return torch.stack([harmonic_gradient(first, x[:, 0]), harmonic_gradient(second, x[:, 1])], 1)

    def of_product(x: torch.Tensor) -> torch.Tensor:
        a, b = harmonic(first, x[:, 0]), harmonic(second, x[:, 1])
        return torch.stack([harmonic_gradient(first, x[:, 0]) * b[:, None], harmonic_gradient(second, x[:, 1]) * a[:, None]], 1)

    x = points(5, 2)
    a, b = harmonic(first, x[:, 0]), harmonic(second, x[:, 1])
    l, m = first * (first + 1), second * (second + 1)  # noqa: E741  (l(l+1) as in the formula)
    found, mixed = method(of_sum, x), method(of_product, x)
    return float(torch.maximum((found + l * a + m * b).abs().max(), (mixed + (l + m) * a * b).abs().max()))


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 3), (3, 1), (2, 2)])
def test_divergence_on_spherical_harmonics(first: int, second: int) -> None:
    assert harmonic_error(divergence, first, second) < 1e-13
    assert harmonic_error(ambient_less_radial, first, second) < 1e-13
    assert harmonic_error(ambient, first, second) > 0.1
    assert harmonic_error(lambda field, x: divergence(field, x) / 2, first, second) > 0.1


def test_divergence_of_seven_spins_that_act_on_each_other() -> None:
    weights = torch.from_numpy(np.random.default_rng(22).standard_normal((7, 7)))

    def field(x: torch.Tensor) -> torch.Tensor:
        return project(x, torch.tanh(weights @ x) + (weights.T @ x) ** 2)

    x = points(5, 7)
    found, expected = divergence(field, x), ambient_less_radial(field, x)
    assert found.shape == (5,)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert (found - ambient(field, x)).abs().min() > 1e-3


def test_a_rotation_has_no_divergence() -> None:
    def rotation(x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.cross(AXIS.expand_as(x), x)

    def spiral(x: torch.Tensor) -> torch.Tensor:
        return rotation(x) + 0.01 * project(x, AXIS + 0 * x)

    x = points(5, 7)
    assert divergence(rotation, x).abs().max() < 1e-14
    assert divergence(spiral, x).abs().min() > 1e-4


def near_the_pole_error(heat_kernel_form) -> float:
    """Largest relative difference of the score from the series where the small-angle branch serves part of the integral."""
    theta = np.linspace(0.004, 0.02, 9)
    time = np.full_like(theta, 0.5)
    density, derivative = sphere.heat_kernel_series(theta, time, 40)
    return float(np.abs(heat_kernel_form(theta, time)[1] / (derivative / density) - 1).max())


def test_the_score_near_the_pole_is_that_of_the_series():
    assert near_the_pole_error(sphere.heat_kernel) < 1e-10
    assert near_the_pole_error(lambda theta, time: (None, sphere.heat_kernel(theta, time)[1] * (1 + 1e-9))) > 1e-10
