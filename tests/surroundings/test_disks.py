"""Full and read-only disks: one line that names the file and the room needed, and the run goes on."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paper_repro.pipeline.manifest import NAME
from tests.support.commands import alone, command, one_line
from tests.support.tiny import outcome


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
