"""What the tests of the surroundings share: a spec of seconds, a run of it that nothing disturbed, other users, and an alarm."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paper_repro.files import sha256
from tests.support.commands import command
from tests.support.figures import draw_one
from tests.support.tiny import tiny_spec, write_spec


def _usual(patch: pytest.MonkeyPatch) -> None:
    """One figure, wide output, and none of the variables of whoever runs the tests."""
    draw_one(patch)
    patch.setenv("COLUMNS", "500")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PAPER_REPRO_AUTHORS_WEIGHTS"):
        patch.delenv(name, raising=False)


@pytest.fixture(scope="module", autouse=True)
def _surroundings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        _usual(patch)
        yield


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """What waits for ever, as for the writer of a pipe, fails instead."""

    def fail(*_: object) -> None:
        raise TimeoutError("nothing came for a minute and a half")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(90)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_spec(tmp_path_factory.mktemp("specs"), tiny_spec())


@pytest.fixture(scope="session")
def done(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run that nothing disturbed; tests change copies of it."""
    run = tmp_path_factory.mktemp("runs") / "tiny"
    with pytest.MonkeyPatch.context() as patch:
        _usual(patch)
        assert command("reproduce", tiny, "--out", run)[0] == 0
    whole = {path: sha256(path) for path in run.rglob("*") if path.is_file()}
    yield run
    assert {path: sha256(path) for path in run.rglob("*") if path.is_file()} == whole


@pytest.fixture
def run(done: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return shutil.copytree(done, tmp_path / "run")


@pytest.fixture(scope="session")
def mortal() -> tuple[str, ...]:
    """What a command is run within so that it may write no more than the modes of files say."""
    if os.geteuid() != 0:
        return ()
    within = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    if shutil.which("setpriv") is None or subprocess.run([*within, "true"], check=False).returncode != 0:  # noqa: S603
        pytest.skip("the super-user may write everywhere, and setpriv(1) is not there to take that away")
    return within


@pytest.fixture
def modes() -> Iterator[Callable[[Path, int], Path]]:
    """Set the mode of a file or folder until the end of a test."""
    before = []

    def of(path: Path, mode: int) -> Path:
        before.append((path, path.stat().st_mode))
        path.chmod(mode)
        return path

    yield of
    for path, mode in reversed(before):
        path.chmod(mode)
