"""A stage: files out of files, by a function that can be called here or in another process. A plan: the stages of a run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import attrs

from paper_repro.pipeline.manifest import Manifest

#: The files that a stage makes: their names in the run directory, and their content.
Files = Mapping[str, bytes]


class Group(Protocol):
    """Processes that make a stage together, such as the ranks of ``torchrun``."""

    def agree(self, value: Any = None) -> Any:
        """Return the ``value`` of the first process in every one."""


@attrs.frozen
class StageContext:
    """What the function of a stage is called with: the run directory, how many threads it may use, and where it reports.

    ``advance(done, note)`` reports the progress. ``group`` are the processes that make it together, for a stage that has
    ``by_group``; ``manifest`` is that of the run, without the stage's own record, for a stage that has ``reads_manifest``.
    """

    folder: Path
    threads: int
    advance: Callable[..., None]
    say: Callable[[str], None]
    group: Group | None = None
    manifest: Manifest | None = None


@attrs.frozen
class StageResult:
    """The files of a stage, the seconds that it took, and the lines that it reported."""

    files: Files
    seconds: float
    said: tuple[str, ...] = ()


@attrs.frozen(eq=False)
class Stage:
    """One stage: the files that it reads and makes, the constants that it depends on, and the function that makes it.

    ``make(context, stage, *arguments)`` returns all of ``outputs``, and may return more files. It is importable by name, so that
    another process can call it. ``recipe`` is raised when it comes to do something else with the same inputs: what was made before
    is then recomputed. ``needs`` names capabilities; a plan leaves out a stage where one is missing. ``total`` is the number of
    parts that it counts, ``temporary`` are files that it keeps on the way, removed when it is made. The key of a stage that
    ``reads_manifest`` covers the records of all other stages, and the sessions that made them.
    """

    name: str
    kind: str
    recipe: int
    make: Callable[..., Files]
    outputs: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    constants: Any = None
    arguments: tuple[Any, ...] = ()
    total: int | None = None
    temporary: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    by_group: bool = False
    reads_manifest: bool = False


@attrs.frozen
class Identity:
    """What a run is of: a name, its values and their SHA-256.

    ``differences`` returns a line for each value in which the run of a manifest differs, none where it is the same run.
    """

    name: str
    values: Mapping[str, Any]
    sha256: str
    differences: Callable[[Manifest], Sequence[str]]


@attrs.frozen
class Plan:
    """The stages of a run, in an order in which each finds its inputs, and what identifies the run.

    Each of ``checks`` raises ``InputError`` for what would end the run later; they are made before any work. ``notes`` state what
    was left out.
    """

    identity: Identity
    stages: tuple[Stage, ...]
    checks: tuple[Callable[[], None], ...] = ()
    notes: tuple[str, ...] = ()

    def check(self) -> None:
        """Make all checks."""
        for check in self.checks:
            check()


def served(stages: Sequence[Stage], missing: Collection[str]) -> tuple[Stage, ...]:
    """Return the stages that need no capability of ``missing``."""
    return tuple(stage for stage in stages if not set(missing) & set(stage.needs))
