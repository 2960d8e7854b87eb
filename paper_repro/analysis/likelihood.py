"""Log-likelihood by the probability flow of spherical Brownian motion, with the exact Riemannian divergence (paper, S6).

    dx/dt = -½ s(x, t),    ln p_ε(x_ε) = -N ln 4π - ½ ∫_ε^{t_max} div s dt    along the flow              (paper, Eq. 7)

where the density at t_max is taken as uniform. Fixed-step Runge-Kutta of order 4 on a given grid of times.
"""

import math
from collections.abc import Callable

import torch
from torchdiffeq import odeint

from paper_repro.physics.sphere import divergence, normalise
from paper_repro.spec import Likelihood

#: (spins (configuration, site, 3), time) → score of the same shape, tangent.
ScoreField = Callable[[torch.Tensor, float], torch.Tensor]


def time_grid(settings: Likelihood) -> torch.Tensor:
    """Return the times (step + 1,) of the flow: start + (end - start)(k / steps)²."""
    fraction = torch.linspace(0, 1, settings.steps + 1, dtype=torch.float64)
    return settings.start_time + (settings.end_time - settings.start_time) * fraction**2


def log_likelihood(
    score: ScoreField, spins: torch.Tensor, times: torch.Tensor, progress: Callable[[int], None] | None = None
) -> torch.Tensor:
    """Return ln p (configuration,) of ``spins`` (configuration, site, 3), per unit area of (S²)^N, at the first of ``times``.

    ``score`` is asked at points of the sphere only, each configuration by itself. ``progress`` is called with the number of
    evaluations done (four a step).
    """
    done = 0

    def flow(time: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        nonlocal done
        field, spread = divergence(lambda x: score(x, float(time)), normalise(state[0]))
        done += 1
        if progress is not None:
            progress(done)
        return -0.5 * field, -0.5 * spread

    with torch.no_grad():
        start = (spins, torch.zeros(len(spins), dtype=spins.dtype))
        _, gained = odeint(flow, start, times.to(spins.dtype), method="rk4")
    result: torch.Tensor = gained[-1] - spins.shape[-2] * math.log(4 * math.pi)
    return result
