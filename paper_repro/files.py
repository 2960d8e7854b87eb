"""Files: the one way to write one, hash one, and complain about one."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO


class InputError(Exception):
    """What a person gave cannot be used; the message is one line that says where, what, and what was expected."""

    def __init__(self, where: object, found: str, expected: str) -> None:
        """Join the three parts into one line."""
        line = " ".join(f"{where}: {found}; expected {expected}".split())
        super().__init__("".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in line))


def input_error(where: object, error: Exception, expected: str) -> InputError:
    """Turn an error that says "found; expected this" into an ``InputError`` at ``where``; ``expected`` serves where it does not."""
    found, _, stated = str(error).partition("; expected ")
    return InputError(where, found or type(error).__name__, stated or expected)


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file so that a reader, or a crash, sees the old file or the whole new one.

    The bytes go to a temporary file in the same folder, which is flushed to disk, renamed over ``path``, and the folder
    flushed in turn. Raises ``InputError`` when the folder cannot be written; the old file is then untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                write(stream)
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
        raise InputError(path, f"cannot be written ({error.strerror or error})", "a writable folder with space left") from error


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically."""
    write_atomically(path, lambda stream: stream.write(data))


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
