"""Where the command line writes: a console for people, a file or standard output for JSON."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from paper_repro.files import printable, write_output
from paper_repro.pipeline.progress import TerminalReporter

#: The names of standard output.
STANDARD_OUTPUT = frozenset(map(Path, ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")))


class Lasting(Console):
    """A console whose reader may go away without ending the work; no text out of a file or a name commands the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield segments with control characters escaped."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else "\n".join(map(printable, text.split("\n"))), style, control)

    def on_broken_pipe(self) -> None:
        """Go on."""
        with contextlib.suppress(SystemExit):
            super().on_broken_pipe()


def console_beside(json_target: Path | None = None) -> Console:
    """Return the console for people: standard output, or standard error where the JSON goes to standard output.

    It moves the cursor only on a terminal, whatever the value of FORCE_COLOR.
    """
    beside = json_target in STANDARD_OUTPUT
    stream = sys.stderr if beside else sys.stdout
    terminal = stream is not None and stream.isatty()  # None: closed
    console = Lasting(highlight=False, stderr=beside, force_interactive=None if terminal else False)
    if console.width < 1:  # COLUMNS=0
        console.width = 80
    return console


def reporter_beside(console: Console) -> TerminalReporter:
    """Return what shows progress on a console for people, or on standard error where that is no terminal: a bar, or lines."""
    if console.is_interactive or console.stderr:
        return TerminalReporter(console, console)
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return TerminalReporter(console, Lasting(highlight=False, stderr=True, force_interactive=None if terminal else False))


def write_json(target: Path | None, data: Any) -> None:
    """Write plain data as JSON to a file, or to standard output for ``-``, once all of it is there; nothing for None."""
    if target is None:
        return
    if target in STANDARD_OUTPUT:
        Lasting().print(Text(json.dumps(data, indent=1)), soft_wrap=True)
    else:
        write_output(target, (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode())
