"""One process at a time works in a run directory."""

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from paper_repro.files import InputError, is_temporary
from paper_repro.pipeline.environment import now
from paper_repro.pipeline.manifest import NAME, PREVIOUS

LOCK = ".lock"


def require_place(folder: Path) -> None:
    """Raise ``InputError`` unless a folder is new, empty, or a run directory."""
    if not folder.exists():
        return
    names = {path.name for path in folder.iterdir() if not is_temporary(path.name, NAME)} if folder.is_dir() else {""}
    if names - {LOCK} and not names & {NAME, PREVIOUS}:
        raise InputError(folder, "exists and holds no run", "an empty or new directory, or one made by 'paper-repro reproduce'")


@contextlib.contextmanager
def lock(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Lock a run directory, which is made where there is none, until this block or this process ends.

    Raises ``InputError`` naming the process that has the lock, for a folder that holds something else or where locking fails, and
    on a system without file locks.
    """
    _require_locks()
    require_place(folder)
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)  # a link would empty another file
    except OSError as error:
        raise InputError(folder, f"cannot be written ({error.strerror})", "a writable run directory") from error
    try:
        _acquire(descriptor, folder, say)
        _note(descriptor, f"process {os.getpid()} on {socket.gethostname()} since {now()}")
        yield
        _note(descriptor, "")
    finally:
        os.close(descriptor)


def _require_locks() -> None:
    try:
        import fcntl  # noqa: F401, PLC0415 -- Windows has none, and reads and audits without it
    except ImportError as error:
        raise InputError("system", f"{sys.platform}, without file locks", "Linux, macOS or another POSIX system") from error


def _acquire(descriptor: int, folder: Path, say: Callable[[str], None]) -> None:
    import fcntl  # noqa: PLC0415

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 200, 0).decode(errors="replace")
        raise InputError(folder, f"in use by {holder or 'another process'}", "one process at a time") from error
    except OSError as error:
        if error.errno not in {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}:
            raise InputError(folder / LOCK, f"cannot be locked ({error.strerror})", "a folder where files can be locked") from error
        say(f"{folder} is on a file system without locks: make sure that no other process uses it")


def _note(descriptor: int, holder: str) -> None:
    with contextlib.suppress(OSError):  # on a full disk the lock is valid without it, and the next write reports the disk
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode(), 0)
