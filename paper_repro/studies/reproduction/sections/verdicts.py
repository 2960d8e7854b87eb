"""The verdicts on the claims of the paper."""

from collections.abc import Mapping, Sequence

from paper_repro.report.document import Section, Table, Text, Tone
from paper_repro.report.numbers import NONE, number, significant
from paper_repro.studies.reproduction.determinism import CLOSE, EXACT, STATISTICAL
from paper_repro.studies.reproduction.results import Judgement
from paper_repro.studies.reproduction.subject import Subject

TONES: Mapping[str, Tone] = {"REPRODUCED": "good", "DEVIATES": "bad", "INCONCLUSIVE": "open"}


def verdicts(subject: Subject) -> Section | None:
    """Build the table of verdicts; None for a law that is not the paper's, of which it claims nothing."""
    items = subject.judgements
    if not items:
        return None
    columns: tuple[str, ...] = ("claim", "published", "ours", "± within", "± seeds", "verdict", "why")
    rows = [_row(item) for item in items]
    text = (
        "Rules fixed before the run, in specs/published.toml. ± within: one standard error within a training; ± seeds: standard"
        " deviation between training seeds."
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
    errors = (significant(error) if error > 0 else NONE for error in (item.over_sequences, item.over_seeds))
    return (item.statement, published, number(item.value), *errors, verdict, item.decided.reason)


def _draws(items: Sequence[Judgement]) -> tuple[Text | Table, ...]:
    """Say how probable each published value is as one more training, and what the recipe fixes."""
    drawn = [(item, item.draw) for item in items if item.draw is not None]
    if not drawn:
        return ()
    text = (
        f"The published values as draws of the recipe, of which there are {drawn[0][1].trainings}. p: two-sided probability, and"
        f" corrected for the {len(drawn)} claims (Holm). s / distance: standard deviation between trainings over the distance of"
        " the published value from the truth; below 1 the recipe tells the two apart. Bias: mean over trainings less the truth,"
        " with one standard error, in which that of the test sequences is included. First rule: prediction-interval."
    )
    columns = ("claim", "p", "corrected", "s / distance", "bias", "first rule")
    rows = tuple(
        (item.statement, significant(draw.probability), significant(draw.corrected), significant(draw.scatter),
         number(draw.bias.value, draw.bias.standard_error), item.verdict)
        for item, draw in drawn
    )  # fmt: skip
    return Text(text), Table(columns, rows, frozenset(columns[1:5]), TONES)
