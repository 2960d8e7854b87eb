"""The files of golden/ as records of the package."""

from pathlib import Path
from typing import Any

import attrs
import numpy as np

from paper_repro.analysis.estimator_comparison import EstimatorQuality
from paper_repro.analysis.score_error import ScoreError
from paper_repro.files import InputError
from paper_repro.numerics.measured import Measured
from paper_repro.pipeline import codec
from paper_repro.pipeline.manifest import Manifest
from paper_repro.studies.reproduction.other_run import run_beside
from paper_repro.studies.reproduction.protocol import published_protocol
from paper_repro.studies.reproduction.results_file import read_results
from paper_repro.studies.reproduction.statements import Decision
from paper_repro.studies.reproduction.subject import Subject

_EXPECTED = "a golden file"


@attrs.frozen(eq=False)
class RecordedRun:
    """A recorded run: its results and its manifest."""

    subject: Subject
    manifest: Manifest


def recorded_run(folder: Path) -> RecordedRun:
    """Read a recorded run."""
    results = read_results(folder / "results.json")
    beside = run_beside(folder / "results.json", results)
    if beside is None:
        raise InputError(folder, "no manifest", "the results and the manifest of a run")
    manifest, spec = beside
    return RecordedRun(Subject.of(results, spec, *published_protocol()), manifest)


def recorded_decisions(path: Path) -> tuple[Decision, ...]:
    """Read the verdicts of ``paper-repro claims --json``."""
    items: tuple[Decision, ...] = codec.build(codec.parse_json(path, _EXPECTED)["statements"], tuple[Decision, ...], path)
    return items


def recorded_estimators(path: Path) -> tuple[list[EstimatorQuality], dict[str, float]]:
    """Read the estimators of ``paper-repro infer --simulated --json`` and the true couplings by the name of the term."""
    data = codec.parse_json(path, _EXPECTED)
    truth: dict[str, float] = data["truth"]
    return [_quality(name, item, list(truth)) for name, item in data["estimators"].items()], truth


def _quality(name: str, item: dict[str, Any], terms: list[str]) -> EstimatorQuality:
    couplings, widths, efficiency = (
        np.array([item[key][term] for term in terms]) for key in ("couplings", "half_intervals", "efficiency")
    )
    return EstimatorQuality(
        name, couplings, widths, item["cosine"], item["scale_over_beta"], item["largest_ratio_error"], efficiency, item["seconds"]
    )


@attrs.frozen
class RecordedAudit:
    """What ``paper-repro audit --json`` found of one network: ratios by the name of the term, the relative error of the force.

    ``sha256`` is that of the file of its weights.
    """

    cosine: Measured
    r2: Measured
    scale: Measured
    ratios: dict[str, Measured]
    force_error: float
    sha256: str


def recorded_audit(path: Path) -> RecordedAudit:
    """Read the inversion of one network by ``paper-repro audit --json``."""
    data = codec.parse_json(path, _EXPECTED)
    errors = data["standard_errors"]
    ratios = {name: Measured(value, errors["ratios"][name]) for name, value in data["ratios"].items()}
    cosine, r2, scale = (Measured(data[key], errors[key]) for key in ("cosine", "r2", "scale"))
    return RecordedAudit(cosine, r2, scale, ratios, data["force_error"], data["weights_sha256"])


def recorded_score_errors(path: Path) -> tuple[list[list[ScoreError]], list[Measured]]:
    """Read what ``paper-repro score-error --json`` found of each network, and what each loses of ln Z."""
    data = codec.parse_json(path, _EXPECTED)
    networks = [[ScoreError(**item) for item in errors] for errors in data["networks"]]
    return networks, [Measured(item["value"], item["standard_error"]) for item in data["cost"]]
