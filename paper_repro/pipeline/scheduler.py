"""Stages made on an engine: each as soon as its inputs are there, those of a worker that died once more."""

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait

from paper_repro.files import InputError
from paper_repro.pipeline.directory import RunDirectory, StaleStage
from paper_repro.pipeline.engines import Engine, Task, make_stage
from paper_repro.pipeline.environment import packages
from paper_repro.pipeline.progress import Reporter
from paper_repro.pipeline.stage import Stage, StageResult

_DEATHS = 3  # of workers in a row, with nothing made in between, that end a run
_LABEL = "stages on workers"


class Scheduler:
    """Makes ``stages`` on an engine, and keeps each in the run directory as it comes."""

    def __init__(self, directory: RunDirectory, engine: Engine, reporter: Reporter, stages: Sequence[Stage]) -> None:
        self.directory = directory
        self.engine = engine
        self.reporter = reporter
        self._count = len(stages)
        self._todo = list(stages)
        self._doing: dict[Future[StageResult], StaleStage] = {}
        self._deaths = 0
        self._versions = packages()

    def make(self) -> None:
        """Make all stages; raises ``InputError`` where the workers die again and again."""
        started = time.monotonic()
        self.reporter.stage(_LABEL, self._count)
        ends: tuple[type[BaseException], ...] = (BrokenExecutor, *self.engine.lost)
        while self._todo:
            with self.engine.start() as executor:
                try:
                    while self._todo:
                        if not self._submit(executor):
                            self._collect()
                except ends as error:
                    self._note_death(error)
        self.reporter.finish(_LABEL, time.monotonic() - started)

    def _submit(self, executor: Executor) -> bool:
        """Submit the stages that are ready; return whether one was found made, so that more may be ready."""
        unmade = {output for stage in self._todo for output in stage.outputs}
        busy = {stale.stage.name for stale in self._doing.values()}
        for stage in [stage for stage in self._todo if stage.name not in busy and unmade.isdisjoint(stage.inputs)]:
            if len(self._doing) >= self.engine.capacity:
                return False
            stale = self.directory.stale(stage)
            if stale is None:
                self._finish(stage)
                return True
            folder, manifest = self.directory.folder.resolve(), self.directory.manifest_for(stage)
            task = Task(stage, folder, stale.inputs, self.engine.threads, self._versions, manifest)
            self._doing[executor.submit(make_stage, task)] = stale
        return False

    def _collect(self) -> None:
        """Keep the stages that have come, and only then raise the error of one that failed: nothing that was made is lost."""
        ended, _ = wait(self._doing, return_when=FIRST_COMPLETED)
        for future in [future for future in ended if future.exception() is None]:
            made, stale = future.result(), self._doing.pop(future)
            for line in made.said:
                self.reporter.say(line)
            self.directory.keep(stale, made)
            self.reporter.say(f"{stale.stage.name}: {made.seconds:.1f} s{f' ({stale.why})' if stale.why else ''}")
            self._deaths = 0
            self._finish(stale.stage)
            ended.remove(future)
        for future in ended:
            future.result()

    def _finish(self, stage: Stage) -> None:
        self._todo.remove(stage)
        self.reporter.advance(self._count - len(self._todo), stage.name)

    def _note_death(self, error: BaseException) -> None:
        self._deaths += 1
        names = ", ".join(sorted(stale.stage.name for stale in self._doing.values())[:3])
        if self._deaths == _DEATHS or isinstance(error, self.engine.lost):
            found = f"its workers were lost during {names} ({str(error) or type(error).__name__})"
            raise InputError(self.directory.folder, found, "workers that stay alive; what is made is kept") from error
        self.reporter.say(f"a worker died; its share is repeated ({names})")
        self._doing.clear()
