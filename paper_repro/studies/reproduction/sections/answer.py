"""The first section: what was claimed, what was measured, how certain it is, what was run and what was assumed."""

import math

from paper_repro.report.document import Section, Text
from paper_repro.report.numbers import number, significant
from paper_repro.studies.reproduction.caveats import of_the_run
from paper_repro.studies.reproduction.determinism import EXACT, STATISTICAL
from paper_repro.studies.reproduction.results import Judgement
from paper_repro.studies.reproduction.sections.intervals import over_trainings
from paper_repro.studies.reproduction.subject import Subject


def answer(subject: Subject) -> Section:
    """Build the section; a law that is not the paper's is summarised without the paper's claims."""
    texts = _of_the_paper(subject) if subject.published is not None else _of_another_law(subject)
    title = "Does the paper hold?" if subject.published is not None else "Summary"
    blocks = tuple(Text(text) for text in (*texts, _run(subject)) if text)
    first = "claimed, and the run" if subject.published is not None else "the run"
    return Section(title, blocks, f"{first}: {EXACT}; measured: {STATISTICAL}")


def _of_the_paper(subject: Subject) -> list[str]:
    by_path = {item.measured: item for item in subject.judgements}
    judged = [item for item in subject.judgements if item.rule == "prediction-interval"]
    count = {
        verdict: sum(item.decided.verdict == verdict for item in judged) for verdict in ("REPRODUCED", "DEVIATES", "INCONCLUSIVE")
    }
    tally = ", ".join(f"{amount} {verdict}" for verdict, amount in count.items() if amount)
    claimed = (
        "Claimed: a network trained on equilibrium snapshots alone holds the force field of the chain; least squares reads the"
        f" couplings out of it with a cosine of {number(subject.published_value('inversion.cosine'))}, the ratios of Table 1"
        f" and an R² of {number(subject.published_value('inversion.r2'))}; and its likelihood holds the partition function."
    )
    measured = (
        f"Measured, ± between {len(subject.results.seeds)} training seeds: cosine {_judged(by_path.get('inversion.cosine'))}, R²"
        f" {_judged(by_path.get('inversion.r2'))}. Of the {len(judged)} published numbers that depend on a training: {tally}."
    )
    gap, alpha = by_path.get("calibration.gap"), by_path.get("calibration.alpha")
    if gap is not None and alpha is not None and math.isfinite(gap.value):
        measured += (
            f" The plateau lies {number(gap.value, gap.over_seeds)} from the exact ln Z, at α ="
            f" {number(alpha.value, alpha.over_seeds)}; the published values of both are lost."
        )
    return [claimed, measured, _certainty(subject)]


def _judged(item: Judgement | None) -> str:
    if item is None or not math.isfinite(item.value):
        return "not measured yet"
    return f"{number(item.value, item.over_seeds)} ({item.decided.verdict})"


def _of_another_law(subject: Subject) -> list[str]:
    inversion = subject.results.inversion
    text = (
        "The Hamiltonian of this run is not the paper's: nothing is compared with published numbers, and no claim of the paper is"
        " judged. The couplings are compared with those of the spec."
    )
    if not inversion:
        return [text, "Measured: no network has been inverted yet."]
    lines = [("R²", [part.r2 for part in inversion.trained]), ("scale over β", [part.scale for part in inversion.trained])]
    if subject.ratios is not None:
        lines.insert(0, ("cosine", [part.cosine for part in inversion.trained]))
    beta = {"scale over β": subject.spec.beta}
    values = ", ".join(f"{label} {over_trainings([x.value / beta.get(label, 1.0) for x in found])}" for label, found in lines)
    seeds = len(subject.results.seeds)
    measured = f"Measured, {f'± between {seeds} training seeds' if seeds > 1 else 'of one training seed'}: {values}."
    found = of_the_run(subject.spec, subject.results)
    return [text, measured, f"Caveats: {'; '.join(found)}." if found else ""]


def _certainty(subject: Subject) -> str:
    if subject.results.caveats:
        return f"Certainty: this run decides nothing: {'; '.join(subject.results.caveats)}."
    return (
        "Certainty: a verdict follows a rule fixed before the run; the published value must lie where one more training would."
        f"{_probabilities(subject)} The sampler, thermodynamic integration and the flow are compared with exact solutions below."
    )


def _probabilities(subject: Subject) -> str:
    """Say the smallest corrected probability of the claims that were judged as draws of the recipe, and how many it fixes."""
    draws = [item.draw for item in subject.judgements if item.draw is not None and math.isfinite(item.draw.corrected)]
    if not draws:
        return ""
    fixed = sum(draw.is_fixed for draw in draws)
    return (
        f" Of {draws[0].trainings} trainings the smallest probability of a published value, corrected for {len(draws)} claims, is"
        f" {significant(min(draw.corrected for draw in draws))}; the recipe tells {fixed} of {len(draws)} from the truth."
    )


def _run(subject: Subject) -> str:
    spec = subject.spec
    size = (
        f"The run: {spec.training_set.sequences:,} × {spec.training_set.snapshots} training snapshots, {spec.ladder.replicas}"
        f" replicas, {spec.training.epochs} epochs."
    )
    constants = subject.results.constants
    assumed = sum(constant.status == "assumed" for constant in constants)
    if subject.published is not None and assumed:
        size += f" {assumed} of {len(constants)} constants are assumed, for nobody states them ('What had to be assumed')."
    return size
