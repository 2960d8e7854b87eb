"""Without a home, a cache or a user's name, and in other locales, a run makes the same bytes."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import alone, command
from tests.support.tiny import outcome


@pytest.fixture(scope="module")
def nobody() -> tuple[str, ...]:
    """What a command is run within so that its user is in no list of users and has no home."""
    within = ("unshare", "--user", "--map-user=54321", "--map-group=54321")
    if shutil.which("unshare") is None or subprocess.run([*within, "true"], capture_output=True, check=False).returncode != 0:  # noqa: S603
        pytest.skip("a user without a name takes unshare(1) and a kernel that permits it")
    return within


@pytest.fixture(params=["read-only", pytest.param("missing", marks=pytest.mark.slow), "none"])
def homeless(
    request: pytest.FixtureRequest, modes: Callable[[Path, int], Path], tmp_path: Path
) -> Callable[..., list[tuple[int, str, str]]]:
    """Run commands where no cache of figures, fonts or kernels can be written where it would be."""
    home = tmp_path / "home"
    environment = {"read-only": {"HOME": str(home)}, "missing": {"HOME": "/nonexistent/home"}, "none": {}}[request.param]
    within = request.getfixturevalue("nobody" if request.param == "none" else "mortal")
    home.mkdir()
    modes(home, 0o555)
    return lambda *lines: alone(*lines, within=within, NUMBA_CACHE_DIR="/proc/none", **environment)


@pytest.mark.faults("surroundings")
def test_without_a_home_figures_and_kernels_are_made_and_nothing_is_complained_of(
    homeless: Callable[..., list[tuple[int, str, str]]], done: Path, run: Path
) -> None:
    """The kernels of the exact solution stand for all: each command compiles what it uses."""
    (run / "report.html").unlink()
    logz = ["logz", "ABBA", "--temperature", "1"]
    (status, _, err), found = homeless(["report", run], logz)
    assert (status, err) == (0, "")
    assert outcome(run) == outcome(done)
    there, here = ((status, "".join(out.split()), err) for status, out, err in (found, command(*logz)))  # lines differ in width
    assert there == here


@pytest.mark.slow
@pytest.mark.faults("surroundings")
def test_without_a_home_a_run_and_its_report_are_made(
    homeless: Callable[..., list[tuple[int, str, str]]], tiny: Path, done: Path, tmp_path: Path
) -> None:
    """Every kernel is compiled again: 20 seconds."""
    run = tmp_path / "run"
    made, told = homeless(["reproduce", tiny, "--out", run], ["report", run])
    assert (made[0], made[2], told[0], told[2]) == (0, "", 0, "")
    assert outcome(run) == outcome(done)


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
