"""The progress of a run: a bar where there is a terminal, a line a minute with the time left where there is none."""

import io

from rich.console import Console

from paper_repro.pipeline.progress import TerminalReporter


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_without_a_terminal_a_line_a_minute_says_the_time_left():
    stream, clock = io.StringIO(), Clock()
    with TerminalReporter(Console(file=stream, width=200), clock=clock) as reporter:
        reporter.stage("train seed 0", 1000)
        for step in range(101, 301):  # taken up at step 100
            clock.now += 1.0
            reporter.advance(step, f"loss {step}")
        reporter.finish("train seed 0", 200.0)
        reporter.stage("calibrate", None)
        clock.now += 500
        reporter.advance(1)
    lines = stream.getvalue().splitlines()
    # a part takes a second: the rate is that of this session, not of what was done before it
    assert lines[0].strip() == "train seed 0: 160 of 1,000, 14.0 min left, loss 160"
    assert [line.split(":")[1].split(" of")[0].strip() for line in lines[:3]] == ["160", "220", "280"]
    assert lines[3].strip() == "train seed 0: 200.0 s"
    assert len(lines) == 4
