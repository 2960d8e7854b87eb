"""Threads that compute on one core each, so that no result depends on how many there are."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import torch


@contextlib.contextmanager
def workers(threads: int) -> Iterator[Executor]:
    """Yield an executor of ``threads`` threads in which torch uses one core; its own setting is restored at the end.

    Shares of fixed size, done whole by one thread and joined in a fixed order, give the same bytes on one thread or many.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads) as executor:
            yield executor
    finally:
        torch.set_num_threads(before)
