"""The statements of the paper about its results, with a verdict on each."""

import math
from collections.abc import Mapping, Sequence

from paper_repro.analysis.claim_tests.evidence import Evidence
from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Table, Tone
from paper_repro.report.numbers import number, significant
from paper_repro.studies.reproduction.sections.measurements import meaning
from paper_repro.studies.reproduction.statements import Decision, listed

TONES: Mapping[str, Tone] = {"SUPPORTED": "good", "NOT SUPPORTED": "bad", "UNDECIDED": "open"}
#: Parts of the evidence that are of the sampler, of the estimators or of other networks, and of no network of a run.
_WITHOUT_NETWORK = ("scale", "exchange", "witness")


def statements(decisions: Sequence[Decision], others: Sequence[Decision] = (), others_are: str = "") -> Table:
    """Return the statements with their verdicts; ``others`` are the same measurements on other networks, ``others_are``."""
    columns: tuple[str, ...] = ("statement of the paper", "measured", "bound", "verdict")
    rows = [(item.statement, _measured(item), _bound(item), item.verdict) for item in decisions]
    if not others:
        return Table(columns, tuple(rows), frozenset(columns[1:3]), TONES)
    beside = ["" if item.measured.startswith(_WITHOUT_NETWORK) else _measured(item) for item in others]
    columns = (*columns, others_are)
    return Table(
        columns, tuple((*row, cell) for row, cell in zip(rows, beside, strict=True)), frozenset((*columns[1:3], others_are)), TONES
    )


def evidence(found: Evidence) -> Table:
    """Return every measured value of the evidence, with what it is; its path in ``--json`` is a key of ``MEANINGS``."""
    rows = tuple((meaning(path), _value(part)) for path, part in listed(found))
    return Table(("measurement", "value"), rows, frozenset({"value"}))


def _value(part: Measured) -> str:
    """Return a value with its error; a count, and what is exact, without decimals that it has not."""
    return number(part.value, part.standard_error) if part.standard_error > 0 else significant(part.value, 4)


def _measured(item: Decision) -> str:
    return number(item.value, item.error) if math.isfinite(item.value) else "not measured"


def _bound(item: Decision) -> str:
    return f"{'≥' if item.rule == 'at-least' else '≤'} {item.bound:g}"
