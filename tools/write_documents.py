"""Write the tables of README.md and REPRODUCE.md from golden/: python -m tools.write_documents.

A block stands between ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``. The tables are those of the report and of the commands,
rendered as Markdown; tests/paper/test_documents.py compares what stands there with what this writes.
"""

import functools
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from paper_repro.files import write_text
from paper_repro.report import markdown
from paper_repro.report.document import Section, Table
from paper_repro.studies.reproduction import sections as report
from paper_repro.studies.reproduction.sections import provenance
from paper_repro.studies.reproduction.sections.couplings import ratio_table
from paper_repro.studies.reproduction.sections.estimators import estimators
from paper_repro.studies.reproduction.sections.score_errors import by_recipe
from paper_repro.studies.reproduction.sections.statements import statements
from paper_repro.studies.reproduction.sections.two_runs import against_aims, couplings_of_both
from tools.golden_records import RecordedRun, recorded_decisions, recorded_estimators, recorded_run, recorded_score_errors

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "golden"
RUN = GOLDEN / "paper"


def tables_of(*sections: Section | None) -> Iterable[Table]:
    """Yield the tables of sections of the report."""
    return (table for section in sections if section is not None for table in section.blocks_of(Table))


def _statements(_: RecordedRun) -> Iterable[Table]:
    ours, refined = (recorded_decisions(GOLDEN / f"{name}.json") for name in ("statements", "statements-refined"))
    return [statements(ours, refined, "on the refined networks")]


def _estimators(_: RecordedRun) -> Iterable[Table]:
    found, truth = recorded_estimators(GOLDEN / "estimators.json")
    return [estimators(found, list(truth), list(truth.values()))]


def _score(_: RecordedRun) -> Iterable[Table]:
    networks, costs = recorded_score_errors(GOLDEN / "score.json")
    return [by_recipe({"published": (networks[:3], costs[:3]), "refined": (networks[3:], costs[3:])})]


def _couplings(run: RecordedRun) -> Iterable[Table]:
    return [couplings_of_both(run.subject, _refined().subject, ("published recipe", "refined"))]


def _times(run: RecordedRun) -> Iterable[Table]:
    return [provenance.sessions(run.manifest), provenance.seconds(run.manifest)]


def _refined_times(_: RecordedRun) -> Iterable[Table]:
    return _times(_refined())


def _refined() -> RecordedRun:
    return recorded_run(GOLDEN / "refined")


BLOCKS: dict[str, dict[str, Callable[[RecordedRun], Iterable[Table]]]] = {
    "README.md": {
        "published run": lambda run: [ratio_table(run.subject)],
        "statements": _statements,
        "refined run": lambda run: [against_aims(run.subject, _refined().subject)],
    },
    "REPRODUCE.md": {
        "claims": lambda run: tables_of(report.verdicts(run.subject)),
        "seeds": lambda run: tables_of(report.inversion(run.subject), report.interaction(run.subject)),
        "sampler": lambda run: tables_of(report.sampling(run.subject)),
        "partition": lambda run: tables_of(
            report.partition_function(run.subject), report.thermodynamic_integration(run.subject), report.end_time(run.subject)
        ),
        "times": _times,
        "estimators": _estimators,
        "couplings": _couplings,
        "score": _score,
        "refined times": _refined_times,
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


def documents(folder: Path = RUN) -> dict[str, str]:
    """Return every document as it should be, by name."""
    run = recorded_run(folder)
    return {
        name: written(
            (ROOT / name).read_text(encoding="utf-8"),
            {key: "\n\n".join(map(markdown.table, tables(run))) for key, tables in blocks.items()},
        )
        for name, blocks in BLOCKS.items()
    }


if __name__ == "__main__":
    for name, text in documents().items():
        write_text(ROOT / name, text)
