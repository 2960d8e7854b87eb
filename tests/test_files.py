import errno
import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from paper_repro.files import (
    DamagedError,
    InputError,
    NotFiniteError,
    read_bytes,
    remove_temporaries,
    require_format,
    sha256,
    write_bytes,
    write_text,
)

OLD = b"the old content"


class Interrupted(BaseException):
    """Stands for a crash that no ``except Exception`` sees, as Ctrl-C is."""


def interrupted_write_is_safe(
    write: Callable[[Path, bytes], None], folder: Path, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Interrupt ``write`` before its bytes are on the disk; tell whether the old file is whole and alone in its folder."""
    folder.mkdir()
    path = folder / "data.bin"
    path.write_bytes(OLD)

    def interrupt(_: int) -> None:
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", interrupt)
        with pytest.raises((type(failure), InputError)):
            write(path, b"the new content")
    return path.read_bytes() == OLD and [item.name for item in folder.iterdir()] == ["data.bin"]


def write_in_place(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        os.fsync(stream.fileno())


def write_leaving_the_temporary(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as stream:
        stream.write(data)
        os.fsync(stream.fileno())
    temporary.replace(path)


FAILURES = [Interrupted(), RuntimeError("the writer failed"), OSError(errno.ENOSPC, "No space left on device")]


@pytest.mark.faults("signal")
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_an_interrupted_writer_leaves_the_old_file_and_no_temporary(
    tmp_path: Path, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert interrupted_write_is_safe(write_bytes, tmp_path / "atomic", failure, monkeypatch)
    assert not interrupted_write_is_safe(write_in_place, tmp_path / "in place", failure, monkeypatch)
    assert not interrupted_write_is_safe(write_leaving_the_temporary, tmp_path / "left over", failure, monkeypatch)


@pytest.mark.faults("killed")
def test_what_killed_writers_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    kept = [tmp_path / "data.tmp", tmp_path / ".hidden", tmp_path / "deeper" / "data.bin"]
    for path in (*kept, tmp_path / ".data.bin.x1_y.tmp", tmp_path / "deeper" / ".data.bin.abc.tmp"):
        path.write_bytes(OLD)
    remove_temporaries(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


@pytest.mark.faults("format")
def test_formats_are_told_apart_by_name() -> None:
    require_format("file", "paper_repro run 2", "paper_repro run 2")
    for found in ("paper_repro run 1", "paper_repro runs 3", "paper_repro run x", "paper_repro run", None, 2, []):
        with pytest.raises(InputError, match=r"; expected 'paper_repro run 2'$") as caught:
            require_format("file", found, "paper_repro run 2")
        assert "newer" not in str(caught.value)
    with pytest.raises(InputError, match="'paper_repro run 10', which a newer paper_repro has written"):
        require_format("file", "paper_repro run 10", "paper_repro run 2")


@pytest.mark.faults("format")
def test_of_two_formats_either_is_taken_and_newer_is_newer_than_both() -> None:
    two = ("paper_repro run 9", "paper_repro run 10")
    for found in two:
        require_format("file", found, *two)
    with pytest.raises(InputError, match=r"run 8'; expected 'paper_repro run 9' or 'paper_repro run 10'$"):
        require_format("file", "paper_repro run 8", *two)
    with pytest.raises(InputError, match="run 11', which a newer paper_repro has written"):
        require_format("file", "paper_repro run 11", *two)


@pytest.mark.parametrize("error", [InputError("a", "b", "c"), DamagedError("a", "b", "c"), NotFiniteError("a", "b")])
def test_an_error_comes_whole_out_of_a_worker_process(error: InputError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- as concurrent.futures does
    assert type(again) is type(error)
    assert str(again) == str(error)


_LIMITED = """
import resource, sys
from pathlib import Path
from paper_repro.files import InputError, write_bytes
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_bytes(Path(sys.argv[1]), bytes(5000))
except InputError as error:
    print(error)
"""


@pytest.mark.faults("unwritable")
def test_a_limit_on_the_size_of_files_is_one_line_with_the_size_needed(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(OLD)
    command = [sys.executable, "-c", _LIMITED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.startswith(f"{path}: cannot be written (File too large; 5,000 bytes needed, ")
    assert done.stdout.count("\n") == 1
    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.faults("unwritable")
def test_a_failed_rename_leaves_the_old_file_and_no_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(OLD)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        write_bytes(path, b"new")
    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_written_whole_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "text.txt"
    write_text(path, "κ = βh\n")
    assert path.read_bytes() == "κ = βh\n".encode()
    write_bytes(path, b"shorter")
    assert path.read_bytes() == b"shorter"
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.faults("unwritable")
@pytest.mark.parametrize("name", ["file/data.bin", "file/deeper/data.bin", "folder", "x" * 300])
def test_an_unwritable_place_is_one_line_and_nothing_is_lost(tmp_path: Path, name: str) -> None:
    # A file stands where a folder is wanted, and the reverse: this refuses the super-user too, as a read-only folder does not.
    (tmp_path / "file").write_bytes(OLD)
    (tmp_path / "folder").mkdir()
    path = tmp_path / name
    with pytest.raises(InputError) as caught:
        write_bytes(path, b"new")
    message = str(caught.value)
    assert message.splitlines() == [message]
    assert message.startswith(f"{path}: cannot be written (")
    assert (tmp_path / "file").read_bytes() == OLD
    assert sorted(item.name for item in tmp_path.iterdir()) == ["file", "folder"]


def test_an_unreadable_file_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError) as caught:
            read_bytes(path, "the weights")
        message = str(caught.value)
        assert message.splitlines() == [message]
        assert message.startswith(f"{path}: cannot be read (")
        assert message.endswith("; expected the weights")


def test_the_message_is_one_line_whatever_its_parts_hold() -> None:
    message = str(InputError("a\nb", "c\r\n\u2028d\x85e", "f\x0bg\x1ch"))
    assert message == "a b: c d e; expected f g h"


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(OLD)
    assert sha256(path) == hashlib.sha256(OLD).hexdigest()
    path.write_bytes(OLD[:-1] + bytes([OLD[-1] ^ 1]))  # one flipped bit
    assert sha256(path) != hashlib.sha256(OLD).hexdigest()
