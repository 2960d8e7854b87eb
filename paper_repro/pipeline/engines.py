"""Where stages are made when not here: anything with the interface of ``concurrent.futures.Executor``.

A task carries its stage and the SHA-256 of the files that the stage reads, finds them in the run directory, and returns the files
of the stage; the process that has the lock of the run directory writes them. A stage without inputs needs no shared directory.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor
from multiprocessing import connection
from pathlib import Path
from typing import Any

import attrs

from paper_repro.files import InputError, NotFiniteError, sha256
from paper_repro.numerics.parallel import available_cores, one_core
from paper_repro.pipeline.environment import packages
from paper_repro.pipeline.manifest import Manifest
from paper_repro.pipeline.stage import Group, Stage, StageContext, StageResult

_SECONDS_TO_STOP = 3.0
_SECONDS_TO_ANSWER = 30.0  # for a scheduler
_QUEUE = 1000  # tasks that a scheduler is given at a time, so that workers can join later


@attrs.frozen
class Engine:
    """A way to start an executor, how many tasks it is given at a time, and how many threads each takes.

    An executor that raises ``BrokenExecutor`` is started again; one that raises an error of ``lost`` is given up.
    """

    start: Callable[[], contextlib.AbstractContextManager[Executor]]
    capacity: int
    threads: int
    lost: tuple[type[BaseException], ...] = (CancelledError,)


@attrs.frozen
class Task:
    """A stage for another process: where its run is, the SHA-256 of each input, and the versions that it must be made with."""

    stage: Stage
    folder: Path
    inputs: tuple[str, ...]
    threads: int
    versions: dict[str, str]
    manifest: Manifest | None = None


def make_stage(task: Task, group: Group | None = None) -> StageResult:
    """Make a stage in this process; raises ``InputError`` where its versions or files are not those of the run."""
    where = f"worker {os.getpid()} on {socket.gethostname()}"
    ours = packages()
    other = [f"{name} {ours.get(name)}" for name, version in task.versions.items() if ours.get(name) != version]
    if other:
        wanted = ", ".join(f"{name} {task.versions[name]}" for name in (line.split()[0] for line in other))
        raise InputError(where, f"has {', '.join(other)}", f"{wanted}, as the process that writes the run")
    for name, expected in zip(task.stage.inputs, task.inputs, strict=True):
        path = task.folder / name
        if not path.is_file() or sha256(path) != expected:
            raise InputError(f"{where}: {path}", "missing or altered", "a run directory that every worker sees")
    said: list[str] = []
    context = StageContext(task.folder, task.threads, lambda *_: None, said.append, group, task.manifest)
    start = time.monotonic()
    with one_core():
        files = task.stage.make(context, task.stage, *task.stage.arguments)
    return StageResult(files, time.monotonic() - start, tuple(said))


def _stop(*_: object) -> None:
    raise SystemExit(143)


def serve_rank(group: Group) -> None:
    """Make stages together with the first rank, which sends each as a task and ``None`` at the end.

    An error that ends the first rank ends this process too, without a message: the first rank reports it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    try:
        while (task := group.agree()) is not None:
            make_stage(task, group)
    except (NotFiniteError, RuntimeError) as error:
        raise SystemExit(1) from error


# -- processes on this machine -------------------------------------------------------------------------------------------------


def _begin() -> None:
    """Prepare a worker process: Ctrl-C is for the process that started it, and it ends when that one does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        connection.wait([parent.sentinel] if parent is not None else [])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_SECONDS_TO_STOP)
        os._exit(143)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _pool(count: int) -> Iterator[Executor]:
    executor = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        children = multiprocessing.active_children()
        for child in children:
            child.terminate()  # a training keeps its checkpoint
        until = time.monotonic() + _SECONDS_TO_STOP
        for child in children:
            child.join(max(0.0, until - time.monotonic()))
            child.kill()
        raise
    executor.shutdown()


def processes(count: int) -> Engine:
    """Return an engine of worker processes on this machine, which share its cores."""
    if count < 1:
        raise InputError("--workers", str(count), "an integer ≥ 1")
    return Engine(lambda: _pool(count), 2 * count, max(1, available_cores() // count))


# -- a cluster -----------------------------------------------------------------------------------------------------------------


def cluster(address: str) -> Engine:
    """Return an engine of the workers of the Dask scheduler at ``address``; raises ``InputError`` where there is none."""
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415  (the extra [cluster])
        from distributed.comm.addressing import get_address_host_port  # noqa: PLC0415
    except ImportError as error:
        raise InputError("--scheduler", "dask.distributed is not installed", "pip install 'paper-repro[cluster]'") from error

    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the run reports a failure in one line

    @contextlib.contextmanager
    def connect() -> Iterator[Any]:
        try:
            place = get_address_host_port(address)
            socket.create_connection(place, _SECONDS_TO_ANSWER).close()  # a client that fails here is not left half open
            client = Client(address, timeout=_SECONDS_TO_ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TypeError) as error:
            raise InputError("--scheduler", f"{address!r}: {error}", "the address of a Dask scheduler") from error
        with client:
            yield client

    @contextlib.contextmanager
    def start() -> Iterator[Executor]:
        with connect() as client:
            yield client.get_executor(pure=False)

    with connect() as client:
        cores = client.run(available_cores)
        slots = client.nthreads()
    if not cores:
        raise InputError("--scheduler", f"{address!r} has no workers", "a scheduler with at least one")
    threads = min(max(1, cores[worker] // slots[worker]) for worker in cores)
    return Engine(start, _QUEUE, threads, (CancelledError, KilledWorker))
