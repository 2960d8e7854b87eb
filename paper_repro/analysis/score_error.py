"""How far a network's score is from the exact one, by diffusion time, and what that costs the partition function.

The flow of the exact score gives ln p exactly. To first order, along its path, a score s gives

    -⟨ln p⟩ too large by  ½ ∫ ⟨(s* - s)·s*⟩ dt,

which is ½ ∫ ⟨|s* - s|²⟩ dt where s is the best multiple of itself, ⟨s·(s* - s)⟩ = 0: what the plateau lies above the exact ln Z.
"""

import math
from collections.abc import Callable, Sequence

import attrs
import numpy as np
import torch

from paper_repro.analysis.likelihood import ScoreField
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import quotient, root, standard_error
from paper_repro.physics.exact import ExactChain
from paper_repro.sampling.posterior import average_score
from paper_repro.score.diffusion import brownian_step
from paper_repro.spec import Likelihood

#: Sweeps of each estimate of the exact score that the command line compares with.
SWEEPS = 600
_SHORTEST_TIME, _TIMES = 1e-3, 15


@attrs.frozen
class ScoreError:
    """A score at one time against the exact one: all but the last two are relative to the exact score.

    ``error`` is √(⟨|s* - s|²⟩ / ⟨|s*|²⟩), ``slope`` ⟨s·s*⟩ / ⟨|s|²⟩ (1 where s has the right size), ``exact`` ⟨|s*|²⟩ per spin;
    NaN where the estimate of ⟨|s*|²⟩ is not positive (on a hot law it is noise), and the slope of a score that is 0.
    ``cost`` is ½ t ⟨(s* - s)·s*⟩ per spin, what a unit of ln t adds to -⟨ln p⟩, with its standard error.
    """

    time: float
    error: float
    slope: float
    exact: float
    cost: float
    cost_error: float


def comparison_times(settings: Likelihood) -> list[float]:
    """Return the diffusion times at which scores are compared: geometric, up to the end of the flow."""
    first = min(_SHORTEST_TIME, settings.end_time / 2)
    return [float(time) for time in np.geomspace(first, settings.end_time, _TIMES)]


def score_errors(
    score: ScoreField,
    law: ExactChain,
    times: Sequence[float],
    count: int,
    sweeps: int,
    generator: np.random.Generator,
    progress: Callable[[int], None] = lambda _: None,
) -> list[ScoreError]:
    """Compare a score with the exact one at each of ``times``, at ``count`` exact samples of the chain that Brownian motion moved.

    Products of two independent estimates of the exact score, of ``sweeps`` sweeps each, have no bias from their noise.
    """
    found = []
    for number, time in enumerate(times):
        found.append(_error_at(score, law, float(time), count, sweeps, generator))
        progress(number + 1)
    return found


def _error_at(
    score: ScoreField, law: ExactChain, time: float, count: int, sweeps: int, generator: np.random.Generator
) -> ScoreError:
    clean = law.sample(count, generator)
    noise = torch.Generator().manual_seed(int(generator.integers(2**63)))
    noisy = brownian_step(torch.as_tensor(clean), torch.full(clean.shape[:-1], time, dtype=torch.float64), noise).numpy()
    one, two = (average_score(law.beta * law.matrix, clean, noisy, time, sweeps, generator) for _ in range(2))
    with torch.inference_mode():
        ours = score(torch.as_tensor(noisy, dtype=torch.float32), time).double().cpu().numpy()

    def per_spin(first: Floats, second: Floats) -> Floats:
        products: Floats = (first * second).sum((1, 2)) / law.sites
        return products

    exact, missed = per_spin(one, two).mean(), per_spin(one - ours, two - ours).mean()
    costs = 0.25 * time * (per_spin(one - ours, two) + per_spin(two - ours, one))
    return ScoreError(
        time=time,
        error=root(quotient(max(missed, 0.0), exact)) if exact > 0 else math.nan,
        slope=quotient(per_spin(ours, (one + two) / 2).mean(), per_spin(ours, ours).mean()),
        exact=float(exact),
        cost=float(costs.mean()),
        cost_error=standard_error(costs),
    )


def cost_of(errors: Sequence[ScoreError]) -> tuple[float, float]:
    """Return ½ ∫ ⟨(s* - s)·s*⟩ dt per spin, by the trapezoidal rule in ln t, and its standard error."""
    logs = np.log([item.time for item in errors])
    widths = np.gradient(logs) if len(logs) > 2 else np.full(len(logs), np.ptp(logs) / 2)
    widths[[0, -1]] /= 2
    costs, spread = np.array([item.cost for item in errors]), np.array([item.cost_error for item in errors])
    return float(widths @ costs), float(np.linalg.norm(widths * spread))
