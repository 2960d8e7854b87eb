"""Verdicts: each published value against ours, by the rule that specs/published.toml fixed before any run."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import attrs
import numpy as np
from scipy import stats

from paper_repro.spec import Claim, Published, Spec, canonical, differences

Verdict = Literal["REPRODUCED", "DEVIATES", "INCONCLUSIVE"]

#: A pooled z-score of the sampled energies beyond this is a sampler that has not converged.
_SAMPLER_LIMIT = 5.0


@attrs.frozen
class Judgement:
    """The verdict on one claim: our value, its errors, the interval that the published value had to meet, and the reason.

    ``over_sequences`` is the standard error from resampling within a seed, averaged over the seeds: these share the test
    sequences, so that it does not fall with their number; ``over_seeds`` is the standard deviation between training seeds.
    NaN where there is none.
    """

    claim: Claim
    verdict: Verdict
    value: float
    over_sequences: float
    over_seeds: float
    low: float
    high: float
    reason: str


def values_at(results: dict[str, Any], path: str) -> list[tuple[float, float]]:
    """Return (value, standard error) at a dotted path of the results, one for each training seed where the section has them.

    NaN stands for a number that is null in the results; the list is empty where the path leads nowhere.
    """
    head, *rest = path.split(".")
    section = results.get(head)
    found = (value_in(part, rest) for part in (section if isinstance(section, list) else [section]))
    return [pair for pair in found if pair is not None]


def value_in(part: Any, names: Sequence[str]) -> tuple[float, float] | None:
    """Return (value, standard error) at a path of keys in one part of the results, NaN for null; None where it leads nowhere."""
    for name in names:
        part = part.get(name) if isinstance(part, dict) else None
    if not isinstance(part, dict) or "value" not in part:
        return None
    value, error = (math.nan if item is None else float(item) for item in (part["value"], part["standard_error"]))
    return value, error


def by_network(results: dict[str, Any], path: str) -> list[tuple[float, float]]:
    """Return (value, standard error) at a dotted path for each training seed, then for the authors' weights where they were asked.

    NaN where a network has no such value, so that the list has an entry for each column.
    """
    section, *rest = path.split(".")
    theirs = results["authors"].get(section)
    parts = [*results[section], *([] if theirs is None else [theirs])]
    return [value_in(part, rest) or (math.nan, math.nan) for part in parts]


def reservations(spec: Spec, published: Spec, results: dict[str, Any]) -> list[str]:
    """Return why a run can establish nothing, whatever it finds; an empty list where it can.

    Its constants differ from the published protocol (the numbers of the seeds and the name aside), it has fewer training seeds,
    its energies miss the exact ones, its snapshots are correlated, or a training has not lowered its loss.
    """
    ours, theirs = canonical(spec), canonical(published)
    for values in (ours, theirs):
        values.pop("name")
        values.pop("seeds")
        values["training"].pop("seeds")
    changed = [line.split(":")[0] for line in differences(theirs, ours)]
    reasons = []
    if changed:
        shown = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        reasons.append(f"not the published protocol ({shown})")
    if len(spec.training.seeds) < len(published.training.seeds):
        reasons.append(f"{len(spec.training.seeds)} training seeds where the protocol has {len(published.training.seeds)}")
    for which in ("training", "test"):
        diagnosis = results.get("sampling", {}).get(which)
        if diagnosis is None:
            reasons.append(f"no diagnosis of the {which} set")
            continue
        if spec.sampler.method == "exact":
            continue
        z, ratio = diagnosis["z_pooled"], diagnosis["thinning_ratio"]
        if z is None or abs(z) > _SAMPLER_LIMIT:
            reasons.append(f"sampling of the {which} set has not converged (pooled z of the energy {z})")
        if ratio is None or ratio < 1:
            reasons.append(f"snapshots of the {which} set are correlated (thinning / autocorrelation = {ratio})")
    for seed, trained in zip(results.get("seeds", ()), results.get("training", ()), strict=False):
        if trained["epoch_losses"][-1] >= trained["epoch_losses"][0]:
            reasons.append(f"training of seed {seed} has not lowered its loss")
    return reasons


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
    ``errors`` within one, which does not, for all trainings are asked about the same sequences: t √(s²/n + σ²), with Student's t of
    n - 1 degrees of freedom. Of one training the normal quantile times σ: what lies between trainings is then not in it.
    """
    mean, within = float(np.mean(values)), float(np.mean(np.square(errors)))
    if len(values) < 2:
        return mean, float(stats.norm.ppf(0.5 + confidence / 2)) * math.sqrt(within)
    quantile = float(stats.t.ppf(0.5 + confidence / 2, len(values) - 1))
    return mean, quantile * math.sqrt(float(np.var(values, ddof=1)) / len(values) + within)


def judge(claim: Claim, results: dict[str, Any], confidence: float, doubts: Sequence[str]) -> Judgement:
    """Return the verdict on one claim; with any of ``doubts`` it is INCONCLUSIVE."""
    found = values_at(results, claim.measured)
    values = [value for value, _ in found]
    value = float(np.mean(values)) if values else math.nan
    over_seeds = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    over_sequences = sum(error for _, error in found) / len(found) if found else math.nan

    def result(verdict: Verdict, reason: str, low: float = math.nan, high: float = math.nan) -> Judgement:
        if doubts:
            verdict, reason = "INCONCLUSIVE", "; ".join(doubts)
        return Judgement(claim, verdict, value, over_sequences, over_seeds, low, high, reason)

    if claim.rule == "lost":
        return result("INCONCLUSIVE", "the published value is lost in the source text; ours is reported")
    if not values or not all(map(math.isfinite, values)):
        return result("INCONCLUSIVE", "not measured in this run")
    if claim.rule == "same-law":
        low, high = claim.published - claim.tolerance, claim.published + claim.tolerance
        inside = low <= min(values) and max(values) <= high
        reason = f"{'inside' if inside else 'outside'} {low:,.0f} … {high:,.0f}, where a draw of the same law lies"
        return result("REPRODUCED" if inside else "DEVIATES", reason, low, high)
    if claim.rule == "standard-errors":
        if not math.isfinite(over_sequences) or over_sequences <= 0:
            return result("INCONCLUSIVE", "no standard error")
        low, high = claim.published - 3 * over_sequences, claim.published + 3 * over_sequences
        inside = low <= value <= high
        reason = f"{abs(value - claim.published) / over_sequences:.1f} standard errors from the exact value"
        return result("REPRODUCED" if inside else "DEVIATES", reason, low, high)
    if len(values) < 2:
        return result("INCONCLUSIVE", "one training seed; a spread takes two or more")
    if not math.isfinite(over_sequences):
        return result("INCONCLUSIVE", "no standard error")
    low, high = prediction_interval(values, confidence)
    noise = math.sqrt(2) * float(stats.norm.ppf(0.5 + confidence / 2)) * over_sequences  # their test sequences and ours
    half = math.hypot((high - low) / 2, noise) + claim.rounding
    low, high = value - half, value + half
    inside = low <= claim.published <= high
    reason = f"{'inside' if inside else 'outside'} {low:.4f} … {high:.4f}, the {confidence:.0%} interval of {len(values)} seeds"
    if inside and half > claim.tolerance:
        return result("INCONCLUSIVE", f"{reason}: too wide to tell the published value from the truth", low, high)
    return result("REPRODUCED" if inside else "DEVIATES", reason, low, high)


def judge_all(published: Published, results: dict[str, Any], doubts: Sequence[str]) -> list[Judgement]:
    """Return the verdicts on all claims, in the order of the file."""
    return [judge(claim, results, published.confidence, doubts) for claim in published.claims]
