"""The steps of an inference, shown by a reporter."""

import time
from collections.abc import Callable
from typing import TypeVar

import attrs

from paper_repro.pipeline.progress import Reporter

T = TypeVar("T")


@attrs.frozen
class Steps:
    """Shows the steps of the work on a reporter; None shows nothing."""

    reporter: Reporter | None

    def __call__(self, name: str, total: int, work: Callable[[Callable[..., None]], T]) -> T:
        """Do some work, which is given a function of how many of ``total`` parts are done, and of a note."""
        if self.reporter is None:
            return work(lambda *_: None)
        start = time.monotonic()
        self.reporter.stage(name, total)
        done = work(self.reporter.advance)
        self.reporter.finish(name, time.monotonic() - start)
        return done

    def say(self, line: str) -> None:
        """Report something that a person should know."""
        if self.reporter is not None:
            self.reporter.say(line)
