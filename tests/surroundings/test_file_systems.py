"""File systems without flushing, modes or locks: what is extra and fails is said once, and what was asked for is done."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from paper_repro import files
from paper_repro.cli import process
from paper_repro.files import InputError, write_bytes
from paper_repro.pipeline.lock import lock
from tests.support.commands import command, one_line, refused
from tests.support.tiny import outcome

fcntl = pytest.importorskip("fcntl")


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_SAID", set())


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EROFS, errno.EPERM], ids=errno.errorcode.get)
def test_a_run_goes_on_where_nothing_can_be_flushed_and_no_mode_set(
    number: int, tiny: Path, done: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CIFS, WSL and mounts of S3 have it, emulated."""
    (run / "results/inversion-0.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing(number))
        for owner, name in ((os, "chmod"), (os, "fchmod"), (Path, "chmod")):
            patch.setattr(owner, name, failing(errno.EPERM))
        status, _, err = command("reproduce", tiny, "--out", run)
    assert status == 0
    assert sorted(err.splitlines()) == [
        f"paper-repro: {what} cannot be flushed to disk here ({os.strerror(number)}): "
        "after a loss of power the last files may be missing"
        for what in ("a file", "a folder")
    ]
    assert outcome(run) == outcome(done)


@pytest.mark.faults("unwritable")
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_disk_that_could_not_take_the_data_is_a_failure(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin: not every error of a flush is forgiven."""
    (tmp_path / "old").write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing(number))
        with pytest.raises(InputError, match=os.strerror(number)):
            write_bytes(tmp_path / "old", b"new")
    assert (tmp_path / "old").read_bytes() == b"old"


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600), (0o027, 0o640)])
def test_a_new_file_has_the_mode_of_the_umask_and_an_old_one_is_opened_to_nobody_else(mask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "new", b"new")
        (tmp_path / "private").touch(0o600)
        write_bytes(tmp_path / "private", b"new")
        with lock(tmp_path / "run", print):
            assert (tmp_path / "run/.lock").stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == mode
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600


NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EINVAL)
OTHER = (errno.EIO, errno.EACCES, errno.EBADF, errno.EPERM, errno.ESTALE, errno.EDEADLK, errno.EINTR, errno.EROFS)


@pytest.mark.faults("two")
@pytest.mark.parametrize("number", [*NO_LOCKS, *OTHER, errno.EWOULDBLOCK], ids=errno.errorcode.get)
def test_every_error_of_a_lock_goes_on_or_names_the_run_directory(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(fcntl, "flock", failing(number))
    try:
        with lock(tmp_path / "run", said.append):
            went_on = True
    except InputError as error:
        went_on = False
        line = str(error)
        assert line.startswith(str(tmp_path / "run"))
        assert os.strerror(number) in line or "in use by" in line
    assert went_on == (number in NO_LOCKS)
    assert [str(tmp_path / "run") in text for text in said] == [True] * went_on


@pytest.mark.faults("surroundings")
def test_a_system_without_file_locks_is_one_line_and_commands_without_a_run_work(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fcntl", "termios", "resource", "pwd", "grp"):
        monkeypatch.setitem(sys.modules, name, None)  # an import of it fails
    for name in [name for name in sys.modules if name.startswith("paper_repro.pipeline.lock")]:
        monkeypatch.delitem(sys.modules, name)  # it is read again, as in a new process
    line = refused("reproduce", tiny, "--out", tmp_path / "run")
    assert "without file locks; expected Linux, macOS or another POSIX system" in line
    assert not (tmp_path / "run").exists()
    assert command("logz", "ABBA", "--temperature", "1")[0] == 0


def test_the_program_refuses_another_system_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its signals and pipes are those of POSIX."""
    with monkeypatch.context() as patch:
        patch.setattr(process.os, "name", "nt")
        with pytest.raises(SystemExit) as ended:
            process.program()
    assert "expected Linux, macOS" in one_line(int(str(ended.value)), capsys.readouterr().err)
