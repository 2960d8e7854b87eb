"""Files: the one way to write one, hash one, and complain about one."""

import contextlib
import errno
import hashlib
import logging
import os
import secrets
import shutil
import stat
from pathlib import Path
from typing import Any


def printable(text: str) -> str:
    """Escape control, ANSI, bidirectional and surrogate characters of a text."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


class InputError(Exception):
    """Invalid input; the message is one line with the place, the value, and what was expected.

    >>> try:
    ...     pr.read("missing.npz")
    ... except pr.InputError as error:
    ...     print(error)
    missing.npz: no such file or folder; expected a file, a glob such as snapshots/*.ovf, or a folder
    """

    def __init__(self, where: object, found: str, expected: str) -> None:
        """Join the three parts into one line."""
        super().__init__(printable(" ".join(f"{where}: {found}; expected {expected}".split())))

    def __reduce__(self) -> Any:
        """Let the error come whole out of a worker process: its class and its line."""
        return _with_line, (type(self), str(self))


def _with_line(kind: type[InputError], line: str) -> InputError:
    return kind.__new__(kind, line)


def input_error(where: object, error: Exception, expected: str) -> InputError:
    """Turn an error with the text "found; expected this" into an ``InputError`` at ``where``; ``expected`` is its default."""
    found, _, stated = str(error).partition("; expected ")
    return InputError(where, found or type(error).__name__, stated or expected)


class DamagedError(InputError):
    """A file cannot be used, and its content can be recomputed: it is truncated, altered, empty, or of another kind."""


class NotFiniteError(InputError):
    """A number that must be finite is not: a NaN or an infinity came out of a computation."""

    def __init__(self, where: object, found: str) -> None:
        """State where and what; nothing else was expected than finite numbers."""
        super().__init__(where, found, "finite numbers")


def require_format(where: object, found: object, *wanted: str) -> None:
    """Raise ``InputError`` unless ``found`` is a format of ``wanted``, each a name and a number; a newer one is named as such."""
    if found in wanted:
        return
    kind, _, newest = max(wanted, key=lambda format_: int(format_.rpartition(" ")[2])).rpartition(" ")
    name, _, stated = str(found).rpartition(" ")
    newer = name == kind and stated.isascii() and stated.isdigit() and len(stated) < 10 and int(stated) > int(newest)
    said = f"{found!r}{', which a newer paper_repro has written' if newer else ''}"
    raise InputError(where, said, " or ".join(map(repr, wanted)))


_TEMPORARY = ".tmp"
_LOG = logging.getLogger("paper_repro")
_SAID: set[str] = set()
#: The errors of a disk that could not take the data; any other error of a flush means that this file system does not flush.
_LOST = {errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file of our own so that a reader, or a crash, sees the old file or the whole new one.

    The bytes go to a temporary file in the same folder, which is flushed to disk, renamed over ``path``, and the folder
    flushed in turn; a link is replaced, not followed. The mode is that of the old file, or the umask's. A file system that cannot
    flush is reported once, as a warning of the logger "paper_repro". Raises ``InputError`` with the size needed if the file cannot
    be written, and where ``path`` is a device or a socket; what was there is then untouched.
    """
    try:
        _replace(path, data)
    except OSError as error:
        raise _unwritable(path, error, len(data)) from error


def write_output(path: Path, data: bytes) -> None:
    """Write to a path that a person names, into what it is.

    A regular file, or the one that a link leads to, is replaced as by ``write_bytes``; data go into a pipe, a device, and whatever
    is in /dev and /proc, as they are. Raises ``InputError`` where that cannot be done, as for a folder or a socket.
    """
    require_output(path)
    try:
        if _is_replaced(path):
            _replace(Path(os.path.realpath(path)), data)
        else:
            with path.open("wb") as stream:
                stream.write(data)
    except OSError as error:
        raise _unwritable(path, error, len(data)) from error


def require_output(path: Path) -> None:
    """Raise ``InputError`` if ``write_output`` cannot write, if this can be tested before the content exists."""
    expected = "a file in a writable folder, a pipe, a device, or - for standard output"
    try:
        mode = path.stat().st_mode if path.exists() else 0
        place = next(folder for folder in Path(os.path.realpath(path)).parents if folder.exists()) if _is_replaced(path) else path
        if stat.S_ISSOCK(mode) or stat.S_ISDIR(mode):
            raise InputError(path, f"cannot be written (a {'socket' if stat.S_ISSOCK(mode) else 'folder'})", expected)
        if not place.is_dir() and place is not path:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise InputError(path, f"cannot be written ({error.strerror})", expected) from error


def _is_replaced(path: Path) -> bool:
    """Return whether a path is that of a regular file or of none yet; in /dev and /proc are those of an open file."""
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        regular = True
    return regular and not os.path.abspath(path).startswith(("/dev/", "/proc/"))  # noqa: PTH100 -- of the link itself


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = _mode(path)
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "a device or a socket")
    temporary = path.parent / f".{path.name[:50]}.{secrets.token_hex(4)}{_TEMPORARY}"  # a name may be as long as a file's can be
    permissions = stat.S_IMODE(mode) & 0o777 if stat.S_ISREG(mode) else 0o666
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, permissions)  # less the umask; no chmod, which may fail
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            _flush(stream.fileno(), "a file")
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(path.parent)


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return 0


def _flush(descriptor: int, what: str) -> None:
    """Flush to disk; a file system that cannot flush is reported once and is no failure: the file is whole."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in _LOST:
            raise
        _say_once(f"{what} cannot be flushed to disk here ({error.strerror}): after a loss of power the last files may be missing")


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":  # a folder cannot be opened for flushing elsewhere
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # a folder that may be written and not read
        return
    try:
        _flush(descriptor, "a folder")
    finally:
        os.close(descriptor)


def _say_once(line: str) -> None:
    if line not in _SAID:
        _SAID.add(line)
        _LOG.warning(line)


def _unwritable(path: Path, error: OSError, size: int) -> InputError:
    found = f"cannot be written ({error.strerror or error}; {size:,} bytes needed{_free(path)})"
    return InputError(path, found, "a writable folder with space left")


def _free(path: Path) -> str:
    try:
        return f", {shutil.disk_usage(path.parent).free:,} free"
    except OSError:
        return ""


def is_temporary(name: str, of: str) -> bool:
    """Return whether a name is that of a temporary file of the file ``of``, such as a writer that was killed leaves."""
    return name.startswith(f".{of}.") and name.endswith(_TEMPORARY)


def remove_temporaries(folder: Path) -> None:
    """Remove the temporary files of killed writers in a folder and below; no other process may be writing there."""
    for path in folder.rglob(f".*{_TEMPORARY}"):
        with contextlib.suppress(OSError):  # of another user: harmless
            path.unlink()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8."""
    write_bytes(path, text.encode())


def read_bytes(path: Path, expected: str) -> bytes:
    """Return the content of ``path``; raises ``InputError`` with what was ``expected`` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror or error})", expected) from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
