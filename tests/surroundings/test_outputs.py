"""Where numbers are written: into what the target is, never in its place, and not before all of them are there."""

import contextlib
import errno
import inspect
import io
import json
import os
import pty
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.cli import main
from paper_repro.cli.app import app
from paper_repro.cli.console import write_json
from paper_repro.cli.options import FolderTarget, JsonTarget, RunTarget
from paper_repro.files import InputError, write_bytes, write_output
from paper_repro.score.pairformer import build
from paper_repro.score.weights import save_weights
from paper_repro.spec import load_spec, specs_folder
from tests.support.commands import command, refused

LOGZ = ["logz", "ABBA", "--temperature", "0.5", "--json"]
OLD = b"years of work"
MODEL = build(load_spec(specs_folder() / "smoke.toml").record.architecture, 0)


def numbers(text: str | bytes) -> float:
    found: float = json.loads(text)["ln_z"]
    return found


@pytest.fixture(scope="module")
def ln_z() -> float:
    return numbers(command(*LOGZ, "-")[1])


def functions() -> dict[str, Callable[..., int]]:
    """The commands by name, but those that cyclopts adds."""
    found = {name: app[name].default_command for name in app if not name.startswith("-")}
    return {name: function for name, function in found.items() if function is not None}


def test_every_command_writes_its_numbers_in_the_one_way() -> None:
    """What the tests below say of one command is so of all: no other option names what is written."""
    targets = {"json": [JsonTarget], "out": [RunTarget, FolderTarget]}
    seen = set()
    for name, function in functions().items():
        assert "json" in inspect.signature(function).parameters, name
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name in targets:
                assert parameter.annotation in targets[parameter.name], name
                seen.add(name)
    assert seen >= {"reproduce", "status", "verify", "constants", "audit", "claims", "score-error", "infer", "logz"}


def _linked(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path


FILES: dict[str, Callable[[Path], tuple[Path, Path]]] = {  # the target, and the file that must hold the numbers
    "a new file": lambda folder: (folder / "new", folder / "new"),
    "a file": lambda folder: (folder / "old", folder / "old"),
    "a link": lambda folder: (_linked(folder / "link", folder / "old"), folder / "old"),
    "a link to a link": lambda folder: (_linked(folder / "two", _linked(folder / "one", folder / "old")), folder / "old"),
    "a link to nothing": lambda folder: (_linked(folder / "link", folder / "new"), folder / "new"),
    "a linked folder": lambda folder: (_linked(folder / "link", folder / "deep") / "new", folder / "deep/new"),
    "a new folder": lambda folder: (folder / "a/b/new", folder / "a/b/new"),
    "a long name": lambda folder: (folder / ("ü" * 127), folder / ("ü" * 127)),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    (folder / "deep").mkdir(parents=True)
    (folder / "old").write_bytes(OLD)
    return folder


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_replaced_whole_where_a_link_leads_and_the_link_stays(kind: str, place: Path, ln_z: float) -> None:
    target, file = FILES[kind](place)
    links = {path: path.readlink() for path in place.iterdir() if path.is_symlink()}
    assert command(*LOGZ, target)[0] == 0
    assert numbers(file.read_bytes()) == ln_z
    assert not file.is_symlink()
    assert {path: path.readlink() for path in place.iterdir() if path.is_symlink()} == links
    assert not list(place.rglob("*.tmp"))


@contextlib.contextmanager
def _reader(descriptor: int) -> Iterator[bytearray]:
    """What arrives at a descriptor, read by a thread until its other end is closed."""
    found = bytearray()

    def listen() -> None:
        with contextlib.suppress(OSError):  # a terminal whose other end is closed
            while part := os.read(descriptor, 65536):
                found.extend(part)

    listener = threading.Thread(target=listen)
    listener.start()
    yield found
    listener.join()
    os.close(descriptor)


@contextlib.contextmanager
def _pipe(path: Path) -> Iterator[bytearray]:
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY)
    os.set_blocking(descriptor, True)
    with _reader(descriptor) as found:
        yield found
        os.close(writer)


@contextlib.contextmanager
def _device(path: Path) -> Iterator[bytearray]:
    """A link to a terminal, the one device that anybody can have."""
    ours, theirs = pty.openpty()
    path.symlink_to(os.ttyname(theirs))
    with _reader(ours) as found:
        yield found
        os.close(theirs)


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("kind", [_pipe, _device])
def test_numbers_go_into_a_pipe_or_a_device_which_stays_one(kind: Callable[[Path], object], place: Path, ln_z: float) -> None:
    target = place / "target"
    with kind(target) as found:  # type: ignore[attr-defined]
        before = target.stat()
        assert command(*LOGZ, target)[0] == 0
        assert os.path.samestat(target.stat(), before)
        assert stat.S_IFMT(target.lstat().st_mode) == (stat.S_IFIFO if kind is _pipe else stat.S_IFLNK)
    assert numbers(bytes(found)) == ln_z
    assert sorted(path.name for path in place.iterdir()) == ["deep", "old", "target"]


@pytest.mark.faults("surroundings")
def test_a_device_of_the_super_user_stays_a_device(place: Path, ln_z: float) -> None:
    try:
        os.mknod(place / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        (place / "null").write_bytes(b"")
    except PermissionError:
        pytest.skip("devices are made, and used outside of /dev, by the super-user where the file system permits it")
    assert command(*LOGZ, place / "null")[0] == 0
    assert (place / "null").is_char_device()
    with pytest.raises(InputError, match="a device or a socket"):
        write_bytes(place / "null", b"a file of a run")
    assert (place / "null").is_char_device()


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_by_any_name_has_the_numbers_alone(
    name: str, place: Path, ln_z: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    status, out, err = command(*LOGZ, name)
    assert status == 0
    assert numbers(out) == ln_z
    assert "heat capacity" in err
    assert sorted(path.name for path in place.iterdir()) == ["deep", "old"]


@pytest.mark.faults("surroundings")
def test_an_open_file_by_its_number_is_written_into(place: Path, ln_z: float) -> None:
    """As the shell's process substitution, or a redirection, has it."""
    with (place / "old").open("r+b") as stream:
        inode = os.fstat(stream.fileno()).st_ino
        assert command(*LOGZ, f"/dev/fd/{stream.fileno()}")[0] == 0
    assert (place / "old").stat().st_ino == inode
    assert numbers((place / "old").read_bytes()) == ln_z


def _socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(folder / "socket"))  # the name of a socket may have 107 bytes
    return folder / "socket"


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a folder": (lambda folder: folder / "deep", "a folder"),
    "a link to a folder": (lambda folder: _linked(folder / "link", folder / "deep"), "a folder"),
    "a socket": (_socket, "a socket"),
    "a circle": (lambda folder: _linked(folder / "circle", folder / "circle"), "Too many levels of symbolic links"),
    "below a file": (lambda folder: folder / "old/new", "Not a directory"),
    "far below a file": (lambda folder: folder / "old/deeper/new", "Not a directory"),
}


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_written_to_is_one_line_before_the_work(kind: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, said = REFUSED[kind]
    monkeypatch.chdir(place)
    target = make(place)
    before = target.lstat() if kind not in {"below a file", "far below a file"} else None
    monkeypatch.setattr("paper_repro.cli.logz.spec_at", None)  # called, it would be an error
    line = refused(*LOGZ, target)
    assert line.startswith(f"{target}: cannot be written ({said}")
    assert before is None or os.path.samestat(target.lstat(), before)
    with pytest.raises(InputError, match="cannot be written"):
        write_output(target, b"numbers")
    assert (place / "old").read_bytes() == OLD


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("kind", ["file", "pipe", "socket", "device", "circle"])
def test_what_is_no_folder_is_refused_as_a_run_directory_and_stays_what_it_is(
    kind: str, tiny: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    make: dict[str, Callable[[Path], object]] = {
        "file": Path.touch, "pipe": os.mkfifo, "socket": lambda path: _socket(path.parent).rename(path),
        "device": lambda path: path.symlink_to("/dev/null"), "circle": lambda path: path.symlink_to(path),
    }  # fmt: skip
    make[kind](place / "target")
    before = (place / "target").lstat()
    assert str(place / "target") in refused("reproduce", tiny, "--out", place / "target")
    assert os.path.samestat((place / "target").lstat(), before)


@pytest.mark.faults("surroundings")
def test_a_report_that_no_folder_can_take_is_refused_before_the_work(place: Path) -> None:
    for target in (place / "old", place / "old/deeper", _linked(place / "circle", place / "circle")):
        assert refused("infer", "no-such-snapshots.npz", "--out", target).startswith(f"{target}/report.html: cannot be written (")
    assert (place / "old").read_bytes() == OLD


@pytest.mark.faults("surroundings")
def test_a_link_to_a_run_directory_is_the_run_and_stays_a_link(tiny: Path, run: Path, place: Path) -> None:
    (place / "link").symlink_to(run)
    (run / "results/inversion-0.json").unlink()
    assert command("reproduce", tiny, "--out", place / "link")[0] == 0
    assert (place / "link").readlink() == run
    assert (run / "results/inversion-0.json").is_file()


WRITERS: dict[str, Callable[[Path], None]] = {
    "weights": lambda path: save_weights(path, MODEL, query_times=(1e-4,), spec_sha256="", seed=0, steps=1),
    "snapshots": lambda path: pr.write(path, pr.Snapshots.of(np.eye(3)[None])),
    "numbers": lambda path: write_json(path, {"ln_z": 1.0}),
}


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("what", WRITERS)
def test_every_function_that_writes_where_a_person_says_writes_into_what_it_is(what: str, place: Path) -> None:
    WRITERS[what](_linked(place / "link", place / "old"))
    assert (place / "link").is_symlink()
    with _pipe(place / "pipe") as found:
        WRITERS[what](place / "pipe")
    assert (place / "pipe").is_fifo()
    assert bytes(found) == (place / "old").read_bytes() != OLD


def test_a_run_directory_is_no_standard_output(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    for name in ("-", "-dash"):
        assert "does not begin with -" in refused("reproduce", "smoke.toml", "--out", name)
    assert sorted(path.name for path in place.iterdir()) == ["deep", "old"]


@pytest.mark.faults("signal")
@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), MemoryError(), InputError("a", "b", "c"), OSError(errno.EIO, "Input/output error")]
)
@pytest.mark.parametrize("step", ["paper_repro.cli.logz.console_beside", "json.dumps", "os.fsync"])
def test_the_old_numbers_stay_until_the_new_ones_are_whole(
    step: str, error: BaseException, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch, contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        patch.setattr(step, fail)
        assert main([*LOGZ, str(place / "old")]) in {2, 130}
    assert (place / "old").read_bytes() == OLD
    assert sorted(path.name for path in place.iterdir()) == ["deep", "old"]
