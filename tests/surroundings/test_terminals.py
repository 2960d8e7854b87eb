"""Odd terminals: every command shows what it has to say, without colours or escapes where none are wanted."""

import re
from pathlib import Path

import pytest
from rich.console import Console

from paper_repro.cli import report
from tests.support.commands import command, on_a_terminal


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
#: Every code but those of colours and of bold, dim or underlined letters.
CURSOR = re.compile(r"\x1b(?!\[[0-9;]*m)")
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
        ({"FORCE_COLOR": "1", "piped": "1"}, CURSOR),
        ({"TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "piped": "1"}, CURSOR),
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


def test_colours_that_are_forced_into_a_file_come_without_codes_that_move_a_cursor(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken twin is a console that thinks itself on a terminal: it draws a bar of progress."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    (run / "report.html").unlink()
    screen = command("report", run)[1]
    assert COLOUR.search(screen)
    assert not CURSOR.search(screen)
    (run / "report.html").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(report, "console_beside", lambda _: Console(force_terminal=True))
        assert CURSOR.search(command("report", run)[1])
