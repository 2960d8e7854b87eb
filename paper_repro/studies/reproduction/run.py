"""A run: its stages made in one directory, each once, and kept.

A stage is skipped when the key of its inputs stands in the manifest and its outputs are there, whole. The key covers the part of
the spec that the stage reads, the SHA-256 of the files it reads, and the version of its recipe. Stages are made here one after the
other, or on an ``Engine`` as many at a time as it takes: the files are the same.
"""

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from pathlib import Path

import attrs

from paper_repro.files import InputError, input_error, read_bytes, remove_temporaries, sha256, write_bytes
from paper_repro.numerics.parallel import available_cores, one_core
from paper_repro.physics.exact import ExactChain, has_exact_solution
from paper_repro.physics.hamiltonian import strongest_bonds
from paper_repro.physics.terms import Terms
from paper_repro.pipeline.manifest import Manifest, StageRecord, faults, key_of, now, open_manifest, packages, write_manifest
from paper_repro.pipeline.progress import Reporter
from paper_repro.sampling.ensemble import require_sequences
from paper_repro.score.ranks import Ranks
from paper_repro.spec import Constant, Spec
from paper_repro.studies.reproduction.engines import Engine, Made, Task, make_task
from paper_repro.studies.reproduction.plain_results import as_json
from paper_repro.studies.reproduction.stages import Files, Stage, Work, plan

#: By the first word of a stage's name; raised when the stage comes to do something else with the same inputs: what was made
#: before is then made again.
_RECIPES = {
    "note": 4, "sample": 4, "diagnose": 5, "train": 4, "invert": 4, "take": 4, "read": 5, "likelihood": 4, "calibrate": 4,
    "end": 4, "thermodynamic": 4,
}  # fmt: skip
_DEATHS = 3  # of workers in a row, with nothing made in between, that end a run


@attrs.frozen
class _Due:
    """A stage that is to be made: the key of its inputs, the SHA-256 of each, and why it is made again, if it is."""

    key: str
    inputs: tuple[str, ...]
    why: str


@attrs.define
class Run:
    """The stages of one spec in one directory; ``threads``, all cores where not given, changes no byte of any output.

    Stages are made on ``engine`` where one is given; with ``ranks``, of which this process is the first, the others train with it
    (``engines.follow``), which changes the trained weights by rounding.

    ``authors`` are the authors' released weights, where they are at hand: they are asked what our own networks are asked. Whoever
    runs in a directory that others may use holds it (``manifest.hold``).
    """

    spec: Spec
    folder: Path
    reporter: Reporter
    authors: Path | None = None
    threads: int = attrs.field(factory=available_cores)
    engine: Engine | None = None
    ranks: Ranks | None = None
    manifest: Manifest = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Open the directory, once it is sure that every temperature and all sequences can be served: not after hours."""
        spec = self.spec
        if has_exact_solution(Terms.of(spec.hamiltonian)):
            for path, temperature in (
                ("target.temperature", spec.temperature),
                *((f"likelihood.higher_temperatures[{k}]", value) for k, value in enumerate(spec.likelihood.higher_temperatures)),
            ):
                try:
                    ExactChain(strongest_bonds(spec.hamiltonian), 1 / temperature)
                except (ValueError, ZeroDivisionError) as error:
                    raise input_error(f"spec {spec.name}: {path}", error, "a higher temperature") from error
        require_sequences(spec)
        self.manifest = open_manifest(self.folder, self.spec, self.reporter.say)
        remove_temporaries(self.folder)

    def everything(self, only: str | None = None) -> None:
        """Make all stages, or those whose name begins with the word ``only``."""
        authors = None if self.authors is None else read_bytes(self.authors, "the authors' weights (safetensors)")
        if not has_exact_solution(Terms.of(self.spec.hamiltonian)):
            self.reporter.say("likelihood and plateau are left out: couplings beyond separation 2 have no exact solution")
        self.make([stage for stage in plan(self.spec, authors) if only in {None, stage.kind}])

    def note_constants(self, constants: Sequence[Constant]) -> None:
        """Keep what each constant is and who says so with the run."""
        name, rows = "results/constants.json", [attrs.astuple(constant) for constant in constants]
        self._make_here([Stage("note the constants", (name,), (), rows, lambda *_: {name: as_json(rows)})])

    def make(self, stages: Sequence[Stage]) -> None:
        """Make the stages that are not made yet, here or on the engine."""
        with one_core():  # of the whole process: the threads of a stage, and those of an engine, are one core each
            if self.engine is None:
                self._make_here(stages)
            else:
                self._make_on(self.engine, stages)

    # -- the machinery ---------------------------------------------------------------------------------------------------------

    def _look(self, stage: Stage) -> _Due | None:
        """Return with what key a stage must be made, and why, or None where it is made."""
        for name in stage.inputs:
            if not (self.folder / name).exists():
                raise InputError(self.folder / name, f"missing, and {stage.name} reads it", "what the stages before it make")
        inputs = tuple(sha256(self.folder / name) for name in stage.inputs)
        key = key_of(_RECIPES[stage.kind], stage.name, stage.constants, list(inputs))
        record = self.manifest.stages.get(stage.name)
        if record is None or record.key != key or set(record.outputs) != set(stage.outputs):
            return _Due(key, inputs, "")
        wrong = faults(self.folder, record)
        if wrong:
            return _Due(key, inputs, f"made again: {'; '.join(wrong)}")
        self._clear(stage)
        return None

    def _keep(self, stage: Stage, key: str, files: Files, seconds: float) -> None:
        """Write what a stage made, and note it in the manifest."""
        for name in stage.outputs:
            write_bytes(self.folder / name, files[name])
        made = StageRecord(key, {item: hashlib.sha256(files[item]).hexdigest() for item in stage.outputs}, round(seconds, 3), now())
        self.manifest = attrs.evolve(self.manifest, stages={**self.manifest.stages, stage.name: made})
        write_manifest(self.folder, self.manifest)
        self._clear(stage)

    def _clear(self, stage: Stage) -> None:
        for name in stage.temporary:
            (self.folder / name).unlink(missing_ok=True)

    def _make_here(self, stages: Sequence[Stage]) -> None:
        started, sampled = time.monotonic(), 0
        for number, stage in enumerate(stages):
            due = self._look(stage)
            if due is None:
                self.reporter.finish(stage.name, None)
                continue
            self.reporter.stage(stage.name, stage.total)
            start = time.monotonic()
            work = Work(self.spec, self.folder, self.threads, self.reporter.advance, self.reporter.say)
            if self.ranks is not None and stage.kind == "train":
                self.ranks.agree(Task(stage, self.spec, self.folder.resolve(), due.inputs, 1, packages()))
                work = attrs.evolve(work, ranks=self.ranks)
            files = stage.make(work, stage, *stage.arguments)
            seconds = time.monotonic() - start
            self._keep(stage, due.key, files, seconds)
            self.reporter.finish(stage.name, seconds, due.why)
            sampled += stage.kind == "sample"
            left = sum(other.kind == "sample" for other in stages[number + 1 :])
            if stage.kind == "sample" and left and sampled % 20 == 0:
                minutes = (time.monotonic() - started) / sampled * left / 60
                self.reporter.say(f"sampling: {minutes:.1f} min left")

    def _make_on(self, engine: Engine, stages: Sequence[Stage]) -> None:
        """Make stages on an engine: each as soon as what it reads is there, those of a worker that died once more."""
        todo, doing = list(stages), dict[Future[Made], tuple[Stage, _Due]]()
        versions, folder, started, deaths = packages(), self.folder.resolve(), time.monotonic(), 0
        self.reporter.stage("stages on workers", len(stages))

        def finish(stage: Stage) -> None:
            todo.remove(stage)
            self.reporter.advance(len(stages) - len(todo), stage.name)

        def submit(executor: Executor) -> bool:
            """Give the executor what is ready; return whether a stage was found made, so that more may be ready."""
            unmade = {output for stage in todo for output in stage.outputs}
            busy = {stage.name for stage, _ in doing.values()}
            for stage in [stage for stage in todo if stage.name not in busy and unmade.isdisjoint(stage.inputs)]:
                if len(doing) >= engine.capacity:
                    return False
                due = self._look(stage)
                if due is None:
                    finish(stage)
                    return True
                task = Task(stage, self.spec, folder, due.inputs, engine.threads, versions)
                doing[executor.submit(make_task, task)] = stage, due
            return False

        def collect() -> None:
            """Keep what has come; raise what went wrong after that, so that nothing that was made is lost."""
            nonlocal deaths
            ended, _ = wait(doing, return_when=FIRST_COMPLETED)
            for future in [future for future in ended if future.exception() is None]:
                made, (stage, due) = future.result(), doing.pop(future)
                for line in made.said:
                    self.reporter.say(line)
                self._keep(stage, due.key, made.files, made.seconds)
                self.reporter.say(f"{stage.name}: {made.seconds:.1f} s{f' ({due.why})' if due.why else ''}")
                deaths = 0
                finish(stage)
                ended.remove(future)
            for future in ended:
                future.result()

        ends: tuple[type[BaseException], ...] = (BrokenExecutor, *engine.lost)
        while todo:
            with engine.start() as executor:
                try:
                    while todo:
                        if not submit(executor):
                            collect()
                except ends as error:
                    deaths += 1
                    names = ", ".join(sorted(stage.name for stage, _ in doing.values())[:3])
                    if deaths == _DEATHS or isinstance(error, engine.lost):
                        found = f"its workers were lost with {names} at hand ({str(error) or type(error).__name__})"
                        raise InputError(self.folder, found, "workers that stay alive; what is made is kept") from error
                    self.reporter.say(f"a worker died; its share is done again ({names})")
                    doing.clear()
        self.reporter.finish("stages on workers", time.monotonic() - started)
