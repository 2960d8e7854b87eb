"""Geometry of the unit sphere S²: projection, exponential and logarithm, heat kernel, Riemannian divergence.

Points and vectors are arrays (..., 3). Every function takes NumPy arrays or torch tensors and returns the same kind.
Brownian motion has the generator ½Δ throughout.
"""

import importlib
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", "npt.NDArray[Any]", "torch.Tensor")

#: Up to this time the heat kernel is taken from its small-time form, above it from its series.
CROSSOVER_TIME = 0.5
_NODES = 48
_TERMS = 24


def _namespace(array: Any) -> Any:
    return np if isinstance(array, np.ndarray) else importlib.import_module("torch")


def _dot(x: Array, y: Array) -> Array:
    result: Array = (x * y).sum(-1)[..., None]
    return result


def project(x: Array, vector: Array) -> Array:
    """Return (I - x xᵀ) vector, the part of ``vector`` tangent to the sphere at ``x``."""
    result: Array = vector - _dot(x, vector) * x
    return result


#: Lengths within this of 1 are those of single precision or of text.
_UNIT = 1e-4


def require_unit(spins: npt.NDArray[Any]) -> None:
    """Raise ``ValueError`` unless ``spins`` are unit vectors (…, site, 3): other lengths give other couplings, in silence."""
    if spins.ndim < 2 or spins.shape[-1] != 3:
        raise ValueError(f"spins of shape {spins.shape}; expected unit vectors (…, site, 3)")
    squares = np.einsum("...i,...i->...", spins, spins)
    off = float(np.abs(squares - 1).max(initial=0.0))
    if not off <= 2 * _UNIT:
        low, high = (float(np.sqrt(end(squares))) for end in (np.min, np.max))
        raise ValueError(f"spins of lengths {low:.6g} to {high:.6g}; expected unit vectors (…, site, 3)")


def normalise(vector: Array) -> Array:
    """Return ``vector`` over its length."""
    result: Array = vector / _dot(vector, vector) ** 0.5
    return result


def angle(x: Array, y: Array) -> Array:
    """Return the angle (...) between unit vectors, in rad, by atan2: accurate at 0 and at π."""
    xp = _namespace(x)
    tangent = project(x, y)
    result: Array = xp.atan2((tangent * tangent).sum(-1) ** 0.5, (x * y).sum(-1))
    return result


def exp(x: Array, vector: Array) -> Array:
    """Return Exp_x(v) = cos|v| x + (sin|v| / |v|) v for tangent vectors, as unit vectors."""
    xp = _namespace(x)
    length = _dot(vector, vector) ** 0.5
    moved: Array = xp.cos(length) * x + xp.sinc(length / math.pi) * vector
    return normalise(moved)


def log(x: Array, y: Array, threshold: float = 0.0) -> Array:
    """Return Log_x(y) = (θ / sin θ)(y - cos θ x), the tangent vector at x that leads to y (paper, Eq. 5).

    θ / sin θ is taken as 1 where θ is at most ``threshold`` (rad). At the antipode, where the direction is not defined, the
    result is that of the rounded input, and 0 where y is exactly -x.
    """
    xp = _namespace(x)
    tangent = project(x, y)
    sine = (tangent * tangent).sum(-1) ** 0.5
    theta = xp.atan2(sine, (x * y).sum(-1))
    small = (theta <= threshold) | (sine == 0)
    ratio = xp.where(small, xp.ones_like(theta), theta / xp.where(small, xp.ones_like(sine), sine))
    result: Array = ratio[..., None] * tangent
    return result


def tangent_basis(x: Array) -> Array:
    """Return two orthonormal tangent vectors (..., 2, 3) at each unit vector."""
    xp = _namespace(x)
    sign = xp.where(x[..., 2] >= 0, xp.ones_like(x[..., 2]), -xp.ones_like(x[..., 2]))
    a = -1.0 / (sign + x[..., 2])
    b = x[..., 0] * x[..., 1] * a
    first = xp.stack([1.0 + sign * x[..., 0] ** 2 * a, sign * b, -sign * x[..., 0]], -1)
    second = xp.stack([b, sign + x[..., 1] ** 2 * a, -x[..., 1]], -1)
    result: Array = xp.stack([first, second], -2)
    return result


def legendre_series(cosine: Array, weights: Iterable[Any]) -> tuple[Array, Array]:
    """Return Σ_l weight_l P_l(u) and its derivative in u; each weight is a number or an array that broadcasts with ``cosine``."""
    xp = _namespace(cosine)
    before, now = xp.zeros_like(cosine), xp.ones_like(cosine)  # P_{l-1}, P_l
    slope_before, slope = xp.zeros_like(cosine), xp.zeros_like(cosine)  # their derivatives
    value, derivative = xp.zeros_like(cosine), xp.zeros_like(cosine)
    for degree, weight in enumerate(weights):
        value, derivative = value + weight * now, derivative + weight * slope
        following = (2 * degree + 1) / (degree + 1) * cosine * now - degree / (degree + 1) * before
        slope_before, slope = slope, (2 * degree + 1) * now + slope_before
        before, now = now, following
    return value, derivative


def heat_kernel_series(theta: Array, time: Array, terms: int) -> tuple[Array, Array]:
    """Return p_t(θ) = Σ_{l<terms} (2l+1)/(4π) e^{-l(l+1)t/2} P_l(cos θ), per unit area, and its derivative in θ.

    Accurate where the kernel is not small against its largest value; the terms needed grow as √(80/t).
    """
    xp = _namespace(theta)
    weights = ((2 * l + 1) / (4 * math.pi) * xp.exp(-0.5 * l * (l + 1) * time) for l in range(terms))  # noqa: E741
    density, derivative = legendre_series(xp.cos(theta), weights)
    return density, -xp.sin(theta) * derivative


def _small_time(theta: Array, time: Array) -> tuple[Array, Array]:
    """Return ln p_t(θ) and its derivative from the integral over the images of the geodesic; exact to rounding for t ≤ ½.

    The Mehler-Dirichlet form of P_l and Poisson's summation turn the series into ∫ φ e^{-φ²/2t} dφ / √(cos θ - cos φ) over
    φ > θ. With cos(φ/2) = cos(θ/2) cos ω the integrand is smooth and even about both ends, so that the trapezoidal rule
    converges geometrically:

        p_t(θ) = 2 e^{t/8} (2πt)^{-3/2} ∫_0^π φ / sin(φ/2) e^{-φ²/2t} dω
    """
    xp = _namespace(theta)
    theta, time = theta[..., None], time[..., None]
    half = xp.cos(theta / 2)
    reach = (theta**2 + 72.0 * time) ** 0.5  # beyond it the integrand has fallen by e^-36
    inside = reach < 2 * math.pi - theta
    ratio = xp.where(
        inside, xp.cos(xp.where(inside, reach, theta) / 2) / xp.where(inside, half, xp.ones_like(half)), -xp.ones_like(half)
    )
    end = xp.arccos(xp.clip(ratio, -1.0, 1.0))
    steps = xp.asarray(np.arange(_NODES + 1) / _NODES, dtype=theta.dtype, device=theta.device)
    weights = xp.asarray(np.where(np.arange(_NODES + 1) % _NODES == 0, 0.5, 1.0) / _NODES, dtype=theta.dtype, device=theta.device)
    omega = end * steps
    h = xp.atan2(((xp.sin(theta / 2)) ** 2 + (half * xp.sin(omega)) ** 2) ** 0.5, half * xp.cos(omega))  # φ/2
    small = h < 1e-2
    safe = xp.where(small, xp.ones_like(h), h)
    sine = xp.sin(safe)
    over_sine = xp.where(small, 1 + h**2 / 6 + 7 * h**4 / 360, safe / sine)
    bend = xp.where(small, 1 / 3 + 2 * h**2 / 15, (1 - safe * xp.cos(safe) / sine) / sine**2)  # (1 - h cot h) / sin² h
    decay = xp.exp(-(4 * h**2 - theta**2) / (2 * time)) * weights
    mass = (2 * over_sine * decay).sum(-1)
    slope = (xp.sin(theta / 2) * xp.cos(omega) * (bend - 4 * over_sine**2 / time) * decay).sum(-1)
    theta, time, end = theta[..., 0], time[..., 0], end[..., 0]
    log_density = math.log(2) + time / 8 - 1.5 * xp.log(2 * math.pi * time) + xp.log(end * mass) - theta**2 / (2 * time)
    return log_density, slope / mass


def heat_kernel(theta: Array, time: Array) -> tuple[Array, Array]:
    """Return ln p_t(θ) of Brownian motion (generator ½Δ), per unit area, and its derivative in θ (the score, in 1/rad).

    ``theta`` in [0, π] and ``time`` > 0 have the same shape. Small-time form up to t = ½, series above.
    """
    xp = _namespace(theta)
    early = time <= CROSSOVER_TIME
    limit = xp.full_like(time, CROSSOVER_TIME)
    log_density, score = _small_time(theta, xp.where(early, time, limit))
    density, derivative = heat_kernel_series(theta, xp.where(early, limit, time), _TERMS)
    return xp.where(early, log_density, xp.log(density)), xp.where(early, score, derivative / density)


def divergence(field: "Callable[[torch.Tensor], torch.Tensor]", x: "torch.Tensor") -> "torch.Tensor":
    """Return the exact Riemannian divergence (batch,) of a tangent field on (S²)^N at ``x``.

    ``x`` is (batch, site, 3), ``field`` maps it to tangent vectors of the same shape, each batch member by itself. For tangent
    directions e_a of each spin the covariant divergence is Σ_a e_a·∂_{e_a} field: the ambient divergence less its radial normal
    derivative (paper, Eq. 8). Reverse mode, 2N products, some at a time; may be called from several threads.
    """
    torch = importlib.import_module("torch")
    size = x.shape[-2]
    x = x.detach()
    directions = torch.einsum("ij,biac->iabjc", torch.eye(size, dtype=x.dtype, device=x.device), tangent_basis(x)).flatten(0, 1)
    with torch.enable_grad():
        x.requires_grad_()
        value = field(x)
    total = torch.zeros(len(x), dtype=x.dtype, device=x.device)
    if value.requires_grad:  # else it does not depend on x
        for some in directions.split(16):
            (slopes,) = torch.autograd.grad(value, x, some, is_grads_batched=True, retain_graph=True)
            total += (slopes * some).sum((0, -1, -2))
    return total  # type: ignore[no-any-return]
