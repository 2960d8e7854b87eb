"""The tiny run that the tests of this folder share."""

import shutil

import pytest
from rich.console import Console

from paper_repro.cli.reproduce import run_spec
from paper_repro.spec import specs_folder
from tests.support.figures import draw_one
from tests.support.tiny import CHANGES


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("specs")
    (folder / "paper.toml").write_bytes((specs_folder() / "paper.toml").read_bytes())
    path = folder / "tiny.toml"
    path.write_text(CHANGES.replace("{a}", "{ value = ").replace("{b}", ', status = "assumed", why = "a test of seconds" }'))
    return path


@pytest.fixture(scope="session")
def made(tiny, tmp_path_factory):
    """A folder with a finished run, and what was shown of it."""
    folder = tmp_path_factory.mktemp("made")
    console = Console(file=(folder / "screen.txt").open("w"), width=100)
    assert run_spec(tiny, folder / "tiny", console) == 0
    console.file.close()
    return folder


@pytest.fixture(scope="module")
def done(made, tmp_path_factory):
    """A copy of the finished run, with what was shown of it beside it; tests that change it must undo that."""
    return shutil.copytree(made, tmp_path_factory.mktemp("runs") / "made") / "tiny"


@pytest.fixture
def one_figure(monkeypatch):
    """Reports have one figure of eight."""
    draw_one(monkeypatch)
