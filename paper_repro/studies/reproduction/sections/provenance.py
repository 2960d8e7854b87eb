"""Where the numbers come from: constants that had to be assumed, stages, sessions."""

from paper_repro.pipeline.manifest import Manifest, made_in
from paper_repro.report.document import Section, Table, Text
from paper_repro.studies.reproduction.determinism import EXACT, LEGEND
from paper_repro.studies.reproduction.subject import Subject


def assumptions(subject: Subject) -> Section | None:
    """Build the list of constants that nobody states; None for a run without any."""
    constants = subject.results.constants
    rows = tuple((item.name, item.value, item.status, item.source) for item in constants if item.status in {"assumed", "inferred"})
    if not rows:
        return None
    text = (
        f"{len(rows)} of {len(constants)} constants; the others are stated in the text or released in the authors' code"
        " ('paper-repro constants' prints them)."
    )
    table = Table(("constant", "value", "standing", "why"), rows, page_only=True)
    return Section("What had to be assumed", (Text(text), table))


def stages(manifest: Manifest) -> Section:
    """Build the stages of the run, with the seconds of each kind of sampling together, and the sessions that made them."""
    groups: dict[str, list[float]] = {}
    for name, record in manifest.stages.items():
        if name != "report":
            groups.setdefault(_group(name), []).append(record.seconds)
    rows = tuple((name, str(len(times)), f"{sum(times):,.1f}") for name, times in groups.items())
    first, *_ = manifest.sessions
    sessions = "; ".join(
        f"{session['started']} at commit {session['commit']}" + (f" on {session['ranks']} ranks" if "ranks" in session else "")
        for session in manifest.sessions
        if made_in(manifest, session)
    )
    text = f"{first['processor']}, {first['cores']} cores; torch {first['torch']}, numpy {first['numpy']}. Sessions: {sessions}."
    table = Table(("stage", "parts", "seconds"), rows, frozenset({"parts", "seconds"}))
    return Section("Stages", (Text(text), Text(LEGEND), table), f"parts: {EXACT}; seconds: of this machine")


def _group(stage: str) -> str:
    return stage.partition("/")[0].rstrip("0123456789 ") if stage.startswith("sample") else stage
