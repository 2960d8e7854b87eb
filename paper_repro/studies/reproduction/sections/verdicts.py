"""The verdicts on the claims of the paper."""

import math
from collections.abc import Mapping, Sequence

from paper_repro.report.document import Section, Table, Text, Tone
from paper_repro.report.numbers import as_with, number, significant, uncertainty
from paper_repro.studies.reproduction.determinism import CLOSE, EXACT, STATISTICAL
from paper_repro.studies.reproduction.results import Judgement
from paper_repro.studies.reproduction.subject import Subject

TONES: Mapping[str, Tone] = {"REPRODUCED": "good", "DEVIATES": "bad", "INCONCLUSIVE": "open"}


def verdicts(subject: Subject) -> Section | None:
    """Build the table of verdicts; None for a law that is not the paper's, of which it claims nothing."""
    items = subject.judgements
    if not items:
        return None
    columns: tuple[str, ...] = ("claim", "published", "ours", "± within", "± seeds", "verdict", "reason")
    rows = [_row(item) for item in items]
    text = (
        "The rules are in specs/published.toml, which states when each was fixed. ± within: standard error within a training;"
        " ± seeds: standard deviation between trainings."
    )
    caveats = subject.results.caveats
    if caveats:  # then every reason is the same
        columns, rows = columns[:-1], [row[:-1] for row in rows]
        text = f"Every verdict is INCONCLUSIVE: {'; '.join(caveats)}. {text}"
    classes = f"published, and equations: {EXACT}; check by thermodynamic integration: {CLOSE}; the rest: {STATISTICAL}"
    table = Table(columns, tuple(rows), frozenset(columns[1:5]), TONES)
    return Section("Verdicts", (Text(text), table, *(() if caveats else _draws(items))), classes, summary=True)


def _row(item: Judgement) -> tuple[str, ...]:
    published = {"lost": "lost", "standard-errors": "(exact)"}.get(item.rule, number(item.published))
    verdict = "not judged" if item.rule == "lost" else item.decided.verdict
    errors = item.over_sequences, item.over_seeds
    larger = max((error for error in errors if error > 0), default=math.nan)  # an error that is not known is NaN
    ours = as_with(larger, item.value) if larger > 0 else number(item.value)
    return (item.statement, published, ours, *map(uncertainty, errors), verdict, item.decided.reason)


def _draws(items: Sequence[Judgement]) -> tuple[Text | Table, ...]:
    """Return how probable each published value is as one further training, and what the recipe fixes."""
    drawn = [(item, item.draw) for item in items if item.draw is not None]
    if not drawn:
        return ()
    text = (
        f"Each published value as one further draw of the recipe, given {drawn[0][1].trainings} trainings. p: two-sided"
        f" probability; corrected: for {len(drawn)} claims by Holm's method. s / distance: standard deviation between trainings"
        " divided by the distance of the published value from the truth; below 1 the recipe separates the two. Bias: mean over"
        " trainings minus the truth, with one standard error, which includes that of the test sequences. First rule: prediction"
        " interval."
    )
    columns = ("claim", "p", "corrected", "s / distance", "bias", "first rule")
    rows = tuple(
        (item.statement, significant(draw.probability), significant(draw.corrected), significant(draw.scatter),
         number(draw.bias.value, draw.bias.standard_error), item.verdict)
        for item, draw in drawn
    )  # fmt: skip
    return Text(text), Table(columns, rows, frozenset(columns[1:5]), TONES)
