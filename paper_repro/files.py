"""Files: the one way to write one, hash one, and complain about one."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any


def printable(text: str) -> str:
    """Escape control, ANSI, bidirectional and surrogate characters of a text."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


class InputError(Exception):
    """What a person gave cannot be used; the message is one line that says where, what, and what was expected."""

    def __init__(self, where: object, found: str, expected: str) -> None:
        """Join the three parts into one line."""
        super().__init__(printable(" ".join(f"{where}: {found}; expected {expected}".split())))

    def __reduce__(self) -> Any:
        """Let the error come whole out of a worker process: its class and its line."""
        return _with_line, (type(self), str(self))


def _with_line(kind: type[InputError], line: str) -> InputError:
    return kind.__new__(kind, line)


def input_error(where: object, error: Exception, expected: str) -> InputError:
    """Turn an error that says "found; expected this" into an ``InputError`` at ``where``; ``expected`` serves where it does not."""
    found, _, stated = str(error).partition("; expected ")
    return InputError(where, found or type(error).__name__, stated or expected)


class DamagedError(InputError):
    """A file cannot be used, and what it held can be made again: it is cut short, altered, empty, or of something else."""


class NotFiniteError(InputError):
    """A number that must be finite is not: a NaN or an infinity came out of a computation."""

    def __init__(self, where: object, found: str) -> None:
        """Say where and what; nothing else was expected than finite numbers."""
        super().__init__(where, found, "finite numbers")


def require_format(where: object, found: object, *wanted: str) -> None:
    """Raise ``InputError`` unless ``found`` is a format of ``wanted``, each a name and a number; say so where it is a newer one."""
    if found in wanted:
        return
    kind, _, newest = max(wanted, key=lambda format_: int(format_.rpartition(" ")[2])).rpartition(" ")
    name, _, stated = str(found).rpartition(" ")
    newer = name == kind and stated.isascii() and stated.isdigit() and len(stated) < 10 and int(stated) > int(newest)
    said = f"{found!r}{', which a newer paper_repro has written' if newer else ''}"
    raise InputError(where, said, " or ".join(map(repr, wanted)))


_TEMPORARY = ".tmp"


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old file or the whole new one.

    The bytes go to a temporary file in the same folder, which is flushed to disk, renamed over ``path``, and the folder
    flushed in turn. Raises ``InputError`` with the size needed when it cannot be written; the old file is then untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_TEMPORARY)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
        if os.name == "posix":  # a folder cannot be opened for flushing elsewhere
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        found = f"cannot be written ({error.strerror or error}; {len(data):,} bytes needed{_free(path)})"
        raise InputError(path, found, "a writable folder with space left") from error


def _free(path: Path) -> str:
    try:
        return f", {shutil.disk_usage(path.parent).free:,} free"
    except OSError:
        return ""


def is_temporary(name: str, of: str) -> bool:
    """Return whether a name is that of a temporary file of the file ``of``, such as a writer that was killed leaves."""
    return name.startswith(f".{of}.") and name.endswith(_TEMPORARY)


def remove_temporaries(folder: Path) -> None:
    """Remove what writers that were killed left in a folder and below; nobody else may be writing there."""
    for path in folder.rglob(f".*{_TEMPORARY}"):
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8."""
    write_bytes(path, text.encode())


def read_bytes(path: Path, expected: str) -> bytes:
    """Return the content of ``path``; raises ``InputError`` saying that ``expected`` was wanted when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror or error})", expected) from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
