"""What every command shows, in 80 and in 40 columns: no number is broken from its error, no line is too wide, nothing is lost."""

import io
import re
import shutil

import numpy as np
import pytest
from rich.console import Console

import paper_repro as pr
from paper_repro.cli import constants, score_error, status
from paper_repro.cli.app import app
from paper_repro.pipeline import codec
from paper_repro.report import layout, terminal
from paper_repro.report.document import Section, Table, Text
from paper_repro.spec import constants_of, load_spec, specs_folder
from paper_repro.studies.inference.sections import sections as sections_of_inference
from paper_repro.studies.reproduction.sections import sections as sections_of_run
from paper_repro.studies.reproduction.sections.estimators import estimators
from paper_repro.studies.reproduction.sections.statements import evidence, statements
from paper_repro.studies.reproduction.statements import CONVERTER, StatementsReport
from tests.support.commands import command
from tools.golden_records import recorded_estimators, recorded_run, recorded_score_errors

#: Commands without a table or a number with an error, and reproduce, which shows what report does.
WITHOUT = {"verify", "simulate", "logz", "reproduce"}
NUMBER = re.compile(r"[-+]?\d[\d.,e-]* ± [\d.e-]+")


def report(golden, name):
    run = recorded_run(golden / name)
    return sections_of_run(run.subject, run.manifest)


def claims(golden):
    made = CONVERTER.structure(codec.parse_json(golden / "statements.json", "statements"), StatementsReport)
    return [Section("", (evidence(made.evidence), statements(made.statements)))]


def score(golden):
    found, costs = recorded_score_errors(golden / "score.json")
    return [score_error._section(found, costs, [f"paper-seed-{k}" for k in range(len(found))], "")]


def infer(golden):
    law = pr.Truth(pr.library(range=1, biquadratic=False).terms("A", pr.Geometry.open_chain(9)), [1.0], beta=2.0)
    spins = law.exact(pr.Geometry.open_chain(9), 9 * "A").sample(60, np.random.default_rng(0))
    made = sections_of_inference(pr.infer(pr.Snapshots.of(spins, 9 * "A", run=range(60)), pr.library(range=2), confirm=False))
    found, truth = recorded_estimators(golden / "estimators.json")
    return [*made, Section("", (estimators(found, list(truth), list(truth.values())),))]


def shown(monkeypatch, *arguments):
    """What a command shows, when it is run."""
    found = []
    with monkeypatch.context() as patch:
        for module in (terminal, status):
            patch.setattr(module, "show_table", lambda table, _: found.append(table))
            patch.setattr(module, "say", lambda text, *_, **__: found.append(Text(text)))
        assert command(*arguments)[0] == 0
    assert found
    return [Section("", tuple(found))]


def listed(monkeypatch):
    """What constants shows on a terminal: all of them, and those of one status with their origin."""
    found, everything = [], constants_of(load_spec(specs_folder() / "paper.toml"))
    with monkeypatch.context() as patch:
        patch.setattr(constants, "show_table", lambda table, _: found.append(table))
        patch.setattr(constants, "say", lambda text, *_, **__: found.append(Text(text)))
        for details in (False, True):
            constants.show_constants(everything, "paper.toml", Console(file=io.StringIO()), details=details)
    return [Section("", tuple(found))]


@pytest.fixture(scope="module")
def commands(golden, tmp_path_factory):
    """The sections of every command that shows some, from records where there are any."""
    folder = tmp_path_factory.mktemp("run")
    shutil.copy(golden / "paper/manifest.json", folder)
    with pytest.MonkeyPatch.context() as patch:
        weights = golden / "weights/smoke-seed-0.safetensors"
        return {
            "report": [*report(golden, "paper"), *report(golden, "refined")],
            "compare": shown(patch, "compare", golden / "paper", golden / "refined"),
            "claims": claims(golden),
            "score-error": score(golden),
            "infer": infer(golden),
            "audit": shown(patch, "audit", weights, "--sequences", "8", "--snapshots", "2"),
            "constants": listed(patch),
            "status": shown(patch, "status", folder),
        }


def test_every_command_is_looked_at(commands):
    assert {name for name in app if not name.startswith("-")} == set(commands) | WITHOUT


def faults(sections, width):
    """What is wrong with the sections on a terminal: numbers that are broken, words that are lost, lines that are too wide."""
    console = Console(file=io.StringIO(), width=width)
    terminal.show(sections, "title", console)
    lines = console.file.getvalue().splitlines()
    texts = [block.text for part in sections for block in part.blocks_of(Text)]
    tables = [block for part in sections for block in part.blocks_of(Table) if not block.page_only]
    texts += [cell for table in tables for row in (table.columns, *table.rows) for cell in row]
    numbers = [number for text in texts for number in NUMBER.findall(text)]
    words = [word for text in texts for word in text.split() if len(word) < width - 1]
    everything = "\n".join(lines)
    return [item for item in {*numbers, *words} if item not in everything] + [line for line in lines if len(line) > width]


@pytest.mark.parametrize("width", [80, 40])
def test_no_number_is_broken_and_nothing_is_lost(commands, width):
    for name, sections in commands.items():
        assert faults(sections, width) == [], name


def test_a_terminal_that_breaks_numbers_is_found(commands, monkeypatch):
    """The broken twin: lines that are broken at any space."""
    monkeypatch.setattr(layout, "words", str.split)
    for width in (80, 40):
        assert [number for number in faults(commands["report"], width) if "±" in number]


def test_the_status_of_a_published_run_fits_a_screen(golden, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("paper", "refined"):
        assert len(command("status", golden / name)[1].splitlines()) <= 25
    assert len(command("status", golden / "paper", "--stages")[1].splitlines()) > 240


def test_every_help_fits_and_names_its_arguments(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("", *(name for name in app if not name.startswith("-"))):
        status_, text, _ = command(*filter(None, (name, "--help")))
        assert status_ == 0
        assert text.startswith(f"Usage: paper-repro {name or 'COMMAND'}")
        assert max(map(len, text.splitlines())) <= 80
        assert "[ARGS" not in text
