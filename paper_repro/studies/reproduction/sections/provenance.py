"""Where the numbers come from: constants that had to be assumed, stages, sessions."""

from paper_repro.pipeline.manifest import Manifest, made_in
from paper_repro.report.document import Section, Table, Text
from paper_repro.report.numbers import NONE
from paper_repro.studies.reproduction.determinism import EXACT, LEGEND
from paper_repro.studies.reproduction.stage_kinds import kind_of
from paper_repro.studies.reproduction.subject import Subject


def assumptions(subject: Subject) -> Section | None:
    """Build the list of constants that are stated nowhere; None for a run without any."""
    constants = subject.results.constants
    rows = tuple((item.name, item.value, item.status, item.source) for item in constants if item.status in {"assumed", "inferred"})
    if not rows:
        return None
    text = (
        f"{len(rows)} of {len(constants)} constants are assumed or inferred. The others are stated in the text or released in the"
        " authors' code ('paper-repro constants' prints them)."
    )
    table = Table(("constant", "value", "status", "reason"), rows, page_only=True)
    return Section("Assumptions", (Text(text), table))


def stages(manifest: Manifest) -> Section:
    """Build who made the run: the sessions that made something, and the seconds of the stages by their kind."""
    first, *_ = manifest.sessions
    versions = ", ".join(f"{name} {first.get(name, NONE)}" for name in ("torch", "numpy"))
    text = f"{versions}. Each stage is computed once and kept; a session is one invocation of the program."
    blocks = Text(text), sessions(manifest), seconds(manifest), Text(LEGEND)
    return Section("Stages", blocks, f"parts: {EXACT}; seconds: of this machine", folded=True)


def sessions(manifest: Manifest) -> Table:
    """Return the sessions that made a stage besides the report: when, by which commit, where."""
    rows = []
    for session in manifest.sessions:
        made = [stage for stage in made_in(manifest, session) if stage != "report"]
        if made:
            ranks = f", {session['ranks']} ranks" if "ranks" in session else ""
            machine = f"{session.get('processor', NONE)}, {session.get('cores', NONE)} cores{ranks}"
            rows.append((session["started"], session["commit"], machine, str(len(made))))
    return Table(("session started", "commit", "machine", "stages made"), tuple(rows), frozenset({"stages made"}))


def seconds(manifest: Manifest) -> Table:
    """Return how many stages of each kind there are, and the seconds that they took."""
    groups: dict[str, list[float]] = {}
    for name, record in manifest.stages.items():
        if name != "report":
            groups.setdefault(kind_of(name), []).append(record.seconds)
    rows = [(kind, f"{len(times):,}", f"{sum(times):,.1f}") for kind, times in groups.items()]
    rows.append(("all stages", f"{sum(map(len, groups.values())):,}", f"{sum(map(sum, groups.values())):,.1f}"))
    return Table(("stage", "parts", "seconds"), tuple(rows), frozenset({"parts", "seconds"}))
