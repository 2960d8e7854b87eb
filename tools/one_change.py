"""The published recipe with one change in its spec, compared with the recipe as it is: from golden/one-change/.

``paper-repro audit`` gives the inversion of each network, ``tools.plateaus`` its α and the gap of ln Z.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path

from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Table
from paper_repro.report.numbers import fixed, number
from paper_repro.studies.reproduction.results import Calibration, Inversion
from paper_repro.studies.reproduction.subject import Subject
from tools.golden_records import RecordedAudit, recorded_audit
from tools.plateaus import RecordedPlateau, recorded_plateaus

_LOG_UNIFORM = "log-uniform-times.json"
_ROWS = {
    "published recipe (1 % of times below 0.01), seed 0": "published.json",
    "squared uniform times (10 %), seed 0": "squared-uniform-times.json",
    "log-uniform times (50 %), seed 0": _LOG_UNIFORM,
    "learning rate falling to zero, seed 0": "rate-to-zero.json",
    "noise in opposite pairs, seed 0": "noise-pairs.json",
    "published recipe, seed 3": "published-seed-3.json",
    "moving average of the weights (EMA), seed 3": "ema.json",
    "published recipe, seed 4": "published-seed-4.json",
    "moving average of the weights (EMA), seed 4": "ema-seed-4.json",
}
_SHORT = {
    "weights averaged": ("ema.json", "ema-seed-4.json"),
    "learning rate to zero": ("rate-to-zero.json",),
    "noise in pairs": ("noise-pairs.json",),
    "squared uniform times": ("squared-uniform-times.json",),
    "log-uniform times": (_LOG_UNIFORM,),
}
_COLUMNS = ("", "cosine", "R²", "largest error of a Table 1 ratio", "scale / β", "relative RMS error of the force",
            "α", "gap of ln Z per spin")  # fmt: skip


def table(folder: Path, ours: Subject) -> Table:
    """Return a row for each network, all on the same sequences and configurations; ± is one standard error over these."""
    audits = {name: recorded_audit(folder / file) for name, file in _ROWS.items()}
    plateaus = {found.sha256: found for found in recorded_plateaus(folder / "plateaus.json").values()}
    plateaus |= _of_the_run(ours)
    rows = tuple(_row(name, audit, plateaus.get(audit.sha256), ours) for name, audit in audits.items())
    return Table(_COLUMNS, rows, frozenset(_COLUMNS[1:]))


def short_table(folder: Path, ours: Subject) -> Table:
    """Return the first screen's excerpt, with the mean where there are several trainings: without a change, those of the run."""
    found: dict[str, Sequence[RecordedAudit | Inversion]] = {"none": ours.results.inversion.trained}
    found |= {name: [recorded_audit(folder / file) for file in files] for name, files in _SHORT.items()}
    columns = ("one line changed (trainings)", "cosine", "R²", "scale / β", "error of the force")
    rows = tuple((f"{name} ({len(parts)})", *_cells(parts, ours.spec.beta)) for name, parts in found.items())
    return Table(columns, rows, frozenset(columns[1:]))


def _cells(parts: Sequence[RecordedAudit | Inversion], beta: float) -> tuple[str, ...]:
    force = [part.force_error if isinstance(part, RecordedAudit) else part.force_error.value for part in parts]
    return (
        fixed(statistics.fmean(part.cosine.value for part in parts), 4),
        fixed(statistics.fmean(part.r2.value for part in parts), 3),
        fixed(statistics.fmean(part.scale.value / beta for part in parts), 2),
        fixed(statistics.fmean(force), 2),
    )


def _of_the_run(ours: Subject) -> dict[str, RecordedPlateau]:
    """Return the plateaus of the published run by the ``sha256`` of the weights that were given to it."""
    sites, found = len(ours.spec.likelihood.chain), {}
    for weights, part in zip(ours.results.adopted.trained, ours.results.calibration.trained, strict=False):
        if isinstance(part, Calibration):
            gap = Measured(part.gap.value / sites, part.gap.standard_error / sites)
            found[weights.sha256] = RecordedPlateau(part.alpha, gap, weights.sha256)
    return found


def _row(name: str, audit: RecordedAudit, plateau: RecordedPlateau | None, ours: Subject) -> tuple[str, ...]:
    if ours.ratios is None:
        raise ValueError("a law without ratios; expected that of the paper")
    truth = dict(zip(ours.terms, ours.ratios, strict=True))
    largest = max(abs(found.value - truth[term]) for term, found in audit.ratios.items())
    beta = ours.spec.beta
    return (
        name,
        _number(audit.cosine),
        _number(audit.r2),
        fixed(largest, 4),
        number(audit.scale.value / beta, audit.scale.standard_error / beta),
        fixed(audit.force_error, 3),
        *(("—", "—") if plateau is None else (_number(plateau.alpha), _number(plateau.gap))),
    )


def _number(found: Measured) -> str:
    return number(found.value, found.standard_error)


def residual(folder: Path) -> float:
    """Return 1 - R² of the published recipe with log-uniform training times."""
    return 1 - recorded_audit(folder / _LOG_UNIFORM).r2.value
