"""Verdicts: each published value compared with ours, by the rules that specs/published.toml fixed in advance."""

import math
from collections.abc import Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.spec import Spec
from paper_repro.spec.published import Claim, Lost, PredictionInterval, Published, Rule, SameDistribution, StandardErrors
from paper_repro.studies.reproduction.paths import MeasuredPath
from paper_repro.studies.reproduction.recipe_draw import judge_draws
from paper_repro.studies.reproduction.results import Judgement, Results, Verdict
from paper_repro.studies.reproduction.trainings import Trainings


@attrs.frozen
class Outcome:
    """What a rule finds: the verdict, the reason, and the interval that the published value had to meet (NaN for none)."""

    verdict: Verdict
    reason: str
    low: float = math.nan
    high: float = math.nan


def with_draw_of(spec: Spec, published: Published) -> Published:
    """Return the published values with the rules that hold for the sequences of a spec.

    Where they are the released ones, what would be another draw of one distribution is the same draw: it must be equal.
    """
    if spec.chains.draw != "released":
        return published
    claims = (
        attrs.evolve(claim, rule=attrs.evolve(claim.rule, tolerance=0.0)) if isinstance(claim.rule, SameDistribution) else claim
        for claim in published.claims
    )
    return attrs.evolve(published, claims=tuple(claims))


def judge_all(published: Published, results: Results, caveats: Sequence[str]) -> tuple[Judgement, ...]:
    """Return the verdicts on all claims, in the order of the file."""
    judged = [judge(claim, results, published.confidence, caveats) for claim in published.claims]
    draws = judge_draws(
        {
            claim.name: (claim.rule, trainings_of(claim, results))
            for claim in published.claims
            if isinstance(claim.rule, PredictionInterval)
        },
        published.draw_of_the_recipe,
        caveats,
    )
    return tuple(attrs.evolve(item, draw=draws.get(item.claim)) for item in judged)


def trainings_of(claim: Claim, results: Results) -> Trainings:
    """Return the values of a claim that a run measured."""
    found = MeasuredPath.of_text(claim.measured).of_trained(results)
    return Trainings(tuple(item.value for item in found), tuple(item.standard_error for item in found))


def judge(claim: Claim, results: Results, confidence: float, caveats: Sequence[str]) -> Judgement:
    """Return the verdict on one claim; with any of the ``caveats`` it is INCONCLUSIVE."""
    ours = trainings_of(claim, results)
    outcome = _apply(claim.rule, ours, confidence)
    if caveats:
        outcome = attrs.evolve(outcome, verdict="INCONCLUSIVE", reason="; ".join(caveats))
    return Judgement(
        claim.name, claim.statement, claim.measured, claim.rule.kind, claim.published, ours.mean, ours.within, ours.between,
        outcome.low, outcome.high, outcome.verdict, outcome.reason,
    )  # fmt: skip


def _apply(rule: Rule, ours: Trainings, confidence: float) -> Outcome:
    if isinstance(rule, Lost):
        return Outcome("INCONCLUSIVE", "the published value is lost in the source text; ours is reported")
    if not ours.values or not all(map(math.isfinite, ours.values)):
        return Outcome("INCONCLUSIVE", "not measured in this run")
    if isinstance(rule, SameDistribution):
        return by_distribution(rule, ours)
    if isinstance(rule, StandardErrors):
        return by_standard_errors(rule, ours)
    return by_prediction_interval(rule, ours, confidence)


def by_distribution(rule: SameDistribution, ours: Trainings) -> Outcome:
    """Judge two draws of one distribution by their distance, and the same draw, whose tolerance is 0, by equality."""
    low, high = rule.published - rule.tolerance, rule.published + rule.tolerance
    inside = low <= min(ours.values) and max(ours.values) <= high
    if rule.tolerance == 0:
        return Outcome(_verdict(inside), "equal, as the same draw must be" if inside else "not equal: another draw", low, high)
    reason = f"{_place(inside)} {low:,.0f} … {high:,.0f}, where a draw of the same distribution lies"
    return Outcome(_verdict(inside), reason, low, high)


def by_standard_errors(rule: StandardErrors, ours: Trainings) -> Outcome:
    """Judge a difference from an exact value by its standard error."""
    if not math.isfinite(ours.within) or ours.within <= 0:
        return Outcome("INCONCLUSIVE", "no standard error")
    low, high = -rule.limit * ours.within, rule.limit * ours.within
    reason = f"{abs(ours.mean) / ours.within:.1f} standard errors from the exact value"
    return Outcome(_verdict(low <= ours.mean <= high), reason, low, high)


def by_prediction_interval(rule: PredictionInterval, ours: Trainings, confidence: float) -> Outcome:
    """Judge a published value as one more draw of the recipe: by the prediction interval of our trainings, widened by the noise."""
    if len(ours.values) < 2:
        return Outcome("INCONCLUSIVE", "one training seed; a spread takes two or more")
    if not math.isfinite(ours.within):
        return Outcome("INCONCLUSIVE", "no standard error")
    low, high = prediction_interval(ours.values, confidence)
    noise = math.sqrt(2) * float(stats.norm.ppf(0.5 + confidence / 2)) * ours.within  # their test sequences and ours
    half = math.hypot((high - low) / 2, noise) + rule.rounding
    low, high = ours.mean - half, ours.mean + half
    inside = low <= rule.published <= high
    reason = f"{_place(inside)} {low:.4f} … {high:.4f}, the {confidence:.0%} interval of {len(ours.values)} seeds"
    if inside and half > rule.distance:
        return Outcome("INCONCLUSIVE", f"{reason}: too wide to tell the published value from the truth", low, high)
    return Outcome(_verdict(inside), reason, low, high)


def _verdict(inside: bool) -> Verdict:
    return "REPRODUCED" if inside else "DEVIATES"


def _place(inside: bool) -> str:
    return "inside" if inside else "outside"


def prediction_interval(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """Return the interval that holds one more draw of the law of ``values`` with the given confidence.

    mean ± t_{n-1} s √(1 + 1/n), Student's t. Raises ``ValueError`` for fewer than two values.
    """
    if len(values) < 2:
        raise ValueError(f"{len(values)} values; expected at least two for a prediction interval")
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stats.t.ppf(0.5 + confidence / 2, len(values) - 1)) * deviation * math.sqrt(1 + 1 / len(values))
    return mean - half, mean + half


def mean_interval(values: Sequence[float], errors: Sequence[float], confidence: float) -> tuple[float, float]:
    """Return the mean over trainings and half the width of its confidence interval.

    Two components: the scatter s of the n ``values`` between trainings, which averages out, and the mean square of the standard
    ``errors`` within one, which does not, for all trainings share the test sequences: t √(s²/n + σ²), with Student's t of n - 1
    degrees of freedom. Of one training the normal quantile times σ: the scatter between trainings is then not in it.
    """
    mean, within = float(np.mean(values)), float(np.mean(np.square(errors)))
    if len(values) < 2:
        return mean, float(stats.norm.ppf(0.5 + confidence / 2)) * math.sqrt(within)
    quantile = float(stats.t.ppf(0.5 + confidence / 2, len(values) - 1))
    return mean, quantile * math.sqrt(float(np.var(values, ddof=1)) / len(values) + within)
