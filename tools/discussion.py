"""The discussion of the recorded runs in REPRODUCE.md: sentences with their numbers and verdicts."""

import math
import statistics
from collections.abc import Sequence

import attrs
import numpy as np

from paper_repro.numerics.estimates import deviation
from paper_repro.report.document import Table, Text
from paper_repro.report.numbers import fixed, number, significant
from paper_repro.spec.published import Claim, PredictionInterval
from paper_repro.studies.reproduction.recipe_draw import draw_probability
from paper_repro.studies.reproduction.results import Calibration, Judgement
from paper_repro.studies.reproduction.sections.epochs import epochs
from paper_repro.studies.reproduction.sections.two_runs import gap_per_spin, largest_ratio_error
from paper_repro.studies.reproduction.subject import Subject
from paper_repro.studies.reproduction.trainings import Trainings
from paper_repro.studies.reproduction.verdicts import trainings_of
from tools.findings import count, counted, draws, extent, given, judged
from tools.summary import span

_VERDICTS = ("REPRODUCED", "DEVIATES", "INCONCLUSIVE")
_LABELS = {"inversion.cosine": "cosine", "inversion.r2": "R²"}
_BIASED = 3.0  # standard errors of a mean over trainings


def published_run(run: Subject) -> str:
    """Return what the trainings of the published recipe show."""
    return "\n".join(f"- {line}" for line in (_r2(run), _ratios(run), _scale(run), _authors(run), _plateau(run)))


def _listed(values: Sequence[float], places: int) -> str:
    texts = [fixed(value, places) for value in values]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _of(run: Subject, path: str) -> Judgement:
    return next(item for item in run.judgements if item.measured == path)


def _r2(run: Subject) -> str:
    item, values = _of(run, "inversion.r2"), [part.r2.value for part in run.results.inversion.trained]
    return (
        f"**R² is {item.decided.verdict}.** The {count(len(values), 'training')} give {_listed(values, 3)}; published is"
        f" {number(item.published)}. Reason: {item.decided.reason}."
    )


def _ratios(run: Subject) -> str:
    others = [item for item in judged(run) if item.measured != "inversion.r2"]
    item = _of(run, "inversion.ratios.J_BB")
    values = [part.ratios["J_BB"].value for part in run.results.inversion.trained]
    factors = [part.over_seeds / part.over_sequences for part in others]
    verdicts = [part.decided.verdict for part in others]
    return given(
        min(factors) > 5 and "DEVIATES" not in verdicts,
        f"**The cosine and the ratios: {counted(verdicts, _VERDICTS)}.** They differ between trainings:"
        f" J_BB / J_AA is {_listed(values, 3)} (published {number(item.published)}, truth 0.5), the cosine"
        f" {_listed([part.cosine.value for part in run.results.inversion.trained], 4)}. The scatter between trainings is"
        f" {min(factors):.0f} to {max(factors):.0f} times the standard error from the test sequences: the published table is"
        f" compatible with one draw of a wide distribution.{_outside(run)}{_bounded(run)}{_bias(run)}{_truth(run)}",
    )


def _bias(run: Subject) -> str:
    """Return which means over the trainings differ from the truth, once the trainings are enough for a verdict."""
    if draws(run) is None:
        return ""
    ratios = [item for item in judged(run) if item.measured.startswith("inversion.ratios.")]  # a cosine is at most 1
    items = [(item.statement.removeprefix("Table 1: "), item.draw.bias) for item in ratios if item.draw is not None]
    biased = [(name, bias) for name, bias in items if abs(bias.value) > _BIASED * bias.standard_error]
    found = [f"{name} by {number(bias.value, bias.standard_error)}" for name, bias in biased]
    if not found:
        return ""
    return f" Ratios whose mean over the trainings differs from the truth by more than three standard errors: {'; '.join(found)}."


def _ranged(run: Subject) -> list[tuple[str, PredictionInterval, Trainings]]:
    """Return the claims that depend on a training: name, rule and the values of the trainings; none before all are decided."""
    if draws(run) is None or run.published is None:
        return []
    found = [(claim, claim.rule) for claim in run.published.claims]
    return [
        (_named(claim), rule, trainings_of(claim, run.results)) for claim, rule in found if isinstance(rule, PredictionInterval)
    ]


def _outside(run: Subject) -> str:
    """Return which published values lie outside the range of the trainings, once these are enough for a verdict."""
    claims = _ranged(run)
    found = [name for name, rule, ours in claims if not min(ours.values) <= rule.published <= max(ours.values)]
    if not found:
        return ""
    trainings = len(run.results.inversion.trained)
    return (
        f" Outside the range of the {count(trainings)} trainings, as a further draw is with probability {2 / (trainings + 1):.2f}:"
        f" the published {', '.join(found)}."
    )


def _bounded(run: Subject) -> str:
    """Return the probability of the published cosine on a scale without a bound, once the trainings are enough for a verdict."""
    cosines = [(rule, ours) for name, rule, ours in _ranged(run) if name == _LABELS["inversion.cosine"]]
    if not cosines or max(cosines[0][1].values) >= 1:
        return ""
    ((rule, ours),) = cosines
    logarithms = tuple(math.log(1 - value) for value in ours.values)
    errors = tuple(error / (1 - value) for value, error in zip(ours.values, ours.errors, strict=True))
    below = 1 - rule.published
    stated = attrs.evolve(rule, published=math.log(below), rounding=rule.rounding / below)  # the truth does not enter
    plain, unbounded = draw_probability(rule, ours), draw_probability(stated, Trainings(logarithms, errors))
    return (
        " A cosine cannot exceed 1, which Student's t ignores; for ln(1 - cosine), which has no such limit, the published value has"
        f" the two-sided probability {significant(unbounded)} instead of {significant(plain)}."
    )


def _truth(run: Subject) -> str:
    """Return for which ratios the trainings are compatible with the truth too, once they are enough for a verdict."""
    ratios = [(name, rule.truth, ours) for name, rule, ours in _ranged(run) if name not in _LABELS.values()]  # others are at most 1
    drawn = [(name, draw_probability(PredictionInterval(true, rounding=0.0, truth=true), ours)) for name, true, ours in ratios]
    level = run.published.draw_of_the_recipe.level if run.published is not None else 1.0
    found = [f"{name} ({significant(probability)})" for name, probability in drawn if probability > level]
    if not found:
        return ""
    return (
        f" The true value would be compatible as one more training, too, for {', '.join(found)}: there the verdict means"
        " compatibility, not that a deviation is reproduced. The claims are not independent of each other."
    )


def _named(item: Judgement | Claim) -> str:
    return _LABELS.get(item.measured, item.statement.removeprefix("Table 1: "))


def _scale(run: Subject) -> str:
    scales, forces = ([getattr(part, key).value for part in run.results.inversion.trained] for key in ("scale", "force_error"))
    theirs = run.results.inversion.authors
    if theirs is None:
        raise ValueError("no inversion of the authors' weights among the records")
    return given(
        max(*scales, theirs.scale.value) < 0.7 * run.spec.beta,
        f"**The scale** is {fixed(min(scales), 1)} to {fixed(max(scales), 1)} instead of β = {run.spec.beta:.0f}, and the relative"
        f" RMS error of the force {100 * min(forces):.0f} to {100 * max(forces):.0f} %. The authors' weights have a similar deficit"
        f" ({fixed(theirs.scale.value, 1)}, {100 * theirs.force_error.value:.0f} %).",
    )


def _authors(run: Subject) -> str:
    theirs = run.results.calibration.authors
    ours = [part.alpha for part in run.results.calibration.trained if isinstance(part, Calibration)]
    if not isinstance(theirs, Calibration):
        raise ValueError("no plateau of the authors' weights among the records")
    values = [part.value for part in ours]
    trainings = Trainings(tuple(values), tuple(part.standard_error for part in ours))
    stated = PredictionInterval(theirs.alpha.value, rounding=0.0, truth=1.0)
    probability = draw_probability(stated, trainings)
    return (
        f"**Are the authors' weights a draw of the same recipe?** Their α is"
        f" {number(theirs.alpha.value, theirs.alpha.standard_error)}; that of our {count(len(values), 'training')} is"
        f" {number(statistics.fmean(values), deviation(values))}. As one more of them, theirs has the two-sided probability"
        f" {significant(probability)}."
        f" {_answer(run, probability)}"
    )


def _answer(run: Subject, probability: float) -> str:
    if run.published is None:
        raise ValueError("a law that is not the paper's; expected the published values")
    rule = run.published.draw_of_the_recipe
    if len(run.results.calibration.trained) < rule.trainings:
        return "So few trainings do not show how wide their distribution is: this is open."
    if probability < rule.level:
        return (
            "In α, whose published value is lost, their network is not a draw of our recipe: their data differ from ours, or a"
            " setting of their training that we do not know."
        )
    return "By α nothing distinguishes their network from a draw of our recipe; with so few trainings the test is weak."


def last_epochs(run: Subject) -> tuple[Text | Table, ...]:
    """Return how far a training moves over its last epochs, compared with the scatter between trainings; nothing for one epoch."""
    section = epochs(run)
    if section is None:
        return ()
    (text, *_), (scatter, *_) = section.blocks_of(Text), section.blocks_of(Table)
    shares = [float(within) / float(between) for _, within, between, *_ in scatter.rows]
    ranges = {label: (float(smallest), float(largest)) for label, _, _, smallest, largest in scatter.rows}
    published = {_named(item): item.published for item in judged(run)}
    inside = sum(ranges[label][0] <= value <= ranges[label][1] for label, value in published.items())
    said = given(
        min(shares) > 0.5 and max(shares) < 2,
        f"One training moves about as far from epoch to epoch as trainings lie from each other: within / between is"
        f" {extent((min(shares), max(shares)), 1)}. Of the {count(len(published))} published values {count(inside)} lie between the"
        " smallest and the largest of all epochs.",
    )
    return text, scatter, Text(said)


def _plateau(run: Subject) -> str:
    plateaus = [part for part in run.results.calibration.trained if isinstance(part, Calibration)]
    gaps = [part.gap.value for part in plateaus]
    errors = [part.gap.value / part.gap.standard_error for part in plateaus]
    flat = [part.flat_until.value for part in plateaus]
    hot = [part.above[-1].value for part in plateaus]
    integral = run.results.thermodynamic_integration
    if integral is None:
        raise ValueError("no thermodynamic integration among the records")
    betas = _extent_of([part.beta_effective.value for part in plateaus], 1)
    return given(
        statistics.fmean(errors) > 2 and abs(integral.error.value) < 3 * integral.error.standard_error,
        f"**The plateau exists, but is not ln Z.** β_eff is {betas} instead of {run.spec.beta:.0f}; ln Z of the plateau is"
        f" {_extent_of(gaps, 2)} above the exact ln Z(β_eff), {min(errors):.0f} to {max(errors):.0f} standard errors."
        f" It is flat up to E = {_extent_of(flat, 1)}, beyond the low energies in which α is fitted"
        f" (E ≤ {plateaus[0].threshold:.2f}). At higher energies αβE + ln p rises, as the paper states, by {_extent_of(hot, 0)} at"
        f" T = 0.4. Thermodynamic integration agrees with the exact ln Z at T₀"
        f" ({number(integral.error.value, integral.error.standard_error)}) and at β_eff. The exact score, ended at t = 1, would"
        f" by itself raise ln Z by {_end_cost(run)}.",
    )


def _extent_of(values: Sequence[float], places: int) -> str:
    return extent((min(values), max(values)), places)


def _end_cost(run: Subject) -> str:
    if run.results.end_time is None:
        raise ValueError("no cost of the end time among the records")
    return next(number(part.chain, part.chain_error) for part in run.results.end_time.costs if part.end_time == 1)


def refined_run(published: Subject, refined: Subject) -> str:
    """Return what the refined recipe changes."""
    r2 = [statistics.fmean(part.r2.value for part in run.results.inversion.trained) for run in (published, refined)]
    scale = max(abs(value - 1) for value in span(refined, "scale_over_beta"))
    force = span(refined, "force_error")[1]
    signs = _common_signs(refined)
    common = (
        f" All refined trainings deviate in the same direction in {signs}, which indicates a systematic error." if signs else ""
    )
    return given(
        r2[1] > 0.99 and force < 0.1,
        f"The deficits of the published network are caused by its recipe, not by the physics: R² rises from {fixed(r2[0], 2)} to"
        f" {fixed(r2[1], 4)}; the magnitude of the couplings, half of the true one before, is right within {100 * scale:.1f} %; the"
        f" RMS error of the force falls from half to {100 * force:.1f} % or less; the plateau is within"
        f" {max(gap_per_spin(refined)):.3f} per spin of the exact ln Z; the largest error of a ratio is"
        f" {max(largest_ratio_error(refined)):.4f}.{common} For ln Z the architecture was changed too: triangle updates, which are"
        " in AlphaFold and not in Mini-AF3.",
    )


def _common_signs(run: Subject) -> str:
    """Return the terms whose ratio deviates from the truth by more than its error, and in one direction, in every training."""
    if run.ratios is None:
        return ""
    found = []
    for term, true in zip(run.terms, run.ratios, strict=True):
        parts = [part.ratios[term] for part in run.results.inversion.trained]
        away = np.array([(part.value - true) / part.standard_error if part.standard_error > 0 else 0.0 for part in parts])
        if (away > 2).all() or (away < -2).all():
            found.append(term)
    return ", ".join(found)
