"""Write the tables, sentences and the figure of README.md and REPRODUCE.md from golden/: python -m tools.write_documents.

A block is between ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``. Tables are those of the report and of the commands, rendered
as Markdown; sentences are those of ``findings``. tests/paper/test_documents.py compares the documents with what this module writes.
"""

import functools
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from paper_repro.files import write_text
from paper_repro.report import markdown
from paper_repro.report.document import Section, Table, Text
from paper_repro.studies.reproduction import sections as report
from paper_repro.studies.reproduction.sections import provenance
from paper_repro.studies.reproduction.sections.couplings import ratio_table
from paper_repro.studies.reproduction.sections.estimators import estimators
from paper_repro.studies.reproduction.sections.score_errors import by_recipe
from paper_repro.studies.reproduction.sections.statements import statements
from paper_repro.studies.reproduction.sections.two_runs import against_aims, couplings_of_both
from paper_repro.studies.reproduction.statements import Decision
from paper_repro.studies.reproduction.subject import Subject
from tools import discussion, findings, one_change, query_times
from tools.evidence import evidence, recorded_statements, recorded_worlds
from tools.golden_records import RecordedRun, recorded_decisions, recorded_estimators, recorded_run, recorded_score_errors
from tools.summary import FIGURE, figure, summary_table

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "golden"
RUN = GOLDEN / "paper"
ONE_CHANGE = GOLDEN / "one-change"
STATEMENTS = ("statements.json", "statements-refined.json")


def tables_of(*sections: Section | None) -> Iterable[Table]:
    """Yield the tables of sections of the report."""
    return (table for section in sections if section is not None for table in section.blocks_of(Table))


@attrs.frozen(eq=False)
class Records:
    """The two recorded runs: of the published recipe and of the refined one."""

    run: RecordedRun
    refined: RecordedRun

    @property
    def both(self) -> tuple[Subject, Subject]:
        """The subjects of both runs."""
        return self.run.subject, self.refined.subject


def decisions(name: str) -> tuple[Decision, ...]:
    """Read the verdicts on the statements of the paper from a golden file."""
    return recorded_decisions(GOLDEN / name)


def _statements(_: Records) -> Iterable[Table]:
    ours, refined = map(decisions, STATEMENTS)
    return [statements(ours, refined, "on the refined networks")]


def _estimators(_: Records) -> Iterable[Table]:
    found, truth = recorded_estimators(GOLDEN / "estimators.json")
    return [estimators(found, list(truth), list(truth.values()))]


def _score(_: Records) -> Iterable[Table]:
    networks, costs = recorded_score_errors(GOLDEN / "score.json")
    return [by_recipe({"published": (networks[:3], costs[:3]), "refined": (networks[3:], costs[3:])})]


def _claims(run: Subject) -> Iterable[Table | Text]:
    """Return the verdicts, and with the second rule what its columns are."""
    section = report.verdicts(run)
    blocks = section.blocks[1:] if section is not None else ()
    return [block for block in blocks if isinstance(block, Table | Text)]


def _times(run: RecordedRun) -> Iterable[Table]:
    return [provenance.sessions(run.manifest), provenance.seconds(run.manifest)]


BLOCKS: dict[str, dict[str, Callable[[Records], str | Iterable[Table | Text]]]] = {
    "README.md": {
        "verdict": lambda found: findings.verdict(*found.both),
        "figure": lambda found: findings.picture(found.run.subject),
        "summary": lambda found: [summary_table(*found.both)],
        "findings": lambda found: findings.findings(*found.both, one_change.residual(ONE_CHANGE), decisions(STATEMENTS[0])),
        "one change": lambda found: [one_change.short_table(ONE_CHANGE, found.run.subject)],
    },
    "REPRODUCE.md": {
        "published run": lambda found: [ratio_table(found.run.subject)],
        "statements": _statements,
        "refined run": lambda found: [against_aims(*found.both)],
        "discussion": lambda found: discussion.published_run(found.run.subject),
        "refined discussion": lambda found: discussion.refined_run(*found.both),
        "evidence": lambda _: evidence(
            recorded_statements(GOLDEN / STATEMENTS[0]),
            recorded_statements(GOLDEN / STATEMENTS[1]),
            recorded_worlds(GOLDEN / "witness.json"),
        ),
        "epochs": lambda found: discussion.last_epochs(found.run.subject),
        "claims": lambda found: _claims(found.run.subject),
        "seeds": lambda found: tables_of(report.inversion(found.run.subject), report.interaction(found.run.subject)),
        "sampler": lambda found: tables_of(report.sampling(found.run.subject)),
        "partition": lambda found: tables_of(
            report.partition_function(found.run.subject),
            report.thermodynamic_integration(found.run.subject),
            report.end_time(found.run.subject),
        ),
        "times": lambda found: _times(found.run),
        "query times": lambda _: [query_times.table(GOLDEN / "query-times.json")],
        "estimators": _estimators,
        "one change": lambda found: [one_change.table(ONE_CHANGE, found.run.subject)],
        "couplings": lambda found: [couplings_of_both(*found.both, ("published recipe", "refined"))],
        "score": _score,
        "refined times": lambda found: _times(found.refined),
    },
}


def _filled(content: str, found: re.Match[str]) -> str:
    return f"{found[1]}{content}\n{found[2]}"


def written(text: str, blocks: dict[str, str]) -> str:
    """Return the text of a document with every block replaced; raises ``ValueError`` where one is missing."""
    for name, content in blocks.items():
        pattern = re.compile(rf"(<!-- {re.escape(name)}: begin -->\n).*?(<!-- {re.escape(name)}: end -->)", re.DOTALL)
        if len(pattern.findall(text)) != 1:
            raise ValueError(f"block {name!r}; expected it once")
        text = pattern.sub(functools.partial(_filled, content), text)
    return text


def recorded() -> Records:
    """Return the recorded runs."""
    return Records(recorded_run(RUN), recorded_run(GOLDEN / "refined"))


def documents(records: Records) -> dict[str, str]:
    """Return every document as it should be, by name."""
    return {
        name: written((ROOT / name).read_text(encoding="utf-8"), {key: _shown(block(records)) for key, block in blocks.items()})
        for name, blocks in BLOCKS.items()
    }


def _shown(content: str | Iterable[Table | Text]) -> str:
    if isinstance(content, str):
        return "\n".join(_wrapped(line) for line in content.splitlines())
    return "\n\n".join(_wrapped(block.text) if isinstance(block, Text) else markdown.table(block) for block in content)


def _wrapped(line: str) -> str:
    """Return a line of text on lines of 132 characters; an image is one line."""
    indent = "  " if line.startswith("- ") else ""
    return line if line.startswith("![") else textwrap.fill(line, 132, subsequent_indent=indent, break_on_hyphens=False)


if __name__ == "__main__":
    records = recorded()
    for name, text in documents(records).items():
        write_text(ROOT / name, text)
    write_text(ROOT / FIGURE, figure(*records.both))
