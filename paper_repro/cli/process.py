"""The process of the command line: signals, exit status, and one line for every error."""

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
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


#: How torch and threads say that memory has run out.
_NO_MEMORY = ("can't allocate memory", "out of memory", "Storage size calculation overflowed", "can't start new thread")
_GO_ON = "the same command goes on where it stopped"
_ENDINGS = {signal.SIGINT: (f"interrupted; {_GO_ON}", 130), signal.SIGTERM: (f"terminated; {_GO_ON}", 143)}
_SECONDS_TO_STOP = 4.0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status.

    0 done, 1 found at fault, 2 unusable input or not enough memory or disk, 130 interrupted, 143 terminated.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without β shows ? instead of failing
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        refuse_old_names(sys.argv[1:] if arguments is None else arguments)
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
        return _complain(*_ENDINGS[signal.SIGINT])
    except Terminated:
        return _complain(*_ENDINGS[signal.SIGTERM])
    finally:
        signal.signal(signal.SIGTERM, before)
    return status if isinstance(status, int) else 0


@contextlib.contextmanager
def _stop_in_time() -> Iterator[None]:
    """End the process some seconds after a signal that has not ended it: a kernel cannot be interrupted, and need not be.

    What is on the disk is whole at any time, and what is not there yet is made again.
    """
    ended = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)  # written to at once, whatever the main thread does

    def watch() -> None:
        while number := os.read(reader, 1):
            if number[0] in _ENDINGS and not ended.wait(_SECONDS_TO_STOP):
                if os.isatty(1):
                    os.write(1, b"\x1b[?25h")  # the cursor, which a bar of progress hides
                os._exit(_complain(*_ENDINGS[signal.Signals(number[0])]))
        os.close(reader)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        os.close(writer)


def program() -> NoReturn:
    """Run the command line as a process of its own, which a signal ends in time; ``main`` says with what status."""
    with _stop_in_time():
        status = main()
        if status in {130, 143}:  # a thread may still be in a kernel: nobody waits for it
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError, AttributeError):  # closed
                    stream.flush()
            os._exit(status)
    sys.exit(status)
