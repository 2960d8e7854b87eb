"""The first section: what was claimed, what was measured, how certain it is, what was run and what was assumed."""

import math

from paper_repro.report.document import Section, Text, Tone
from paper_repro.report.numbers import number, significant
from paper_repro.studies.reproduction.caveats import of_the_run
from paper_repro.studies.reproduction.determinism import EXACT, STATISTICAL
from paper_repro.studies.reproduction.results import Judgement
from paper_repro.studies.reproduction.sections.intervals import over_trainings
from paper_repro.studies.reproduction.subject import Subject


def answer(subject: Subject) -> Section:
    """Build the section; a law that is not the paper's is summarised without the paper's claims."""
    of_the_paper = subject.published is not None
    headline = (_headline(subject),) if of_the_paper else ()
    texts = _of_the_paper(subject) if of_the_paper else _of_another_law(subject)
    title, first = ("Does the paper hold?", "published values, and the run") if of_the_paper else ("Summary", "the run")
    blocks = (*headline, *(Text(text) for text in (*texts, _run(subject)) if text))
    return Section(title, blocks, f"{first}: {EXACT}; measured: {STATISTICAL}", summary=True)


def _judged_trainings(subject: Subject) -> list[Judgement]:
    """Return the judgements on published numbers that depend on a training."""
    return [item for item in subject.judgements if item.rule == "prediction-interval"]


def _headline(subject: Subject) -> Text:
    if subject.results.caveats:
        return Text(f"This run tests no claim of the paper: {'; '.join(subject.results.caveats)}.", "open")
    judged = _judged_trainings(subject)
    words = {"REPRODUCED": "reproduced", "DEVIATES": "deviating", "INCONCLUSIVE": "inconclusive"}
    count = {word: sum(item.decided.verdict == verdict for item in judged) for verdict, word in words.items()}
    tally = ", ".join(f"{amount} {word}" for word, amount in count.items() if amount)
    tone: Tone = "bad" if count["deviating"] else "good" if count["reproduced"] == len(judged) else "open"
    return Text(f"Of the {len(judged)} published values that depend on a training: {tally}.", tone)


def _of_the_paper(subject: Subject) -> list[str]:
    by_path = {item.measured: item for item in subject.judgements}
    published = (
        "Published: a network trained on equilibrium snapshots alone learns the force field of the chain. Least squares on its"
        f" force gives the couplings with a cosine similarity of {number(subject.published_value('inversion.cosine'))}, the ratios"
        f" of Table 1 and R² = {number(subject.published_value('inversion.r2'))}. Its likelihood gives the partition function."
    )
    measured = (
        f"Measured (mean over {len(subject.results.seeds)} trainings ± standard deviation between them): cosine similarity"
        f" {_judged(by_path.get('inversion.cosine'))}, R² {_judged(by_path.get('inversion.r2'))}."
    )
    gap, alpha = by_path.get("calibration.gap"), by_path.get("calibration.alpha")
    if gap is not None and alpha is not None and math.isfinite(gap.value):
        measured += (
            f" ln Z of the plateau minus the exact value is {number(gap.value, gap.over_seeds)}, at α ="
            f" {number(alpha.value, alpha.over_seeds)}; the published values of both are lost in the source text."
        )
    return [published, measured, "" if subject.results.caveats else _criterion(subject)]


def _judged(item: Judgement | None) -> str:
    if item is None or not math.isfinite(item.value):
        return "not measured yet"
    return f"{number(item.value, item.over_seeds)} ({item.decided.verdict})"


def _of_another_law(subject: Subject) -> list[str]:
    inversion = subject.results.inversion
    text = (
        "The Hamiltonian of this run is not the paper's. Nothing is compared with published numbers, and no claim of the paper is"
        " tested. The couplings are compared with those of the spec."
    )
    if not inversion:
        return [text, "Measured: no network has been inverted yet."]
    lines = [("R²", [part.r2 for part in inversion.trained]), ("scale over β", [part.scale for part in inversion.trained])]
    if subject.ratios is not None:
        lines.insert(0, ("cosine", [part.cosine for part in inversion.trained]))
    beta = {"scale over β": subject.spec.beta}
    values = ", ".join(f"{label} {over_trainings([x.value / beta.get(label, 1.0) for x in found])}" for label, found in lines)
    seeds = len(subject.results.seeds)
    over = f"mean over {seeds} trainings ± standard deviation between them" if seeds > 1 else "one training"
    measured = f"Measured ({over}): {values}."
    found = of_the_run(subject.spec, subject.results)
    return [text, measured, f"Caveats: {'; '.join(found)}." if found else ""]


def _criterion(subject: Subject) -> str:
    return (
        "Criterion: the rules of specs/published.toml, which states when each was fixed. A published value is reproduced if it"
        " lies where one further training of the recipe would lie, and inconclusive if the spread between trainings does not"
        " separate it from the true value."
        f"{_probabilities(subject)} The sampler, thermodynamic integration and the flow are compared with exact solutions below."
    )


def _probabilities(subject: Subject) -> str:
    """Return the smallest corrected probability of claims judged as draws of the recipe, and how many the recipe fixes."""
    draws = [item.draw for item in subject.judgements if item.draw is not None and math.isfinite(item.draw.corrected)]
    if not draws:
        return ""
    fixed = sum(draw.is_fixed for draw in draws)
    return (
        f" From {draws[0].trainings} trainings, the smallest probability of a published value, corrected for {len(draws)} claims,"
        f" is {significant(min(draw.corrected for draw in draws))}; the recipe separates {fixed} of {len(draws)} from the true"
        " value."
    )


def _run(subject: Subject) -> str:
    spec = subject.spec
    size = (
        f"Run: {spec.training_set.sequences:,} sequences × {spec.training_set.snapshots} training snapshots,"
        f" {spec.ladder.replicas} replicas, {spec.training.epochs} epochs."
    )
    constants = subject.results.constants
    assumed = sum(constant.status == "assumed" for constant in constants)
    if subject.published is not None and assumed:
        size += f" {assumed} of {len(constants)} constants are stated nowhere and had to be assumed (section 'Assumptions')."
    return size
