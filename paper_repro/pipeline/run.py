"""A run: the stages of a plan made in one directory, each once, and kept.

A stage is skipped when the key of its inputs is in the manifest and its outputs are whole. The key covers the constants that
the stage depends on, the SHA-256 of the files it reads, and the number of its recipe. Stages are made here one after the other, or
on an ``Engine``, as many at a time as it takes: the files are the same.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import attrs

from paper_repro.numerics.parallel import available_cores, one_core
from paper_repro.pipeline.directory import RunDirectory, StaleStage, open_directory
from paper_repro.pipeline.engines import Engine, Task
from paper_repro.pipeline.environment import packages
from paper_repro.pipeline.manifest import Manifest
from paper_repro.pipeline.progress import Reporter
from paper_repro.pipeline.scheduler import Scheduler
from paper_repro.pipeline.stage import Group, Plan, Stage, StageContext, StageResult

_BETWEEN_ESTIMATES = 20  # stages of one kind between two lines on how long the others of it will take


@attrs.define
class Run:
    """A plan in a directory that is open for it. ``threads`` changes no byte of any output.

    Stages are made on ``engine`` where there is one. With ``group``, of which this process is the first, the others make the
    stages that have ``by_group`` with it (``engines.serve_rank``), which changes their outputs by rounding.
    """

    plan: Plan
    directory: RunDirectory
    reporter: Reporter
    threads: int
    engine: Engine | None
    group: Group | None

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is now."""
        return self.directory.manifest

    def make_all(self, kind: str | None = None) -> None:
        """Make the stages of the plan, or those of one kind; first report what the plan leaves out."""
        for note in self.plan.notes:
            self.reporter.say(note)
        self.make([stage for stage in self.plan.stages if kind in {None, stage.kind}])

    def make(self, stages: Sequence[Stage]) -> None:
        """Make the stages that are not made yet, here or on the engine."""
        with one_core():  # of the whole process: the threads of a stage, and those of an engine, are one core each
            if self.engine is None:
                self._make_here(stages)
            else:
                Scheduler(self.directory, self.engine, self.reporter, stages).make()

    def _make_here(self, stages: Sequence[Stage]) -> None:
        started, made = time.monotonic(), dict.fromkeys((stage.kind for stage in stages), 0)
        for number, stage in enumerate(stages):
            stale = self.directory.stale(stage)
            if stale is None:
                self.reporter.finish(stage.name, None)
                continue
            result = self._make_one(stale)
            self.directory.keep(stale, result)
            self.reporter.finish(stage.name, result.seconds, stale.why)
            made[stage.kind] += 1
            left = sum(other.kind == stage.kind for other in stages[number + 1 :])
            if left and made[stage.kind] % _BETWEEN_ESTIMATES == 0:
                minutes = (time.monotonic() - started) / sum(made.values()) * left / 60
                self.reporter.say(f"{stage.kind}: {minutes:.1f} min left")

    def _make_one(self, stale: StaleStage) -> StageResult:
        stage, manifest = stale.stage, self.directory.manifest_for(stale.stage)
        self.reporter.stage(stage.name, stage.total)
        start = time.monotonic()
        group = self.group if stage.by_group else None
        if group is not None:
            group.agree(Task(stage, self.directory.folder.resolve(), stale.inputs, 1, packages(), manifest))
        context = StageContext(self.directory.folder, self.threads, self.reporter.advance, self.reporter.say, group, manifest)
        files = stage.make(context, stage, *stage.arguments)
        return StageResult(files, time.monotonic() - start)


def open_run(
    plan: Plan,
    folder: Path,
    reporter: Reporter,
    *,
    threads: int | None = None,
    engine: Engine | None = None,
    group: Group | None = None,
) -> Run:
    """Make the checks of a plan, then open its run directory; ``threads`` are all cores where not given.

    A process that works where others may too takes the lock first (``lock.lock``). Raises ``InputError`` for what a check refuses,
    and for a folder that holds something else or another run.
    """
    plan.check()
    directory = open_directory(folder, plan.identity, reporter.say)
    return Run(plan, directory, reporter, available_cores() if threads is None else threads, engine, group)
