"""The published recipe with one change in its spec, compared with the recipe as it is: from golden/one-change/."""

from pathlib import Path

from paper_repro.report.document import Table
from paper_repro.report.numbers import fixed, number
from paper_repro.studies.reproduction.subject import Subject
from tools.golden_records import RecordedAudit, recorded_audit

_ROWS = {
    "published recipe, seed 0": "published.json",
    "log-uniform training times, seed 0": "log-uniform-times.json",
    "published recipe, seed 3": "published-seed-3.json",
    "moving average of the weights (EMA), seed 3": "ema.json",
}
_COLUMNS = ("", "cosine", "R²", "largest error of a Table 1 ratio", "scale / β", "relative RMS error of the force")


def table(folder: Path, ours: Subject) -> Table:
    """Return a row for each network, both inverted on the same sequences; ± is one standard error over sequences."""
    rows = tuple(_row(name, recorded_audit(folder / file), ours) for name, file in _ROWS.items())
    return Table(_COLUMNS, rows, frozenset(_COLUMNS[1:]))


def _row(name: str, audit: RecordedAudit, ours: Subject) -> tuple[str, ...]:
    if ours.ratios is None:
        raise ValueError("a law without ratios; expected that of the paper")
    truth = dict(zip(ours.terms, ours.ratios, strict=True))
    largest = max(abs(found.value - truth[term]) for term, found in audit.ratios.items())
    beta = ours.spec.beta
    return (
        name,
        number(audit.cosine.value, audit.cosine.standard_error),
        number(audit.r2.value, audit.r2.standard_error),
        fixed(largest, 4),
        number(audit.scale.value / beta, audit.scale.standard_error / beta),
        fixed(audit.force_error, 3),
    )


def residual(folder: Path) -> float:
    """Return 1 - R² of the published recipe with log-uniform training times."""
    return 1 - recorded_audit(folder / _ROWS["log-uniform training times, seed 0"]).r2.value
