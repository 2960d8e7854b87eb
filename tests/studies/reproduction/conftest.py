"""The tiny run that the tests of this folder share."""

import pytest
from rich.console import Console

from paper_repro.cli.reproduce import run_spec
from paper_repro.spec import specs_folder
from tests.support.tiny import CHANGES


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("specs")
    (folder / "paper.toml").write_bytes((specs_folder() / "paper.toml").read_bytes())
    path = folder / "tiny.toml"
    path.write_text(CHANGES.replace("{a}", "{ value = ").replace("{b}", ', status = "assumed", why = "a test of seconds" }'))
    return path


@pytest.fixture(scope="module")
def done(tiny, tmp_path_factory):
    """A finished run; tests that change it must undo that."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    console = Console(file=(out.parent / "screen.txt").open("w"), width=100)
    assert run_spec(tiny, out, console) == 0
    console.file.close()
    return out
