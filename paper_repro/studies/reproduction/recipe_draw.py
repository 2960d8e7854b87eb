"""The second rule: a published value judged as one more draw of the recipe's own law (``spec.published.DrawOfTheRecipe``)."""

import math
from collections.abc import Mapping, Sequence

import attrs
import numpy as np
from scipy import special

from paper_repro.numerics.measured import Measured
from paper_repro.spec.published import DrawOfTheRecipe, PredictionInterval
from paper_repro.studies.reproduction.results import Draw, Verdict
from paper_repro.studies.reproduction.trainings import Trainings


def judge_draws(
    claims: Mapping[str, tuple[PredictionInterval, Trainings]], rule: DrawOfTheRecipe, caveats: Sequence[str]
) -> dict[str, Draw]:
    """Return the verdicts on claims that are judged together, by name; with any of the ``caveats`` all are INCONCLUSIVE."""
    drawn = {name: _undecided(stated, ours, rule) for name, (stated, ours) in claims.items()}
    if caveats:
        return {name: attrs.evolve(draw, reason="; ".join(caveats)) for name, draw in drawn.items()}
    judged = {name: draw_probability(*claims[name]) for name, draw in drawn.items() if not draw.reason}
    corrected = dict(zip(judged, holm(list(judged.values())), strict=True))
    return drawn | {name: _decided(drawn[name], judged[name], corrected[name], rule) for name in judged}


def _undecided(stated: PredictionInterval, ours: Trainings, rule: DrawOfTheRecipe) -> Draw:
    """Return what the recipe fixes, and why there is no verdict; without a reason where there can be one."""
    count = len(ours.values)
    if not count or not all(map(math.isfinite, ours.values)):
        missing = ["not measured in this run"]
    else:
        missing = [f"{count} of {rule.trainings} trainings"] if count < rule.trainings else []
        missing += [] if math.isfinite(ours.within) else ["no standard error"]
    error = math.hypot(ours.between / math.sqrt(count), ours.within) if count else math.nan
    scatter = ours.between / stated.distance if stated.distance > 0 else math.nan
    return Draw(count, math.nan, math.nan, scatter, Measured(ours.mean - stated.truth, error), "INCONCLUSIVE", "; ".join(missing))


def _decided(draw: Draw, probability: float, corrected: float, rule: DrawOfTheRecipe) -> Draw:
    verdict: Verdict = "DEVIATES" if corrected < rule.level else "REPRODUCED"
    reason = f"two-sided probability {probability:.2g} as one more of {draw.trainings} trainings ({corrected:.2g} with Holm)"
    return attrs.evolve(draw, probability=probability, corrected=corrected, verdict=verdict, reason=reason)


def draw_probability(stated: PredictionInterval, ours: Trainings) -> float:
    """Return the two-sided probability of a draw of the law of ``ours`` as far from their mean as the published value.

    T = max(0, |x - m| - r) / √(s² (1 + 1/n) + 2σ²) under Student's t with n - 1 degrees of freedom: s between n ≥ 2 trainings, σ
    within one, from our test sequences and from theirs, r the rounding.
    """
    count = len(ours.values)
    distance = max(0.0, abs(stated.published - ours.mean) - stated.rounding)
    deviation = math.sqrt(ours.between**2 * (1 + 1 / count) + 2 * ours.within**2)
    if deviation == 0:
        return float(distance == 0)
    return 2 * float(special.stdtr(count - 1, -distance / deviation))


def holm(probabilities: Sequence[float]) -> list[float]:
    """Return probabilities corrected for their number by Holm's method.

    The k-th smallest of m is multiplied by m + 1 - k, and is at least the one before it: for any dependence, one of m true
    hypotheses has a corrected probability below a level with at most that probability.
    """
    order = np.argsort(probabilities, kind="stable")
    factors = np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(factors * np.asarray(probabilities, dtype=float)[order]))
    return [float(value) for value in corrected]
