"""Threads that compute on one core each, so that no result depends on how many there are; torch is held to that where it is loaded.

Shares of fixed size, done whole by one thread and joined in their order, give the same bytes on one thread or many.
"""

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

Share = TypeVar("Share")
Result = TypeVar("Result")


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def started_by_torchrun() -> bool:
    """Return whether this process is a rank that ``torchrun`` started: like ``torch.distributed``, without loading torch."""
    return "TORCHELASTIC_RUN_ID" in os.environ


class _OneCore:
    """The number of callers that need torch on one core now, and its setting before the first of them that found it loaded."""

    lock = threading.Lock()
    wanted = 0
    before: int | None = None


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Let torch, where it is loaded, use one core, a setting of the whole process; the last to leave restores its own setting."""
    torch: Any = sys.modules.get("torch")
    with _OneCore.lock:
        _OneCore.wanted += 1
        if torch is not None:
            if _OneCore.before is None:
                _OneCore.before = torch.get_num_threads()
            torch.set_num_threads(1)
    try:
        yield
    finally:
        with _OneCore.lock:
            _OneCore.wanted -= 1
            if _OneCore.wanted == 0 and _OneCore.before is not None:
                sys.modules["torch"].set_num_threads(_OneCore.before)
                _OneCore.before = None


@contextlib.contextmanager
def workers(threads: int) -> Iterator[Executor]:
    """Yield an executor of ``threads`` threads in which torch uses one core; its own setting is restored at the end."""
    with one_core(), ThreadPoolExecutor(threads) as executor:
        yield executor


def in_order(function: Callable[[Share], Result], shares: Iterable[Share], threads: int) -> Iterator[Result]:
    """Yield ``function`` of each share, in their order, done by ``threads`` workers; shares are taken a few at a time.

    One thread is the caller's own: nothing waits for another.
    """
    if threads == 1:
        with one_core():
            yield from map(function, shares)
        return
    coming = iter(shares)
    with workers(threads) as executor:
        while some := list(itertools.islice(coming, 16 * threads)):
            yield from executor.map(function, some)
