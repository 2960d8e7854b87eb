"""The report on a run: its results judged, its figures drawn, and both written."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs

from paper_repro.files import InputError, sha256, write_bytes
from paper_repro.pipeline import manifest as manifests
from paper_repro.pipeline.manifest import Manifest, StageRecord
from paper_repro.report import html
from paper_repro.report.document import Section
from paper_repro.spec import Spec, structure
from paper_repro.studies.reproduction import determinism, figures, sections, verdicts
from paper_repro.studies.reproduction.heading import heading
from paper_repro.studies.reproduction.plain_results import as_json, collect
from paper_repro.studies.reproduction.protocol import published_protocol


@attrs.frozen
class Report:
    """What a person reads: a title and sections."""

    title: str
    sections: Sequence[Section]


def _undamaged(out: Path, say: Callable[[str], None]) -> Manifest:
    """Return the manifest of a run; raises ``InputError`` where an output is not as it was made."""
    manifest = manifests.read_manifest(out, say)
    made = {name: record for name, record in manifest.stages.items() if name != "report"}
    wrong = [line for record in made.values() for line in manifests.faults(out, record)]
    if wrong:  # a number that nobody made must not reach a verdict
        raise InputError(out, "; ".join(wrong[:3]), "outputs as they were made: 'paper-repro reproduce' makes them again")
    if manifest.sessions[-1]["commit"] != manifests.commit():  # what writes a report is noted as what makes a result is
        manifest = attrs.evolve(manifest, sessions=(*manifest.sessions, manifests.environment()))
    return manifest


def make_report(out: Path, say: Callable[[str], None]) -> Report:
    """Judge the results of a run as far as it has come; write results.json, the figures and report.html.

    Whoever calls it holds the run directory (``manifest.hold``). Raises ``InputError`` for outputs that are missing or altered.
    """
    manifest = _undamaged(out, say)
    spec = structure(manifest.spec, Spec, out / "manifest.json: spec")
    published, protocol = published_protocol()
    made = {name for stage, record in manifest.stages.items() if stage != "report" for name in record.outputs}
    results = collect(out, spec, made)
    doubts = verdicts.reservations(spec, protocol, results)
    judgements = verdicts.judge_all(published, results, doubts)
    try:
        drawn = figures.draw_all(out, results, spec, published)
        parts = sections.sections(results, manifest, spec, judgements, doubts, published.confidence)
    except KeyError as error:
        raise InputError(out, f"no {error} in its results, which other code has made", "'paper-repro reproduce' again") from error
    summary = {
        "spec": spec.name,
        "spec_sha256": manifest.spec_sha256,
        "reservations": doubts,
        "determinism": determinism.as_results(),
        "verdicts": sections.as_json(judgements),
    }
    kept: dict[str, Any] = {key: value for key, value in results.items() if key != "likelihood"}
    kept["authors"] = {key: value for key, value in results["authors"].items() if key != "likelihood"}
    write_bytes(out / "results.json", as_json(summary | kept))
    report = Report(heading(spec), parts)
    html.write_html(parts, report.title, out, drawn)
    outputs = ["results.json", "report.html", *(f"figures/{name}.{kind}" for name in drawn for kind in ("png", "svg"))]
    record = StageRecord(
        manifests.key_of(manifest.spec_sha256), {name: sha256(out / name) for name in outputs}, 0.0, manifests.now()
    )
    manifests.write_manifest(out, attrs.evolve(manifest, stages={**manifest.stages, "report": record}))
    return report
