"""The verdicts on the claims of the paper."""

import math
from collections.abc import Mapping, Sequence

from paper_repro.report.document import Section, Table, Text, Tone
from paper_repro.report.numbers import NONE, fixed, number, significant
from paper_repro.studies.reproduction.determinism import CLOSE, EXACT, STATISTICAL
from paper_repro.studies.reproduction.results import Draw, Judgement
from paper_repro.studies.reproduction.subject import Subject

TONES: Mapping[str, Tone] = {"REPRODUCED": "good", "DEVIATES": "bad", "INCONCLUSIVE": "open"}


def verdicts(subject: Subject) -> Section | None:
    """Build the table of verdicts; None for a law that is not the paper's, of which it claims nothing."""
    items, caveats = subject.judgements, subject.results.caveats
    if not items:
        return None
    text = (
        "Rules fixed before the run, in specs/published.toml. ± within: one standard error within a training; ± seeds: standard"
        " deviation between training seeds."
    )
    if caveats:  # then every reason is the same
        text = f"Every verdict is INCONCLUSIVE: {'; '.join(caveats)}. {text}"
    drawn = [(item, item.draw) for item in items if item.draw is not None]
    if drawn:
        text += " p: two-sided probability of the published value as one more training, corrected for the claims judged together."
    classes = f"published, and equations: {EXACT}; check by thermodynamic integration: {CLOSE}; the rest: {STATISTICAL}"
    blocks = (Text(text), _judged(items, with_draws=bool(drawn), with_reasons=not caveats), *_fixed(drawn))
    return Section("Verdicts", blocks, classes, summary=True)


def _judged(items: Sequence[Judgement], *, with_draws: bool, with_reasons: bool) -> Table:
    left_out = set() if with_draws else {"p", "first rule"}
    left_out |= set() if with_reasons else {"why"}
    columns = ("claim", "published", "ours", "± within", "± seeds", "p", "verdict", "first rule", "why")
    kept = tuple(column for column in columns if column not in left_out)
    rows = (dict(zip(columns, _row(item), strict=True)) for item in items)
    return Table(kept, tuple(tuple(row[column] for column in kept) for row in rows), frozenset(columns[1:6]) & set(kept), TONES)


def _row(item: Judgement) -> tuple[str, ...]:
    published = {"lost": "lost", "standard-errors": "(exact)"}.get(item.rule, number(item.published))
    decided, draw = item.decided, item.draw
    verdict = "not judged" if item.rule == "lost" else decided.verdict
    errors = (significant(error) if error > 0 else NONE for error in (item.over_sequences, item.over_seeds))
    probability = NONE if draw is None else significant(draw.corrected)
    first = "" if draw is None else item.verdict
    return (item.statement, published, number(item.value), *errors, probability, verdict, first, decided.reason)


def _fixed(drawn: Sequence[tuple[Judgement, Draw]]) -> tuple[Text | Table, ...]:
    """Say what the recipe fixes: how its scatter compares with the distance of the published value from the truth, and its bias."""
    rows = tuple(
        (item.statement, significant(draw.probability), significant(draw.scatter), "yes" if draw.is_fixed else "no",
         number(draw.bias.value, draw.bias.standard_error), fixed(draw.bias.value / draw.bias.standard_error, 1))
        for item, draw in drawn if math.isfinite(draw.scatter) and draw.bias.standard_error > 0
    )  # fmt: skip
    if not rows:
        return ()
    text = (
        f"What the recipe fixes, by {drawn[0][1].trainings} trainings: the standard deviation between them over the distance of the"
        " published value from the truth (below 1 the recipe tells the two apart), and the bias, the mean over trainings less"
        " the truth, with one standard error, which holds that of the test sequences. p is not corrected here."
    )
    columns = ("claim", "p, alone", "scatter / distance", "told from the truth", "bias", "bias / error")
    return Text(text), Table(columns, rows, frozenset(columns[1:]) - {columns[3]})
