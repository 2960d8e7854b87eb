"""Signals that wait for the end of a training step."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back SIGINT and SIGTERM, that a step is taken whole or not at all; they come in the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, Any]] = []
    held = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda n, frame: came.append((n, frame))) for number in held}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for arrived, frame in came:
            handler = before[signal.Signals(arrived)]
            if callable(handler):
                handler(arrived, frame)
            elif handler == signal.SIG_DFL:
                signal.raise_signal(arrived)
