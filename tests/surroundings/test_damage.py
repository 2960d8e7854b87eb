"""What is damaged is reported and made again, and nothing else is."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from paper_repro.pipeline import manifest
from paper_repro.pipeline.manifest import NAME, read_manifest
from tests.support.commands import alone, command, made_again, one_line, refused
from tests.support.tiny import outcome


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


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("kind", [*CONTENTS, *PLACES])
def test_what_is_damaged_is_made_again_and_nothing_else(kind: str, tiny: Path, done: Path, run: Path) -> None:
    for name in PIECES:
        damage(run / name, kind)
    assert command("verify", run)[0] == 1
    assert "recomputed" not in command("status", run)[1]
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
