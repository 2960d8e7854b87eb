"""The process of the command line: signals, exit status, and one line for every error."""

import contextlib
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import NoReturn

from cyclopts import CycloptsError

from paper_repro.cli.app import app, refuse_old_names
from paper_repro.files import InputError, printable


class Terminated(BaseException):
    """SIGTERM has come."""


def _terminate(*_: object) -> None:
    raise Terminated


def _complain(line: str, status: int) -> int:
    if sys.stderr is not None:  # closed
        sys.stderr.write(f"paper-repro: {line}\n")
        sys.stderr.flush()
    return status


#: The messages of torch and of threads when memory has run out.
_NO_MEMORY = ("can't allocate memory", "out of memory", "Storage size calculation overflowed", "can't start new thread")
_ENDINGS = {signal.SIGINT: ("interrupted", 130), signal.SIGTERM: ("terminated", 143)}
_SECONDS_TO_STOP = 4.0


def _end(number: int, arguments: Sequence[str]) -> int:
    """Report a signal, and whether the work continues: only ``reproduce`` keeps its files."""
    said, status = _ENDINGS[signal.Signals(number)]
    kept = arguments[:1] == ["reproduce"]
    again = "continues where it stopped" if kept else "starts from the beginning"
    return _complain(f"{said}; the same command {again}", status)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status.

    0 done, 1 found at fault, 2 unusable input or not enough memory or disk, 130 interrupted, 143 terminated.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without β shows ? instead of failing
    arguments = sys.argv[1:] if arguments is None else arguments
    before = signal.signal(signal.SIGTERM, _terminate)
    log, warnings = logging.getLogger("paper_repro"), logging.StreamHandler()
    warnings.setFormatter(logging.Formatter("paper-repro: %(message)s"))
    log.addHandler(warnings)
    try:
        refuse_old_names(arguments)
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _complain(" ".join(str(error).split()), 2)
    except InputError as error:
        return _complain(str(error), 2)
    except OSError as error:
        return _complain(f"{error.filename or 'input or output'}: {error.strerror or error}", 2)
    except (MemoryError, RuntimeError) as error:
        line = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, RuntimeError) and not any(words in line for words in _NO_MEMORY):
            raise
        return _complain(f"not enough memory ({printable(line)[:200]}); expected smaller sizes", 2)
    except KeyboardInterrupt:
        return _end(signal.SIGINT, arguments)
    except Terminated:
        return _end(signal.SIGTERM, arguments)
    finally:
        log.removeHandler(warnings)
        signal.signal(signal.SIGTERM, before)
    return status if isinstance(status, int) else 0


@contextlib.contextmanager
def _stop_in_time() -> Iterator[None]:
    """End the process some seconds after a signal that has not ended it: a kernel cannot be interrupted, and need not be.

    The files on the disk are whole at any time, and missing ones are recomputed.
    """
    ended = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)  # written at once, independent of the main thread

    def watch() -> None:
        while number := os.read(reader, 1):
            if number[0] in _ENDINGS and not ended.wait(_SECONDS_TO_STOP):
                if os.isatty(1):
                    os.write(1, b"\x1b[?25h")  # the cursor, which a bar of progress hides
                os._exit(_end(number[0], sys.argv[1:]))
        os.close(reader)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        os.close(writer)


def program() -> NoReturn:
    """Run the command line as a process of its own, which a signal ends in time; ``main`` returns the exit status."""
    if os.name != "posix":
        sys.exit(_complain(f"system: {sys.platform}; expected Linux, macOS or another POSIX system", 2))
    with _stop_in_time():
        status = main()
        if status in {130, 143}:  # a thread may still be in a kernel: do not wait for it
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError, AttributeError):  # closed
                    stream.flush()
            os._exit(status)
    sys.exit(status)
