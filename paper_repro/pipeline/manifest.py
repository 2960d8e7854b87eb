"""The run directory's memory: what was made, from what, by what, when, and the SHA-256 of every output.

One process at a time holds a run directory. The manifest carries a SHA-256 of itself, and the one before it is kept: where the last
is damaged, that one is used, and what it does not know is made again.
"""

import contextlib
import errno
import fcntl
import hashlib
import importlib.metadata
import json
import os
import platform
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from paper_repro import __version__
from paper_repro.files import DamagedError, InputError, is_temporary, read_bytes, require_format, sha256, write_bytes, write_text
from paper_repro.numerics.parallel import available_cores, started_by_torchrun
from paper_repro.spec import Spec, canonical, converter, differences, digest, digest_of_plain, structure
from paper_repro.spec.migration import spec_from_old

NAME = "manifest.json"
PREVIOUS = "manifest.previous.json"
LOCK = ".lock"
FORMAT = "paper_repro run 3"
_WITHOUT_CHECKSUM = "paper_repro run 1"
_OLD_SPEC = (_WITHOUT_CHECKSUM, "paper_repro run 2")
_PACKAGES = ("attrs", "cattrs", "numba", "numpy", "scipy", "torch", "torchdiffeq", "safetensors", "arviz-stats", "matplotlib")


@attrs.frozen
class StageRecord:
    """One finished stage: the key of its inputs, the SHA-256 of each output, and the seconds it took."""

    key: str
    outputs: dict[str, str]
    seconds: float
    finished: str


@attrs.frozen
class Manifest:
    """What ``manifest.json`` holds."""

    format: str
    spec_sha256: str
    spec: dict[str, Any]
    sessions: tuple[dict[str, str], ...]
    stages: dict[str, StageRecord]


def environment() -> dict[str, str]:
    """Return when and where this runs: commit, versions, processor, cores, operating system, ranks of ``torchrun``."""
    facts = {"started": now(), "commit": commit(), "python": platform.python_version(), **packages()}
    facts["processor"] = _processor()
    facts["cores"] = str(available_cores())
    facts["system"] = f"{platform.system()} {platform.machine()}"
    if started_by_torchrun():
        facts["ranks"] = os.environ["WORLD_SIZE"]
    return facts


def packages() -> dict[str, str]:
    """Return the version of this package and of each that can change a byte of a result."""
    return {"paper_repro": __version__, **{name: importlib.metadata.version(name) for name in _PACKAGES}}


def now() -> str:
    """Return the time of day in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit() -> str:
    """Return the commit of the checkout that this code is, and whether it is changed; "unknown" for an installed package."""
    folder = Path(__file__).resolve().parent
    try:
        root = Path(_git(folder, "rev-parse", "--show-toplevel"))
        if not folder.is_relative_to(root / "paper_repro"):  # an installed package inside somebody's repository
            return f"unknown (installed {__version__})"
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
        return _git(root, "rev-parse", "HEAD") + (" with uncommitted changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return f"unknown (installed {__version__})"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def require_place(folder: Path) -> None:
    """Raise ``InputError`` unless a folder is new, empty, or a run directory."""
    if not folder.exists():
        return
    names = {path.name for path in folder.iterdir() if not is_temporary(path.name, NAME)} if folder.is_dir() else {""}
    if names - {LOCK} and not names & {NAME, PREVIOUS}:
        raise InputError(folder, "exists and holds no run", "an empty or new directory, or one made by 'paper-repro reproduce'")


@contextlib.contextmanager
def hold(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold a run directory, which is made where there is none: no other process can until this one leaves or dies.

    Raises ``InputError`` saying who holds it, or for a folder that holds something else.
    """
    require_place(folder)
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)  # a link would empty somebody's file
    except OSError as error:
        raise InputError(folder, f"cannot be written ({error.strerror})", "a writable run directory") from error

    def note(holder: str) -> None:
        with contextlib.suppress(OSError):  # on a full disk the lock holds without it, and what is written next says so
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, holder.encode(), 0)

    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace")
            raise InputError(folder, f"in use by {holder or 'another process'}", "one process at a time") from error
        except OSError as error:
            if error.errno not in {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP}:
                raise
            say(f"{folder} lies where files cannot be locked: see to it that no other process uses it")
        note(f"process {os.getpid()} on {socket.gethostname()} since {now()}")
        yield
        note("")
    finally:
        os.close(descriptor)


def _parse(path: Path) -> Manifest:
    if path.exists() and not path.is_file():  # a pipe would be waited for, a device has no end
        raise DamagedError(path, "not a file", "the manifest of a run")
    text = read_bytes(path, "the manifest of a run, made by 'paper-repro reproduce'")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedError(path, f"not JSON ({error})", "the manifest of a run") from error
    if not isinstance(data, dict) or "format" not in data:
        raise DamagedError(path, "JSON of something else", "the manifest of a run")
    require_format(f"{path}: format", data["format"], FORMAT, *_OLD_SPEC)
    if data["format"] != _WITHOUT_CHECKSUM and data.pop("sha256", None) != key_of(data):
        raise DamagedError(path, "does not match the SHA-256 in it", "the manifest as it was written")
    if data["format"] in _OLD_SPEC:
        spec = spec_from_old(data.get("spec"), f"{path}: spec")
        data |= {"format": FORMAT, "spec": spec, "spec_sha256": digest_of_plain(spec)}
    manifest = structure(data, Manifest, path)
    if not manifest.sessions or not all({"started", "commit"} <= session.keys() for session in manifest.sessions):
        raise InputError(f"{path}: sessions", "none, or one without start or commit", "who made the run, and when")
    for stage, record in manifest.stages.items():
        for name in (stage, *record.outputs):
            if not name.isprintable():
                raise InputError(f"{path}: stages", repr(name), "a name that can be printed")
        for name in record.outputs:
            pure = PurePosixPath(name)
            if pure.is_absolute() or ".." in pure.parts:
                raise InputError(f"{path}: stages.{stage}.outputs", repr(name), "a path inside the run directory")
    return manifest


def read_manifest(folder: Path, say: Callable[[str], None] | None = None) -> Manifest:
    """Read the manifest of a run.

    Whoever holds the directory gives ``say``: where the manifest is damaged or gone, that is said and the one before it is put in
    its place. Raises ``InputError`` where there is none, or none that can be used.
    """
    path, before = folder / NAME, folder / PREVIOUS
    try:
        return _parse(path)
    except InputError as error:
        if say is None or not before.exists() or not (isinstance(error, DamagedError) or not path.exists()):
            raise
        manifest = _parse(before)
        say(f"{error}; the manifest before it is used")
        write_bytes(path, before.read_bytes())
        return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a run, atomically, and keep the one before it."""
    data = converter.unstructure(manifest)
    if (folder / NAME).exists():
        write_bytes(folder / PREVIOUS, (folder / NAME).read_bytes())
    write_text(folder / NAME, json.dumps(data | {"sha256": key_of(data)}, indent=1, ensure_ascii=False) + "\n")


def open_manifest(folder: Path, spec: Spec, say: Callable[[str], None]) -> Manifest:
    """Start a run directory, or take up one of the same spec, and note this session in it.

    Raises ``InputError`` for a folder that holds something else, or a run of another spec (naming the values that differ).
    """
    require_place(folder)
    values = json.loads(json.dumps(canonical(spec)))
    if (folder / NAME).exists() or (folder / PREVIOUS).exists():
        manifest = read_manifest(folder, say)
        if manifest.spec_sha256 != digest(spec):
            lines = "; ".join(differences(manifest.spec, values))
            raise InputError(folder / NAME, f"a run of another spec ({lines})", "the same spec, or another directory")
    else:
        manifest = Manifest(FORMAT, digest(spec), values, (), {})
    manifest = attrs.evolve(manifest, sessions=(*manifest.sessions, environment()))
    write_manifest(folder, manifest)
    return manifest


def made_in(manifest: Manifest, session: dict[str, str]) -> list[str]:
    """Return the stages that ``session`` made: those finished after its start and before the next session's."""
    later = [other["started"] for other in manifest.sessions if other["started"] > session["started"]]
    end = min(later, default="9")
    return [name for name, record in manifest.stages.items() if session["started"] <= record.finished < end]


def key_of(*parts: Any) -> str:
    """Return the SHA-256 of plain data: the key under which a stage's outputs are valid, or the checksum of a manifest."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def faults(folder: Path, record: StageRecord) -> list[str]:
    """Return a line for each output of a stage that is missing or altered."""
    lines = []
    for name, expected in record.outputs.items():
        path = folder / name
        if not path.is_file():
            lines.append(f"{name}: missing")
        elif sha256(path) != expected:
            lines.append(f"{name}: its SHA-256 differs from the manifest's")
    return lines
