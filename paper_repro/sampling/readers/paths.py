"""Which files a person means: files, globs and folders, in sorted order, each once."""

import glob
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from paper_repro.files import InputError

PathLike = str | os.PathLike[str]
Paths = PathLike | Iterable[PathLike]
#: What a path may be.
WAYS = "a file, a glob such as snapshots/*.ovf, or a folder"
_SHOWN = 3  # of the files that are left out


def files_of(paths: Paths, readable: Callable[[Path], bool]) -> tuple[list[Path], tuple[str, ...]]:
    """Return the files that ``paths`` are, sorted, and a note for each folder that also has files of other kinds.

    Of a folder the ``readable`` files are taken, hidden ones and folders below it left out. Raises ``InputError`` for a path that
    is nothing, for a glob without a match, for a folder without readable files, and for a file that is named twice.
    """
    found: list[Path] = []
    notes: list[str] = []
    for path in _listed(paths):
        try:
            files, others = _expanded(path, readable)
        except (OSError, ValueError) as error:
            raise InputError(path, f"cannot be read ({error})", WAYS) from error
        found += files
        if others:
            named = ", ".join(other.name for other in others[:_SHOWN]) + (", …" if len(others) > _SHOWN else "")
            notes.append(f"{path}: {len(others)} files of other kinds are not read ({named})")
    if not found:
        raise InputError("paths", "no file", WAYS)
    found.sort()
    seen: set[Path] = set()
    for file in found:
        real = file.resolve()
        if real in seen:
            raise InputError(file, "named twice", "each file once")
        seen.add(real)
    return found, tuple(notes)


def _listed(paths: Paths) -> list[PathLike]:
    if isinstance(paths, str | os.PathLike):
        return [paths]
    if not isinstance(paths, Iterable):
        raise InputError("paths", f"{paths!r}", WAYS)
    listed = list(paths)
    for path in listed:
        if not isinstance(path, str | os.PathLike):
            raise InputError("paths", f"{path!r}", WAYS)
    return listed


def _expanded(given: PathLike, readable: Callable[[Path], bool]) -> tuple[list[Path], list[Path]]:
    """Return the files of one path, and the files of its folder that are left out."""
    path = Path(given).expanduser()
    if path.is_file():
        return [path], []
    if path.is_dir():
        inside = [file for file in sorted(path.iterdir()) if file.is_file() and not file.name.startswith(".")]
        files: list[Path] = []
        others: list[Path] = []
        for file in inside:
            (files if readable(file) else others).append(file)
        if not files:
            raise InputError(given, f"a folder of {len(inside)} files, none of them snapshots", "npz, extended xyz or OVF files")
        return files, others
    if path.exists():
        raise InputError(given, "not a regular file", WAYS)
    if not glob.has_magic(str(path)):
        raise InputError(given, "no such file or folder", WAYS)
    files = [file for file in map(Path, glob.glob(str(path), recursive=True)) if file.is_file()]  # noqa: PTH207 - of any root
    if not files:
        raise InputError(given, "a glob that matches no file", WAYS)
    return files, []
