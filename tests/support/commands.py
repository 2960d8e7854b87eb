"""Commands as a person runs them: here, in a process of their own, on a terminal."""

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading

from paper_repro.cli import main


def command(*arguments: object) -> tuple[int, str, str]:
    """Run a command here; return its status and what it wrote to its output and to its errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return status, out.getvalue(), err.getvalue()


def one_line(status: int, err: str) -> str:
    assert status == 2
    assert err.startswith("paper-repro: ")
    assert err.endswith("\n")
    line = err[len("paper-repro: ") : -1]
    assert line.isprintable()
    return line


def refused(*arguments: object) -> str:
    """Run a command that must end in one line; return the line."""
    status, out, err = command(*arguments)
    assert "Traceback" not in out
    return one_line(status, err)


_ALONE = """
import os, sys
from paper_repro import cli
from paper_repro.studies.reproduction.figures import draw
draw.FIGURES = draw.FIGURES[-1:]
for line in sys.argv[1].split(";"):
    status = cli.main([os.fsdecode(bytes.fromhex(word)) for word in line.split(",")])
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        stream.flush()
        os.write(number, b"\\0%d\\0" % status)
"""


def alone(*lines: list[object], within: tuple[str, ...] = (), **environment: str) -> list[tuple[int, str, str]]:
    """Run commands in a process of their own, in an environment that holds nothing else; return as ``command`` does."""
    words = ";".join(",".join(os.fsencode(str(word)).hex() for word in line) for line in lines)
    wanted = {
        name: value for name, value in os.environ.items() if name.startswith(("PATH", "PYTHONPATH", "OPENBLAS_", "OMP_", "MKL_"))
    }
    done = subprocess.run(  # noqa: S603 -- this interpreter
        [*within, sys.executable, "-c", _ALONE, words], env=wanted | environment, capture_output=True, check=False, timeout=100
    )
    out, err = (stream.decode(errors="surrogateescape").split("\0") for stream in (done.stdout, done.stderr))
    assert len(out) == 2 * len(lines) + 1, (out[-1], err[-1])
    return [(int(out[2 * k + 1]), out[2 * k], err[2 * k]) for k in range(len(lines))]


def on_a_terminal(columns: int, *arguments: object) -> tuple[int, str, str]:
    """Run a command here on a terminal of its own; return its status, what the terminal was sent, and the errors."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    sent = bytearray()

    def listen() -> None:
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(ours, 65536):
                sent.extend(part)

    listener = threading.Thread(target=listen)
    listener.start()
    err = io.StringIO()
    with os.fdopen(theirs, "w", encoding="utf-8") as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    listener.join()
    os.close(ours)
    return status, sent.decode().replace("\r\n", "\n"), err.getvalue()


def made_again(screen: str) -> set[str]:
    """The stages of which a run says that it made them again."""
    return {found[1] for found in re.finditer(r"(?m)^  (.+): [\d.]+ s \(recomputed: .*\)$", screen)}
