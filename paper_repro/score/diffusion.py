"""The forward process on (S²)^N, the target of the score, and the loss (paper, S2).

Spins are tensors (chain, site, 3); times are (chain,). Padded sites are zero vectors before and after.
"""

import math

import torch

from paper_repro.physics.sphere import angle, exp, heat_kernel, log, project
from paper_repro.spec import Diffusion, ShiftedTimeWeighting

#: The heat kernel never exceeds this multiple of the density of one tangent Gaussian step (checked by a test).
ENVELOPE = 1.72
_IMAGES = 6


def draw_times(count: int, diffusion: Diffusion, generator: torch.Generator, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return diffusion times (chain,) on [shortest_time, longest_time], by the distribution that the spec names."""
    fraction = torch.rand(count, generator=generator, dtype=dtype, device=generator.device)
    if diffusion.time_sampling == "log-uniform":
        times = diffusion.shortest_time * (diffusion.longest_time / diffusion.shortest_time) ** fraction
        return times.clamp(diffusion.shortest_time, diffusion.longest_time)
    if diffusion.time_sampling == "squared-uniform":
        fraction = fraction**2
    return diffusion.shortest_time + (diffusion.longest_time - diffusion.shortest_time) * fraction


def tangent_step(clean: torch.Tensor, time: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return Exp_x(√t ξ) with ξ a standard Gaussian in the tangent plane at x: the released noising.

    ``time`` (...) gives the variance of each tangent component, one value a spin or broadcastable to it.
    """
    noise = torch.randn(clean.shape, generator=generator, dtype=clean.dtype, device=clean.device)
    return exp(clean, project(clean, noise) * time[..., None] ** 0.5)


def tangent_step_density(theta: torch.Tensor, time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ln q_t(θ) of the tangent step, per unit area, and its derivative in θ, geodesics that wrap around included.

    q_t(θ) = Σ_ρ ρ e^{-ρ²/2t} / (2πt sin θ) over the lengths ρ = θ + 2πk and 2π(k+1) - θ that end at the angle θ in (0, π).
    """
    mass, slope = torch.zeros_like(theta * time), torch.zeros_like(theta * time)
    for image in range(_IMAGES):
        for rho, sign in ((theta + 2 * math.pi * image, 1.0), (2 * math.pi * (image + 1) - theta, -1.0)):
            weight = torch.exp((theta**2 - rho**2) / (2 * time))
            mass = mass + rho * weight
            slope = slope + sign * (1 - rho**2 / time) * weight
    log_density = torch.log(mass / (2 * math.pi * time * torch.sin(theta))) - theta**2 / (2 * time)
    return log_density, slope / mass - 1 / torch.tan(theta)


#: Each is accepted with probability 1/1.72 or more on average: that so many are not has no probability.
_MOST_PROPOSALS = 200


def brownian_step(clean: torch.Tensor, time: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return Brownian motion from ``clean`` after ``time`` (one value a spin): an exact draw from the heat kernel.

    Proposes the tangent step and accepts with probability p_t(θ) / (1.72 q_t(θ)); the draw is made in float64.
    Raises ``FloatingPointError`` where no proposal is accepted, as of times that are NaN.
    """
    start = clean.double()
    times = time.double().expand(clean.shape[:-1])
    result = start.clone()
    pending = (start * start).sum(-1) > 0
    for _ in range(_MOST_PROPOSALS):
        if not bool(pending.any()):
            return result.to(clean.dtype)
        source, at = start[pending], times[pending]
        proposal = tangent_step(source, at, generator)
        theta = angle(source, proposal).clamp(1e-9, math.pi - 1e-9)
        log_ratio = heat_kernel(theta, at)[0] - tangent_step_density(theta, at)[0] - math.log(ENVELOPE)
        accepted = torch.rand(theta.shape, generator=generator, dtype=torch.float64, device=theta.device).log() < log_ratio
        where = pending.nonzero(as_tuple=True)
        chosen = tuple(index[accepted] for index in where)
        result[chosen] = proposal[accepted]
        pending[chosen] = False
    raise FloatingPointError("a Brownian step that is never accepted: spins or times that are not finite numbers")


def add_noise(clean: torch.Tensor, time: torch.Tensor, diffusion: Diffusion, generator: torch.Generator) -> torch.Tensor:
    """Return the noisy spins (chain, site, 3) at times (chain,), by the forward kernel of the spec."""
    step = tangent_step if diffusion.forward_kernel == "tangent-gaussian" else brownian_step
    return step(clean, time[:, None], generator)


def opposite(clean: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """Return 2 x (x·v) - v at clean spins x (chain, site, 3): v after half a turn about x.

    Of a noisy spin it is the one with the opposite noise, which has the same law; of its target, the target there.
    """
    return 2 * (clean * vector).sum(-1, keepdim=True) * clean - vector


def geodesic_target(noisy: torch.Tensor, clean: torch.Tensor, time: torch.Tensor, threshold: float) -> torch.Tensor:
    """Return Log_x(x₀) / t (chain, site, 3), the target of the paper (Eq. 5), which is exact as t → 0."""
    return log(noisy, clean, threshold) / time[:, None, None]


def conditional_score(noisy: torch.Tensor, clean: torch.Tensor, time: torch.Tensor, forward_kernel: str) -> torch.Tensor:
    """Return ∇ ln p_t(x | x₀) (chain, site, 3), the exact conditional score of the forward kernel that made ``noisy``.

    It points along the geodesic to x₀ with the length -∂_θ ln p_t; computed in float64.
    """
    x, y = noisy.double(), clean.double()
    towards = log(x, y)
    theta = angle(x, y)
    at = time.double()[:, None].expand(theta.shape).contiguous()
    close = theta < 1e-6
    safe = torch.where(close, torch.full_like(theta, 1e-6), theta).clamp(max=math.pi - 1e-9)
    derivative = (tangent_step_density if forward_kernel == "tangent-gaussian" else heat_kernel)(safe, at)[1]
    return (-(derivative / safe)[..., None] * towards).to(noisy.dtype)


def target(noisy: torch.Tensor, clean: torch.Tensor, time: torch.Tensor, diffusion: Diffusion) -> torch.Tensor:
    """Return the target of the score (chain, site, 3) that the spec names."""
    if diffusion.target == "geodesic":
        return geodesic_target(noisy, clean, time, diffusion.angle_threshold)
    return conditional_score(noisy, clean, time, diffusion.forward_kernel)


def weight(time: torch.Tensor, diffusion: Diffusion) -> torch.Tensor:
    """Return the weight (chain,) of the squared error at each time: t (paper, Eq. 6), or t + τ.

    With antithetic noise the noise of the gradient does not grow as t → 0, so that the weight need not fall there.
    """
    weighting = diffusion.weighting
    return time + weighting.time_scale if isinstance(weighting, ShiftedTimeWeighting) else time


def loss(score: torch.Tensor, wanted: torch.Tensor, weight: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return E[w |s - target|²], the mean over the components of the valid spins (paper, Eq. 6, where the weight w is t).

    ``weight`` is (chain,); ``mask`` (chain, site) is True at valid spins; padded ones do not contribute.
    """
    squared = ((score - wanted) ** 2).sum(-1) * weight[:, None]
    return torch.where(mask, squared, torch.zeros_like(squared)).sum() / (3 * mask.sum())
