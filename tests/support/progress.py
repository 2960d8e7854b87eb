"""What a command says of its progress."""

from typing import Any

import pytest

from paper_repro.pipeline.progress import TerminalReporter


class Progress:
    """The parts of every stage that a reporter was told of, and the last that were done: None where none was."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.stages: list[list[int | None]] = []
        begin, advance = TerminalReporter.stage, TerminalReporter.advance

        def stage(reporter: TerminalReporter, name: str, total: int | None) -> None:
            self.stages.append([total, None])
            begin(reporter, name, total)

        def advanced(reporter: TerminalReporter, done: int, note: str = "") -> None:
            self.stages[-1][1] = done
            advance(reporter, done, note)

        patch.setattr(TerminalReporter, "stage", stage)
        patch.setattr(TerminalReporter, "advance", advanced)

    def fault(self) -> Any:
        """Return what keeps a person from the time that is left: no stage, one without a total, or one that does not come to it."""
        if not self.stages:
            return "no stage"
        return next((stage for stage in self.stages if stage[0] is None or stage[1] != stage[0]), None)
