"""The progress of a run: the reports of its stages, and their display on a console."""

import time
from collections.abc import Callable
from typing import Any, Protocol, Self, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

#: Seconds between two lines of progress where there is no terminal.
_MINUTE = 60.0


@runtime_checkable
class Reporter(Protocol):
    """The reporter of the progress of a run."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage of ``total`` parts."""

    def advance(self, done: int, note: str = "") -> None:
        """Report that ``done`` parts of the current stage are done."""

    def finish(self, name: str, seconds: float | None, note: str = "") -> None:
        """End a stage after ``seconds``; None where it was made before and is skipped."""

    def say(self, line: str) -> None:
        """Report something that a person should know."""


class TerminalReporter:
    """Shows the progress of a run: a bar on the console ``progress`` where that is interactive, otherwise a line a minute.

    What a stage took, and what a person should know, is printed on ``console``.
    """

    def __init__(self, console: Console, progress: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console
        self._beside = console if progress is None else progress
        self._clock = clock
        self._name = ""
        self._total: int | None = None
        self._started = self._said = 0.0
        self._first: int | None = None  # parts that were done when this session came to the stage
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
            TimeRemainingColumn(), TextColumn("{task.fields[note]}"),
            console=self._beside, transient=True, disable=not self._beside.is_interactive,
            redirect_stdout=self._beside is console,
        )  # fmt: skip
        self._task: Any = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage."""
        self._name, self._total, self._first = name, total, None
        self._started = self._said = self._clock()
        self._task = self._progress.add_task(name, total=total, note="")

    def advance(self, done: int, note: str = "") -> None:
        """Report how far the stage is."""
        self._progress.update(self._task, completed=done, note=note)
        now = self._clock()
        if self._first is None:
            self._first, self._started = done, now
        if self._beside.is_interactive or self._total is None or now - self._said < _MINUTE or done == self._first:
            return
        self._said = now
        left = (now - self._started) / (done - self._first) * (self._total - done)
        line = f"  {self._name}: {done:,} of {self._total:,}, {left / _MINUTE:.1f} min left{f', {note}' if note else ''}"
        self._beside.print(Text(line, style="dim"))

    def finish(self, name: str, seconds: float | None, note: str = "") -> None:
        """End a stage."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        said = "made before" if seconds is None else f"{seconds:.1f} s"
        self.console.print(Text(f"  {name}: {said}{f' ({note})' if note else ''}", style="dim" if seconds is None else ""))

    def say(self, line: str) -> None:
        """Report something that a person should know."""
        self.console.print(Text(f"  {line}"))
