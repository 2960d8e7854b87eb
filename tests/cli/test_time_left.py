"""Every command that may work for more than ten seconds shows how far it is, in parts of a known number: hence the time left."""

import pytest

from paper_repro.cli.app import app
from paper_repro.spec import load_spec, specs_folder
from paper_repro.studies.reproduction.plan import plan_reproduction
from tests.cli.test_labels import COMMANDS
from tests.support.commands import command
from tests.support.progress import Progress

LAW = """temperature = 2.5
[system]
sites = 6
boundary = "periodic"
[exchange]
separations = [1]
[couplings]
"exchange 1" = 1.0
"""
#: Commands that take seconds; reproduce is its stages, below; the others are looked at in test_labels.py.
SHORT = {"compare", "constants", "logz", "report"}
#: Stages of seconds.
SHORT_STAGES = {"note the constants", "calibrate", "import", "adopt", "report"}


def lines(folder):
    (folder / "law.toml").write_text(LAW)
    data = folder / "data.npz"
    return {
        "simulate": ["simulate", folder / "law.toml", "--snapshots", "40", "--out", data],
        "infer": ["infer", data, "--range", "1"],
    }


def test_every_command_is_looked_at(tmp_path):
    looked_at = {*lines(tmp_path), *COMMANDS, *SHORT, "verify", "status", "reproduce"}
    assert {name for name in app if not name.startswith("-")} == looked_at


def test_snapshots_are_drawn_and_inferred_with_progress(tmp_path, monkeypatch):
    for arguments in lines(tmp_path).values():
        with monkeypatch.context() as patch:
            progress = Progress(patch)
            assert command(*arguments)[0] == 0
            assert progress.fault() is None


def test_a_run_is_read_with_progress(golden, monkeypatch):
    for name in ("status", "verify"):
        with monkeypatch.context() as patch:
            progress = Progress(patch)
            command(name, golden / "paper")
            assert progress.fault() is None


@pytest.mark.parametrize("name", ["paper.toml", "refined.toml"])
def test_every_long_stage_of_a_run_has_a_number_of_parts(name):
    stages = plan_reproduction(load_spec(specs_folder() / name).record, b"weights").stages
    assert {stage.kind for stage in stages if stage.total is None} <= SHORT_STAGES
    assert {"sample", "train", "invert", "likelihood", "end time"} <= {stage.kind for stage in stages if stage.total}


def test_a_command_without_progress_is_seen(monkeypatch):
    """The broken twins: no stage, a stage of an unknown number of parts, one that stops short."""
    assert Progress(monkeypatch).fault() == "no stage"
    for total, done in ((None, 3), (3, 2), (3, None)):
        with monkeypatch.context() as patch:
            progress = Progress(patch)
            progress.stages.append([total, done])
            assert progress.fault() == [total, done]
