"""Sentences of README.md and REPRODUCE.md that hold numbers or verdicts of the recorded runs.

A sentence that rests on a premise names it: where the records no longer meet the premise, ``ValueError`` quotes the sentence, and
a person has to write another.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from paper_repro.report.numbers import fixed
from paper_repro.studies.reproduction.results import Judgement
from paper_repro.studies.reproduction.statements import Decision
from paper_repro.studies.reproduction.subject import Subject
from tools.summary import FIGURE, span, spread

_VERDICTS = ("REPRODUCED", "DEVIATES", "INCONCLUSIVE")
_STATEMENTS = ("SUPPORTED", "NOT SUPPORTED", "UNDECIDED")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def given(premise: bool, sentence: str) -> str:
    """Return a sentence whose premise holds; raises ``ValueError`` with the sentence where it does not."""
    if not premise:
        raise ValueError(f"the records contradict the sentence: {sentence}")
    return sentence


def count(number: int, noun: str = "") -> str:
    """Return a count in words up to twelve, and its noun in the plural where it is not one."""
    word = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return word if not noun else f"{word} {noun}{'' if number == 1 else 's'}"


def counted(found: Iterable[str], order: Sequence[str]) -> str:
    """Return how often each word was found, in this order, such as "one REPRODUCED, six INCONCLUSIVE"."""
    amounts = Counter(found)
    return ", ".join(f"{count(amounts[word])} {word}" for word in order if amounts[word])


def judged(run: Subject) -> list[Judgement]:
    """Return the verdicts on the published numbers that depend on a training."""
    return [item for item in run.judgements if item.rule == "prediction-interval"]


def tally(run: Subject) -> str:
    """Return how many of these numbers have each verdict."""
    return counted((item.decided.verdict for item in judged(run)), _VERDICTS)


def draws(run: Subject) -> tuple[float, float] | None:
    """Return the smallest and the largest probability of a published value as one more training; None before all are decided."""
    found = [math.nan if item.draw is None else item.draw.probability for item in judged(run)]
    return (min(found), max(found)) if found and all(map(math.isfinite, found)) else None


def extent(values: tuple[float, float], places: int) -> str:
    """Return the smallest and the largest value, or one of them where they agree in these places."""
    low, high = (fixed(value, places) for value in values)
    return low if low == high else f"{low} to {high}"


def verdict(ours: Subject, refined: Subject) -> str:
    """Return the answer to "does it hold?"."""
    cosines, scales = span(ours, "cosine"), span(ours, "scale_over_beta")
    return given(
        cosines[0] > 0.99 and scales[1] < 0.8 and span(refined, "scale_over_beta")[0] > 0.9,
        f"**Verdict.** In part: each of our {count(len(ours.results.seeds))} trainings of the published recipe"
        f" recovers the direction of the couplings (cosine {extent(cosines, 4)}), none their magnitude ({extent(scales, 2)} of the"
        " true one); R² = 0.87, the ratios of Table 1 and the error of ln Z belong to the training recipe, not to the physics.",
    )


def picture(ours: Subject) -> str:
    """Return the figure of Table 1, with its caption."""
    low, high = spread(ours)
    alt = "Published ratios and those of our trainings scatter away from the truth; those of the refined recipe are near it."
    caption = (
        "*Ratios of Table 1, less the true ones. Standard deviation between trainings of the published recipe:"
        f" {fixed(low, 1)} to {fixed(high, 1)} of the published error.*"
    )
    return f"![{alt}]({FIGURE.as_posix()})\n\n{caption}"


def findings(ours: Subject, refined: Subject, changed: float, statements: Sequence[Decision]) -> str:
    """Return what holds, which numbers are the physics' and which the recipe's.

    ``changed`` is 1 - R² of the published recipe with log-uniform training times.
    """
    return "\n".join(f"- {line}" for line in (_holds(ours, statements), _physics(refined), _recipe(refined, changed)))


def _holds(ours: Subject, statements: Sequence[Decision]) -> str:
    said = counted((item.verdict for item in statements), _STATEMENTS)
    trainings = count(len(ours.results.seeds), "training")
    probabilities = draws(ours)
    first = counted((item.verdict for item in judged(ours)), _VERDICTS)
    if probabilities:
        how = (
            f"each as one more of {trainings} (two-sided probability {extent(probabilities, 2)}; REPRODUCED: could be one more,"
            f" right or wrong; by the first rule {first})"
        )
    else:
        how = (
            f"after {trainings} (REPRODUCED: could be one more training, right or wrong; INCONCLUSIVE: trainings differ too much to"
            " decide)"
        )
    return (
        f"**Does it hold?** Of {count(len(judged(ours)))} published numbers that depend on a training: {tally(ours)}, {how}. Of"
        f" {count(len(statements))} statements about the results: {said}."
    )


def _physics(refined: Subject) -> str:
    ratio, gap = span(refined, "largest_ratio_error")[1], max(map(abs, span(refined, "gap_per_spin")))
    off = 100 * max(abs(value - 1) for value in span(refined, "scale_over_beta"))
    return given(
        ratio < 0.01 and gap < 0.02,
        "**Physics:** the snapshots determine direction and magnitude of the couplings, and ln Z. A"
        " [refined recipe](REPRODUCE.md#the-refined-run), trained on exact samples of the same law, gives every"
        f" ratio within {fixed(ratio, 3)}, the magnitude within {fixed(off, 1)} %, and ln Z(αβ) within"
        f" {fixed(gap, 3)} per spin, at α = {extent(span(refined, 'alpha'), 2)} (exact: 1).",
    )


def _recipe(refined: Subject, changed: float) -> str:
    residual = 100 * (1 - span(refined, "r2")[0])
    return given(
        residual < 1 and changed < 0.02,
        "**Recipe:** the paper attributes the missing 13 % of R² to thermal correlations. But the exact force is a sum of the six"
        f" terms: what is missing is an error of the network, {fixed(residual, 1)} % with the refined recipe,"
        f" {fixed(100 * changed, 1)} % with [one line changed](REPRODUCE.md#one-line-changed):",
    )
