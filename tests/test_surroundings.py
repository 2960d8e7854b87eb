"""Full and read-only disks, no home, odd terminals, names and locales, damage, hostile files: one line, and no result is lost."""

import contextlib
import fcntl
import html.parser
import io
import json
import math
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import torch
from hypothesis import given
from safetensors.torch import save_file

from paper_repro.analysis import basis_fit, thermodynamic_integration
from paper_repro.cli import main
from paper_repro.files import sha256
from paper_repro.pipeline import manifest
from paper_repro.pipeline.manifest import NAME, PREVIOUS, key_of, read_manifest
from paper_repro.report import html as html_report
from paper_repro.sampling import replica_exchange
from paper_repro.score.field import NetworkForce, NetworkScore
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.score.training import gradient
from paper_repro.spec import digest, load_spec, specs_folder
from paper_repro.studies.reproduction import results_file
from paper_repro.studies.reproduction.figures import draw
from paper_repro.studies.reproduction.protocol import published_protocol
from paper_repro.studies.reproduction.subject import Subject
from tests.support.malformed import MALFORMED, PAPER, document, mutated
from tests.support.tiny import CHANGES

ALL_FIGURES = draw.FIGURES
DRAWN = ALL_FIGURES[-1:]  # one figure of eight: the others take four seconds


def tiny_spec(changes: str = "") -> str:
    text = re.sub(r"\{a\}(.*)\{b\}", r'{ value = \1, status = "assumed", why = "a test of seconds" }', CHANGES)
    for line in changes.splitlines():
        section, name, value = re.fullmatch(r"([\w.]+)\.(\w+) = (.*)", line.strip()).groups()
        constant = f'{name} = {{ value = {value}, status = "assumed", why = "a test" }}'
        head = f"[{section}]\n"
        text = text if head in text else text + head
        body = re.sub(rf"(?ms)(^\[{section}\]\n[^\[]*?)^{name} = .*?\n", r"\1", text)
        text = body.replace(head, f"{head}{constant}\n")
    return text


def write_spec(folder: Path, text: str, base: str = PAPER, name: str = "tiny.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    ((folder / name).parent / "paper.toml").write_text(base, encoding="utf-8")
    return folder / name


def command(*arguments: object) -> tuple[int, str, str]:
    """Run a command here; return its status and what it wrote to its output and to its errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return status, out.getvalue(), err.getvalue()


def one_line(status: int, err: str) -> str:
    assert status == 2
    assert err.startswith("paper-repro: ")
    assert err.endswith("\n")
    line = err[len("paper-repro: ") : -1]
    assert line.isprintable()
    return line


def refused(*arguments: object) -> str:
    """Run a command that must end in one line; return the line."""
    status, out, err = command(*arguments)
    assert "Traceback" not in out
    return one_line(status, err)


_ALONE = """
import os, sys
from paper_repro import cli
from paper_repro.studies.reproduction.figures import draw
draw.FIGURES = draw.FIGURES[-1:]
for line in sys.argv[1].split(";"):
    status = cli.main([os.fsdecode(bytes.fromhex(word)) for word in line.split(",")])
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        stream.flush()
        os.write(number, b"\\0%d\\0" % status)
"""


def alone(*lines: list[object], within: tuple[str, ...] = (), **environment: str) -> list[tuple[int, str, str]]:
    """Run commands in a process of their own, in an environment that holds nothing else; return as ``command`` does."""
    words = ";".join(",".join(os.fsencode(str(word)).hex() for word in line) for line in lines)
    wanted = {
        name: value for name, value in os.environ.items() if name.startswith(("PATH", "PYTHONPATH", "OPENBLAS_", "OMP_", "MKL_"))
    }
    done = subprocess.run(  # noqa: S603 -- this interpreter
        [*within, sys.executable, "-c", _ALONE, words], env=wanted | environment, capture_output=True, check=False, timeout=100
    )
    out, err = (stream.decode(errors="surrogateescape").split("\0") for stream in (done.stdout, done.stderr))
    assert len(out) == 2 * len(lines) + 1, (out[-1], err[-1])
    return [(int(out[2 * k + 1]), out[2 * k], err[2 * k]) for k in range(len(lines))]


def outcome(run: Path) -> dict[str, str]:
    """The SHA-256 of every output, on the disk and as the manifest has it; of the report, without its stages and their seconds."""
    made = {name: sha for record in read_manifest(run).stages.values() for name, sha in record.outputs.items()}
    assert made == {name: sha256(run / name) for name in made}
    before, _, rest = (run / "report.html").read_text(encoding="utf-8").partition("<h2>Stages</h2>")
    assert "</section>" in rest
    return made | {"report.html": key_of(before + rest.partition("</section>")[2])}


def _drawn_once(draw_all: Callable[[Subject], dict[str, bytes]]) -> Callable[[Subject], dict[str, bytes]]:
    """Draw the figures of the same results once."""
    kept: dict[str, dict[str, bytes]] = {}

    def drawn(subject: Subject) -> dict[str, bytes]:
        key = key_of(results_file.as_json(subject.results).decode(), digest(subject.spec), len(draw.FIGURES))
        if key not in kept:
            kept[key] = draw_all(subject)
        return kept[key]

    return drawn


@pytest.fixture(scope="module", autouse=True)
def _surroundings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "FIGURES", DRAWN)
        patch.setattr(draw, "draw_all", _drawn_once(draw.draw_all))
        patch.setenv("COLUMNS", "500")
        for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PAPER_REPRO_AUTHORS_WEIGHTS"):
            patch.delenv(name, raising=False)
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


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_spec(tmp_path_factory.mktemp("specs"), tiny_spec())


@pytest.fixture(scope="module")
def done(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    run = tmp_path_factory.mktemp("runs") / "tiny"
    assert command("reproduce", tiny, "--out", run)[0] == 0
    return run


@pytest.fixture
def run(done: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return shutil.copytree(done, tmp_path / "run")


def seal(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a manifest as somebody would who wants it believed: checksum and all."""
    data = json.loads((run / NAME).read_text(encoding="utf-8"))
    del data["sha256"]
    change(data)
    (run / NAME).write_text(json.dumps(data | {"sha256": key_of(data)}), encoding="utf-8")


# -- disks ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A disk of so many KiB, which can be made larger."""
    mount, place = shutil.which("mount"), tmp_path / "disk"
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a small disk takes mount(8) and the super-user")
    place.mkdir()
    mounted = False

    def of(size: int) -> Path:
        nonlocal mounted
        options = f"{'remount,' if mounted else ''}size={size}k"
        made = subprocess.run([mount, "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)  # noqa: S603
        if made.returncode != 0:
            pytest.skip(f"no disk can be mounted here: {made.stderr.decode().strip()}")
        mounted = True
        return place

    yield of
    if mounted:
        subprocess.run(["umount", "-l", place], check=True)  # noqa: S603, S607


@pytest.mark.faults("unwritable")
def test_a_full_disk_is_one_line_with_the_room_needed_and_the_run_goes_on(
    disk: Callable[[int], Path], tiny: Path, done: Path
) -> None:
    """Full before it starts, then at some eight places along the run, each time a little later."""
    place = disk(4)
    (place / "filler").write_bytes(bytes(4096))
    run, full, sizes = place / "run", set(), iter(range(4, 2000, 28))
    for size in sizes:
        disk(size)
        status, _, err = command("reproduce", tiny, "--out", run)
        if status == 0:
            break
        line = one_line(status, err)
        found = re.fullmatch(
            rf"({re.escape(str(place))}/\S+): cannot be written \(No space left on device; (.*) bytes needed, (.*) free\); "
            "expected a writable folder with space left",
            line,
        )
        assert found, line
        needed, free = (int(number.replace(",", "")) for number in found.groups()[1:])
        assert free < max(needed, 4096 + 1)
        assert not list(place.rglob("*.tmp"))
        full.add(found[1])
        if (run / NAME).exists():
            assert command("verify", run)[0] == 0
    assert status == 0
    assert len(full) >= 4
    assert outcome(run) == outcome(done)


@pytest.fixture(scope="module")
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


@pytest.mark.faults("unwritable")
def test_a_folder_that_may_not_be_written_or_read_is_one_line_that_names_it(
    mortal: tuple[str, ...], modes: Callable[[Path, int], Path], tiny: Path, done: Path, tmp_path: Path
) -> None:
    """A finished run of somebody else can still be looked at."""
    runs = {name: shutil.copytree(done, tmp_path / name) for name in ("theirs", "part", "shut", "unreadable", "weights")}
    (runs["part"] / "results/inversion-0.json").unlink()
    modes(runs["part"] / "results", 0o555)
    modes(runs["theirs"] / ".lock", 0o444)
    modes(runs["theirs"], 0o555)
    modes(runs["shut"], 0o000)
    modes(runs["unreadable"] / NAME, 0o000)
    modes(runs["weights"] / "weights/seed-0.safetensors", 0o000)
    modes(tmp_path, 0o555)
    weights = done / "weights/seed-0.safetensors"
    fail: dict[str, list[object]] = {
        "new": ["reproduce", tiny, "--out", tmp_path / "new"],
        "theirs": ["reproduce", tiny, "--out", runs["theirs"]],
        "theirs ": ["report", runs["theirs"]],
        "part/results/inversion-0.json": ["reproduce", tiny, "--out", runs["part"]],
        "shut": ["status", runs["shut"]],
        "shut ": ["reproduce", tiny, "--out", runs["shut"]],
        f"unreadable/{NAME}": ["reproduce", tiny, "--out", runs["unreadable"]],
        "weights/weights/seed-0.safetensors": ["reproduce", tiny, "--out", runs["weights"]],
        "weights/weights/seed-0.safetensors ": ["audit", runs["weights"] / "weights/seed-0.safetensors"],
        "figures.json": ["audit", weights, "--sequences", "12", "--spec", tiny, "--json", tmp_path / "figures.json"],
    }  # fmt: skip
    look: list[list[object]] = [["status", runs["theirs"]], ["verify", runs["theirs"]]]
    ended = alone(*fail.values(), *look, within=mortal, HOME=str(tmp_path))
    for name, (status, _, err) in zip(fail, ended, strict=False):
        line = one_line(status, err)
        assert str(tmp_path / name.strip()) in line
        assert "Permission denied" in line
    assert [(status, err) for status, _, err in ended[len(fail) :]] == [(0, ""), (0, "")]
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.fixture(scope="module")
def nobody() -> tuple[str, ...]:
    """What a command is run within so that its user is in no list of users and has no home."""
    within = ("unshare", "--user", "--map-user=54321", "--map-group=54321")
    if shutil.which("unshare") is None or subprocess.run([*within, "true"], capture_output=True, check=False).returncode != 0:  # noqa: S603
        pytest.skip("a user without a name takes unshare(1) and a kernel that permits it")
    return within


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("home", ["read-only", pytest.param("missing", marks=pytest.mark.slow), "none"])
def test_without_a_home_a_run_and_its_report_are_made_and_nothing_is_complained_of(
    home: str, request: pytest.FixtureRequest, modes: Callable[[Path, int], Path], tiny: Path, done: Path, tmp_path: Path
) -> None:
    """No cache of figures, fonts or kernels can be written where it would be."""
    environment = {"read-only": {"HOME": str(tmp_path / "home")}, "missing": {"HOME": "/nonexistent/home"}, "none": {}}[home]
    within = request.getfixturevalue("nobody" if home == "none" else "mortal")
    if home == "read-only":
        (tmp_path / "home").mkdir()
        modes(tmp_path / "home", 0o555)
    run = tmp_path / "run"
    made, told = alone(
        ["reproduce", tiny, "--out", run], ["report", run], within=within, NUMBA_CACHE_DIR="/proc/none", **environment
    )
    assert (made[0], made[2], told[0], told[2]) == (0, "", 0, "")
    assert outcome(run) == outcome(done)


# -- terminals and locales -----------------------------------------------------------------------------------------------------


def on_a_terminal(columns: int, *arguments: object) -> tuple[int, str, str]:
    """Run a command here on a terminal of its own; return its status, what the terminal was sent, and the errors."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    sent = bytearray()

    def listen() -> None:
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(ours, 65536):
                sent.extend(part)

    listener = threading.Thread(target=listen)
    listener.start()
    err = io.StringIO()
    with os.fdopen(theirs, "w", encoding="utf-8") as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    listener.join()
    os.close(ours)
    return status, sent.decode().replace("\r\n", "\n"), err.getvalue()


def everything_shown(tiny: Path, run: Path, golden: Path) -> dict[str, list[object]]:
    weights = golden / "weights/smoke-seed-0.safetensors"
    return {
        "INCONCLUSIVE": ["reproduce", tiny, "--out", run],
        "INCONCLUSIVE ": ["report", run],
        "made": ["status", run],
        "stated": ["constants", tiny],
        "capacity": ["logz", "ABBA", "--temperature", "0.5"],
        "cosine": ["audit", weights, "--sequences", "8", "--snapshots", "2"],
        "outputs": ["verify", run],
    }


ESCAPE = re.compile(r"\x1b[\[\]()#]?[0-9;?]*[A-Za-z]?")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize(
    ("environment", "unwanted"),
    [
        ({"TERM": "dumb"}, re.compile("\x1b")),
        ({"TERM": "dumb", "COLUMNS": "20"}, re.compile("\x1b")),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, COLOUR),
        ({"TERM": "xterm-256color", "COLUMNS": "20"}, None),
        ({"TERM": "", "COLUMNS": "1"}, None),
        ({"TERM": "xterm", "COLUMNS": "0"}, None),
        ({"COLUMNS": "20", "piped": "1"}, re.compile("\x1b")),
    ],
    ids=lambda value: " ".join(f"{name}={setting}" for name, setting in value.items()) if isinstance(value, dict) else "",
)
def test_every_command_shows_what_it_has_to_say_on_any_terminal(
    environment: dict[str, str],
    unwanted: re.Pattern[str] | None,
    tiny: Path,
    run: Path,
    golden: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for word, arguments in everything_shown(tiny, run, golden).items():
        status, screen, err = command(*arguments) if "piped" in environment else on_a_terminal(0, *arguments)
        assert (status, err) == (0, "")
        assert word.strip() in "".join(ESCAPE.sub("", screen).split()), arguments
        if unwanted is not None:
            assert unwanted.search(screen) is None, arguments


def test_the_checks_of_a_terminal_see_colours_and_escapes(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin: a terminal that wants colours gets them, and the bar of progress with them."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("COLUMNS")
    _, screen, _ = on_a_terminal(100, "report", run)
    assert COLOUR.search(screen)
    assert "INCONCLUSIVE" in ESCAPE.sub("", screen)


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("locale", ["C", "tr_TR.UTF-8", "de_DE.UTF-8"])
def test_another_locale_makes_the_same_bytes(locale: str, tiny: Path, done: Path, tmp_path: Path) -> None:
    """C without UTF-8 takes names, output and files for ASCII; the others have another i and another decimal point."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.lower().replace("utf8", "utf-8")  # noqa: S607
    if locale != "C" and locale.lower() not in known.split():
        pytest.skip(f"{locale} is not installed")
    ascii_alone = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"} if locale == "C" else {}
    run = tmp_path / "größe ∞"
    made, seen = alone(
        ["reproduce", tiny, "--out", run], ["status", run], LC_ALL=locale, LANG=locale, HOME=str(tmp_path), **ascii_alone
    )
    assert (made[0], made[2], seen[0], seen[2]) == (0, "", 0, "")
    assert "INCONCLUSIVE" in made[1]
    assert outcome(run) == outcome(done)


# -- names ---------------------------------------------------------------------------------------------------------------------

NAMES = [
    "with spaces ", "it's \"quoted\"", "two\nlines", "größe ∞ 字", "-dash", "--out", "100%s %(x)d %", "[red]text[/red]", "[/]",
    "[link=x]", "$HOME;~`id`&", "\x1b[31mred\x1b]0;title\x07", "\u202etxt.exe", "\udcff", "{curly}", "*?",
]  # fmt: skip


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_run_and_a_spec_of_any_name_work_and_the_name_is_only_text(
    name: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, shown = tmp_path / "there", "".join(letter if letter.isprintable() else " " for letter in name)
    try:
        (folder / name).parent.mkdir(parents=True)
        run.rename(folder / name)
    except UnicodeEncodeError:
        pytest.skip("no such name can be written here")
    spec = write_spec(folder, tiny_spec(), name=f"{name}.toml")
    monkeypatch.chdir(folder)
    for first, out in ((spec, folder / name), (f"./{name}.toml", f"./{name}")):
        for arguments in (["status", out], ["verify", out], ["constants", first], ["reproduce", first, "--out", out]):
            status, screen, err = command(*arguments)
            assert (status, err) == (0, ""), arguments
            assert all(letter.isprintable() or letter == "\n" for letter in screen), arguments
            if arguments[0] != "verify" and shown == name:
                assert name.strip() in screen, arguments
    (folder / name / "results/sampling.json").unlink()
    for arguments in (["report", folder / name], ["status", f"./{name}.toml"]):
        assert all(part in refused(*arguments) for part in shown.split())


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("name", ["-dash", "--out", "--help=x"])
def test_a_name_that_looks_like_an_option_is_a_name_or_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_spec(tmp_path, "broken", name=name)
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["constants", name],
        ["constants", "--", name],
        ["reproduce", name, "--out", "x"],
        ["reproduce", "tiny.toml", "--out", name],
    ):
        refused(*arguments)
    assert "not TOML" in refused("constants", "--", name)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["paper.toml", name])


# -- memory --------------------------------------------------------------------------------------------------------------------

TOO_LARGE: list[tuple[str, list[str]]] = [
    ("architecture.single_width = 4000000000000000000", []),
    ("architecture.single_width = 4000000000000", []),
    ("architecture.single_width = 4000000000000", ["--workers", "1"]),
    ("training_set.snapshots = 4000000000000", []),
]


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize(("size", "more"), TOO_LARGE)
def test_sizes_beyond_all_memory_end_in_one_line(size: str, more: list[str], tmp_path: Path) -> None:
    """Memory that no machine has: torch and numpy say so, each in its way."""
    spec = write_spec(tmp_path, tiny_spec(size))
    line = refused("reproduce", spec, "--out", tmp_path / "run", *more)
    assert line.startswith("not enough memory (")
    assert line.endswith("; expected smaller sizes")
    assert command("status", tmp_path / "run")[0] == 0
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0.\nDefaultCPUAllocator: can't allocate memory: you tried …"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB."),
        RuntimeError("can't start new thread"),
    ],
    ids=lambda error: f"{type(error).__name__} {error}"[:40],
)
def test_memory_that_runs_out_is_one_line_and_what_was_made_is_kept(
    error: Exception, tiny: Path, done: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    for name in ("results/inversion-0.json", "results/inversion-1.json"):
        (run / name).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(basis_fit, "normal_equations", fail)
        assert refused("reproduce", tiny, "--out", run).startswith("not enough memory (")
    status, out, _ = command("reproduce", tiny, "--out", run)
    assert status == 0
    assert made_again(out) == {"invert seed 0", "invert seed 1"}
    assert outcome(run) == outcome(done)


def test_a_fault_of_our_own_is_not_taken_for_want_of_memory(tiny: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault in the code")

    monkeypatch.setattr(basis_fit, "normal_equations", fail)
    (run / "results/inversion-0.json").unlink()
    with pytest.raises(RuntimeError, match="a fault in the code"):
        command("reproduce", tiny, "--out", run)


# -- hostile files -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("paper.toml", "smoke.toml"):
        shutil.copy(specs_folder() / name, tmp_path)
    return tmp_path


@pytest.mark.faults("malformed")
@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_spec_is_one_line_and_no_run_is_begun(case: str, folder: Path) -> None:
    content, where = MALFORMED[case]
    path = folder / "mine.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = sorted(folder.iterdir())
    for arguments in (
        ["reproduce", path, "--out", folder / "run"],
        ["constants", path],
        ["logz", "AB", "--temperature", "1", "--spec", path],
    ):
        status, out, err = command(*arguments)
        line = one_line(status, err)
        assert line.startswith(f"{path}: {where}")
        assert "; expected " in line
        assert out == ""
    assert sorted(folder.iterdir()) == before


@pytest.mark.faults("malformed")
@given(data=mutated())
def test_a_mutated_spec_is_shown_or_is_one_line(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    path = write_spec(tmp_path_factory.getbasetemp() / "mutated", document(data), name="mine.toml")
    status, out, err = command("constants", path)
    if status == 0:
        assert err == ""
        assert "ladder.replicas | " in out
    else:
        assert out == ""
        line = one_line(status, err)
        assert str(path.parent) in line
        assert "; expected " in line


@pytest.mark.faults("malformed")
@pytest.mark.parametrize("change", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n")])
def test_a_spec_written_elsewhere_is_the_same_spec(change: Callable[[bytes], bytes], tiny: Path, tmp_path: Path) -> None:
    other = write_spec(tmp_path, "", name="tiny.toml")
    other.write_bytes(change(tiny.read_bytes()))
    assert command("constants", other)[1].splitlines()[1:] == command("constants", tiny)[1].splitlines()[1:]


TAGS = {
    *("html", "head", "meta", "title", "style", "body", "nav", "ul", "li", "a", "section", "h1", "h2", "p", "div"),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "strong", "img"),
}
#: The attributes that a page may have, and how their values begin.
ATTRIBUTES = {
    **dict.fromkeys(("lang", "charset", "class", "alt", "id", "aria-label", "tabindex"), ""),
    "src": "data:image/png;base64,", "href": "#section-", "role": "region", "name": "viewport", "content": "width=device-width",
}  # fmt: skip


class Watcher(html.parser.HTMLParser):
    """What a page would do besides showing text and its own images."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        style = page.partition("<style>")[2].partition("</style>")[0]
        self.found += re.findall(r"url\(|@import|expression", style)
        self.found += [ascii(letter) for letter in page if not letter.isprintable() and letter != "\n"]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(tag)
        for name, value in attributes:
            if name not in ATTRIBUTES or not str(value).startswith(ATTRIBUTES[name]):
                self.found.append(f"{tag} {name}={value}")


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><b>",
    "--><b>",
    "[red]x[/red] %s",
    "$字^{$",
]
FIGURED = (HOSTILE[0], HOSTILE[-1])  # with all the figures
UNPRINTABLE = ["\x1b[31mred", "\x1b]0;title\x07", "\u202eevil", "two\nlines", "\x00", "\x9b31m"]


def hostile_spec(folder: Path, text: str) -> Path:
    """A tiny spec in which everything that can be named has a hostile name, and what can be said has a hostile reason."""
    toml = json.dumps(text)
    letters = "".join(dict.fromkeys(text + '<"'))[:2]
    base = PAPER.replace("J_BB", json.dumps(f"J_{text}")).replace("K_AA", toml)
    lines = tiny_spec()
    for old, new in (("AB", letters), ("AA", letters[0] * 2), ("BB", letters[1] * 2), ("ABBA", letters + letters[::-1])):
        base, lines = (source.replace(f'value = "{old}"', f"value = {json.dumps(new)}") for source in (base, lines))
    for name in ("temperature", "epochs"):
        base, count = re.subn(
            rf"(?m)^{name} = \{{ value = ([^,]+),.*$",
            lambda found, name=name: f'{name} = {{ value = {found[1]}, status = "assumed", why = {toml} }}',
            base,
        )
        assert count == 1
    return write_spec(folder, lines.replace('name = "tiny"', f"name = {toml}"), base)


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_in_a_spec_are_only_text(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "FIGURES", ALL_FIGURES if text in FIGURED else DRAWN)
    spec, run = hostile_spec(tmp_path, text), tmp_path / "run"
    status, out, err = command("reproduce", spec, "--out", run)
    assert (status, err) == (0, "")
    assert text in out
    assert f"J_{text}" in out
    page = (run / "report.html").read_text(encoding="utf-8")
    assert Watcher(page).found == []
    assert html.escape(text) in page
    for path in (run / "figures").glob("*.svg"):
        kinds = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter() if isinstance(element.tag, str)}  # noqa: S314
        assert not kinds & {"script", "b", "img"}
    for arguments in (["status", run], ["verify", run], ["constants", spec]):
        assert command(*arguments)[0] == 0


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("text", UNPRINTABLE, ids=ascii)
@pytest.mark.parametrize("place", ["name", "species", "terms"])
def test_names_that_cannot_be_printed_are_refused_in_one_line(text: str, place: str, tmp_path: Path) -> None:
    toml = json.dumps(text)
    base = {
        "name": PAPER,
        "species": PAPER.replace('species = { value = "AB"', f"species = {{ value = {json.dumps(chr(65) + text[0])}"),
        "terms": PAPER.replace("J_BB", toml),
    }[place]
    lines = tiny_spec().replace('name = "tiny"', f"name = {toml}") if place == "name" else tiny_spec()
    if place == "species" and text[0].isprintable():
        pytest.skip("its first letter can be printed")
    line = refused("reproduce", write_spec(tmp_path, lines, base), "--out", tmp_path / "run")
    assert place in line
    assert not (tmp_path / "run").exists()


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("name", ["J.BB", ".", ""])
def test_a_term_that_results_could_not_name_is_refused(name: str, tmp_path: Path) -> None:
    """A dot separates the names in the path of a result."""
    spec = write_spec(tmp_path, tiny_spec(), PAPER.replace("J_BB", json.dumps(name)))
    assert "hamiltonian.terms" in refused("constants", spec)


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("text", HOSTILE + UNPRINTABLE, ids=ascii)
def test_hostile_texts_in_a_manifest_are_only_text(text: str, run: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        for session in data["sessions"]:
            session.update(commit=text, processor=text, cores=text, torch=text, numpy=text)

    seal(run, change)
    status, out, err = command("report", run)
    assert (status, err) == (0, "")
    assert all(letter.isprintable() or letter == "\n" for letter in out)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert Watcher(page).found == []
    shown = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    assert html.escape(shown) in page.replace("<p>", " ").replace("</p>", "") or "\n" in text


def test_the_watcher_of_a_page_sees_what_is_not_escaped(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin: a report that escapes nothing."""

    def change(data: dict[str, Any]) -> None:
        data["sessions"][0]["processor"] = "".join(HOSTILE + UNPRINTABLE)

    seal(run, change)
    monkeypatch.setattr(html_report.html, "escape", str)
    monkeypatch.setattr(html_report, "printable", str)
    assert command("report", run)[0] == 0
    found = Watcher((run / "report.html").read_text(encoding="utf-8")).found
    assert {"script", "b", "img src=x", "img onerror=alert(1)", "'\\x1b'", "'\\u202e'"} <= set(found)


SESSIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no session": lambda data: data.update(sessions=[]),
    "no start": lambda data: data["sessions"][0].pop("started"),
    "no commit": lambda data: data["sessions"][0].pop("commit"),
    "a spec of something": lambda data: data.update(spec={}),
    "a stage of another name": lambda data: data["stages"].update({"\x1b[31m": data["stages"]["report"]}),
    "an output above": lambda data: data["stages"]["report"]["outputs"].update({"../x": "0"}),
}


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("case", SESSIONS)
def test_a_manifest_that_nobody_wrote_is_one_line(case: str, run: Path) -> None:
    seal(run, SESSIONS[case])
    (run / PREVIOUS).unlink()
    assert NAME in refused("report", run)


@pytest.mark.faults("hostile")
def test_a_session_that_says_not_where_it_was_has_a_dash(run: Path) -> None:
    seal(run, lambda data: [data["sessions"][0].pop(name) for name in ("processor", "cores", "torch", "numpy")])
    status, out, err = command("report", run)
    assert (status, err) == (0, "")
    assert "torch —, numpy —" in out


@pytest.mark.faults("hostile")
@pytest.mark.parametrize(
    "name", [".lock", "manifest.json", "results/inversion-0.json", "weights/seed-0.safetensors", "report.html"]
)
def test_a_link_out_of_the_run_directory_is_not_written_through(name: str, tiny: Path, run: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "thesis.tex"
    theirs.write_text("years of work")
    (run / name).unlink()
    (run / name).symlink_to(theirs)
    command("reproduce", tiny, "--out", run)
    command("report", run)
    assert theirs.read_text() == "years of work"


# -- what cannot be judged -----------------------------------------------------------------------------------------------------


def verdicts(run: Path) -> dict[str, str]:
    return {item["claim"]: item["verdict"] for item in json.loads((run / "results.json").read_text(encoding="utf-8"))["verdicts"]}


@pytest.fixture
def own_protocol(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Let the published protocol be a spec itself, so that nothing but its sampling can stand in the way of a verdict."""
    published, _ = published_protocol()

    def of(spec: Path) -> Path:
        for name in ("reproduce", "report"):
            place = f"paper_repro.cli.{name}.published_protocol"
            monkeypatch.setattr(place, lambda: (published, load_spec(spec).record))
        return spec

    return of


LONG = "training_set.snapshots = 100\ntest_set.snapshots = 100\nsampler.burn_in = 500\n"
NO_BURN_IN = """training_set.snapshots = 50
test_set.snapshots = 50
test_set.sequences = 60
sampler.burn_in = 0
sampler.thinning = 10
ladder.replicas = 2
ladder.hottest = 0.1"""
UNSOUND = {
    "burn-in": (NO_BURN_IN, "z_pooled", "sampling of the test set has not converged (pooled z of the energy {:.1f})"),
    "thinning": (f"{LONG}sampler.thinning = 10", "thinning_ratio", "test set are correlated (thinning / autocorrelation = {:.2f})"),
    "too short": ("", "z_pooled", "of the test set cannot be judged (traces too short for an error of the energy)"),
}  # fmt: skip


@pytest.mark.faults("too little")
@pytest.mark.parametrize("case", UNSOUND)
def test_a_run_that_has_not_converged_decides_nothing_and_says_which_figure_says_so(
    case: str, own_protocol: Callable[[Path], Path], tmp_path: Path
) -> None:
    changes, figure, said = UNSOUND[case]
    run = tmp_path / "run"
    status, out, _ = command("reproduce", own_protocol(write_spec(tmp_path, tiny_spec(changes))), "--out", run)
    assert status == 0
    assert set(verdicts(run).values()) == {"INCONCLUSIVE"}
    found = json.loads((run / "results/sampling.json").read_text(encoding="utf-8"))["test"][figure]
    for text in (out, html.unescape((run / "report.html").read_text(encoding="utf-8"))):
        assert (said if found is None else said.format(found)) in " ".join(text.split())
        assert "None" not in text
        assert "not the published protocol" not in text


def test_the_same_run_with_sound_sampling_decides_something(own_protocol: Callable[[Path], Path], tmp_path: Path) -> None:
    """The broken twin of the above."""
    sound = "target.temperature = 0.5\nlikelihood.higher_temperatures = [1.0]\nsampler.thinning = 40\n" + LONG
    run = tmp_path / "run"
    assert command("reproduce", own_protocol(write_spec(tmp_path, tiny_spec(sound))), "--out", run)[0] == 0
    assert json.loads((run / "results.json").read_text(encoding="utf-8"))["caveats"] == []
    assert "DEVIATES" in verdicts(run).values()


@pytest.mark.faults("too little")
@pytest.mark.parametrize("sequences", [1, 2])
def test_too_few_sequences_for_an_error_decide_nothing(
    sequences: int, own_protocol: Callable[[Path], Path], tmp_path: Path
) -> None:
    """Of one sequence there is nothing to resample: no error is no certainty."""
    few = f"test_set.sequences = {sequences}\nreadout.sequences = 1\nchains.shortest = 24\nchains.longest = 24\n"
    spec = write_spec(
        tmp_path, tiny_spec(few + 'sampler.method = "exact"\ntraining.epochs = 20\ntraining.optimiser.learning_rate = 0.01')
    )
    run = tmp_path / "run"
    assert command("reproduce", own_protocol(spec), "--out", run)[0] == 0
    inverted = json.loads((run / "results/inversion-0.json").read_text(encoding="utf-8"))
    assert verdicts(run)["equations"] != "INCONCLUSIVE"  # a count, which needs no error
    assert verdicts(run)["cosine"] == "INCONCLUSIVE"
    assert (inverted["cosine"]["standard_error"] is None) == (sequences == 1)
    assert ("no standard error" in (run / "report.html").read_text(encoding="utf-8")) == (sequences == 1)


# -- numbers that are none -----------------------------------------------------------------------------------------------------


@pytest.mark.faults("not finite")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("named", ["ours", "theirs"])
def test_weights_that_are_not_finite_are_one_line(value: float, named: str, golden: Path, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    tensors, metadata = read_tensors(golden / "weights/smoke-seed-0.safetensors")
    name = next(reversed(tensors))
    tensors[name].view(-1)[-1] = value
    if named == "ours":
        metadata.pop("tensors_sha256")
        write_tensors(path, tensors, metadata)
    else:
        save_file(tensors, path)
    line = refused("audit", path, "--sequences", "4", "--snapshots", "2")
    assert line.startswith(f"{path}: tensor {name!r} holds values that are not finite")


def spoiled(function: Callable[..., Any], value: float, part: Callable[[Any], Any] = lambda made: made) -> Callable[..., Any]:
    """A function with one number of what it returns, or of a part of that, replaced."""

    def wrong(*arguments: Any, **named: Any) -> Any:
        made = function(*arguments, **named)
        numbers = part(made)
        numbers[(-1,) * numbers.ndim] = value
        return made

    return wrong


def whole(made: Any) -> Any:
    return made


#: What is spoiled: the function, the part of what it returns, what the line says, and the output that is lost before.
NOT_FINITE: dict[str, tuple[Any, str, Callable[[Any], Any], str, str]] = {
    "energy of a sampler": (
        replica_exchange, "sample", lambda made: made.cold_energies,
        "training sequence 0, data seed 20260423: energies or spins of the sampler",
        "ensemble/training-00000.npz",
    ),
    "spins of a sampler": (
        replica_exchange, "sample", lambda made: made.spins,
        "training sequence 0, data seed 20260423: energies or spins of the sampler",
        "ensemble/training-00000.npz",
    ),
    "gradient": (
        gradient, "loss_and_gradient", lambda made: made[1][-1], "training seed 0, step 0: loss ", "weights/seed-0.safetensors",
    ),
    "force": (
        NetworkForce, "__call__", whole, "inversion of seed 0: the force field answered with numbers that are not finite",
        "results/inversion-0.json",
    ),
    "W": (
        NetworkForce, "interaction", lambda made: made[:, :1, 1:2],
        "reading W of seed 0: W holds numbers that are not finite", "results/readout-0.json",
    ),
    "score": (
        NetworkScore, "__call__", whole, "likelihood of seed 0, T = 0.05: a score or divergence that is not finite",
        "results/likelihood-0-0.json",
    ),
    "divergence": (
        NetworkScore, "divergence", whole, "likelihood of seed 0, T = 0.05: a score or divergence that is not finite",
        "results/likelihood-0-0.json",
    ),
    "mean energy": (
        thermodynamic_integration, "independent_chains", whole,
        "thermodynamic integration at β = 0, seed 20260423: a mean energy", "results/thermodynamic_integration.json",
    ),
}  # fmt: skip


@pytest.mark.faults("not finite")
@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("what", NOT_FINITE)
def test_a_number_that_is_none_stops_the_run_in_one_line_that_names_it(
    what: str, value: float, tiny: Path, done: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, part, said, lost = NOT_FINITE[what]
    (run / lost).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, spoiled(getattr(owner, name), value, part))
        line = refused("reproduce", tiny, "--out", run)
    assert said in line
    assert "finite" in line
    assert command("reproduce", tiny, "--out", run)[0] == 0
    assert outcome(run) == outcome(done)


# -- damage --------------------------------------------------------------------------------------------------------------------


def _flip(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 16]) + data[len(data) // 2 + 1 :]


CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[: len(data) // 3], "a byte short": lambda data: data[:-1], "empty": lambda data: b"", "one bit": _flip,
    "junk": lambda data: bytes(range(256)) * (len(data) // 256), "zeros": lambda data: bytes(len(data)),
    "longer": lambda data: data + b"\0",
}  # fmt: skip
PLACES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: None, "a folder": lambda path: path.mkdir(), "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to itself": lambda path: path.symlink_to(path.name), "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
}  # fmt: skip


def damage(path: Path, kind: str) -> None:
    whole = path.read_bytes()
    path.unlink()
    if kind in CONTENTS:
        path.write_bytes(CONTENTS[kind](whole))
    else:
        PLACES[kind](path)


PIECES = {  # in the order in which they are made
    "ensemble/test-00000.npz": "sample test 1/1",
    "results/readout-0.json": "read W of seed 0",
    "weights/seed-1.safetensors": "train seed 1",
}


def made_again(screen: str) -> set[str]:
    """The stages of which a run says that it made them again."""
    return {found[1] for found in re.finditer(r"(?m)^  (.+): [\d.]+ s \(made again: .*\)$", screen)}


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("kind", [*CONTENTS, *PLACES])
def test_what_is_damaged_is_made_again_and_nothing_else(kind: str, tiny: Path, done: Path, run: Path) -> None:
    for name in PIECES:
        damage(run / name, kind)
    assert command("verify", run)[0] == 1
    assert "made again" not in command("status", run)[1]
    assert any(name in refused("report", run) for name in PIECES)
    status, out, err = command("reproduce", tiny, "--out", run)
    if kind == "a folder":  # it may hold something: not ours to remove
        for name in PIECES:
            assert f"{run / name}: cannot be written (Is a directory" in one_line(status, err)
            (run / name).rmdir()
            status, out, err = command("reproduce", tiny, "--out", run)
        assert status == 0
    else:
        assert (status, err) == (0, "")
        assert made_again(out) == set(PIECES.values())
        assert len(re.findall(r"(?m): made before$", out)) == len(read_manifest(done).stages) - 1 - len(PIECES)
    assert outcome(run) == outcome(done)


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("kind", [*CONTENTS, *PLACES])
def test_a_damaged_report_is_made_again(kind: str, tiny: Path, done: Path, run: Path) -> None:
    names = ("report.html", "results.json", "figures/thermodynamic_integration.png")
    for name in names:
        damage(run / name, kind)
    assert command("verify", run)[0] == 1
    status, _, err = command("report", run)
    if kind == "a folder":
        assert "cannot be written (Is a directory" in one_line(status, err)
        for name in names:
            (run / name).rmdir()
        assert command("report", run)[0] == 0
    assert outcome(run) == outcome(done)


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("kind", [kind for kind in (*CONTENTS, *PLACES) if kind != "gone"])
@pytest.mark.parametrize("name", [NAME, ".lock"])
def test_a_damaged_manifest_or_lock_costs_no_result(name: str, kind: str, tiny: Path, done: Path, run: Path) -> None:
    (run / name).write_bytes((run / name).read_bytes() + b" ")
    damage(run / name, kind)
    status, out, err = command("reproduce", tiny, "--out", run)
    if status != 0:
        assert kind in {"a folder", "a link to nothing", "a link to itself", "a link to a device"}
        one_line(status, err)
        (run / name).rmdir() if kind == "a folder" else (run / name).unlink()
        status, out, _ = command("reproduce", tiny, "--out", run)
    assert status == 0
    assert made_again(out) == set()
    assert outcome(run) == outcome(done)


@pytest.mark.faults("damaged")
def test_an_interruption_after_a_damaged_manifest_was_read_leaves_the_whole_one_before_it(
    tiny: Path, done: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is damaged is not kept as the one before."""
    damage(run / NAME, "cut")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "write_text", stop)
        assert command("reproduce", tiny, "--out", run)[0] == 130
    status, out, _ = command("reproduce", tiny, "--out", run)
    assert status == 0
    assert made_again(out) == set()
    assert outcome(run) == outcome(done)


@pytest.mark.faults("damaged")
def test_damaged_weights_cannot_be_audited_and_that_is_one_line(golden: Path, tmp_path: Path) -> None:
    """In a process of its own: the reader of a pipe would wait where no signal wakes it."""
    kinds = [*CONTENTS, *PLACES]
    for kind in kinds:
        shutil.copy(golden / "weights/smoke-seed-0.safetensors", tmp_path / kind)
        damage(tmp_path / kind, kind)
    ended = alone(*(["audit", tmp_path / kind, "--sequences", "4"] for kind in kinds), HOME=str(tmp_path))
    for kind, (status, out, err) in zip(kinds, ended, strict=True):
        assert one_line(status, err).startswith(f"{tmp_path / kind}: ")
        assert out == ""
