"""The run directory's memory: what was made, from what, by what, when, and the SHA-256 of every output."""

import hashlib
import importlib.metadata
import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from paper_repro import __version__
from paper_repro.files import InputError, read_bytes, sha256, write_text
from paper_repro.score.workers import available_cores
from paper_repro.spec import Spec, canonical, converter, differences, digest, structure

NAME = "manifest.json"
FORMAT = "paper_repro run 1"
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
    """Return when and where this runs: commit, versions, processor, cores, operating system."""
    facts = {"started": now(), "paper_repro": __version__, "commit": commit(), "python": platform.python_version()}
    for package in _PACKAGES:
        facts[package] = importlib.metadata.version(package)
    facts["processor"] = _processor()
    facts["cores"] = str(available_cores())
    facts["system"] = f"{platform.system()} {platform.machine()}"
    return facts


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


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run; raises ``InputError`` where there is none or it is damaged."""
    path = folder / NAME
    text = read_bytes(path, "the manifest of a run, made by 'paper-repro reproduce'")
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(path, f"not JSON ({error})", "the manifest of a run") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else data
        raise InputError(f"{path}: format", repr(found), repr(FORMAT))
    manifest = structure(data, Manifest, path)
    for stage, record in manifest.stages.items():
        for name in record.outputs:
            pure = PurePosixPath(name)
            if pure.is_absolute() or ".." in pure.parts:
                raise InputError(f"{path}: stages.{stage}.outputs", repr(name), "a path inside the run directory")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a run, atomically."""
    write_text(folder / NAME, json.dumps(converter.unstructure(manifest), indent=1, ensure_ascii=False) + "\n")


def open_manifest(folder: Path, spec: Spec) -> Manifest:
    """Start a run directory, or take up one of the same spec, and note this session in it.

    Raises ``InputError`` for a folder that holds something else, or a run of another spec (naming the values that differ).
    """
    values = json.loads(json.dumps(canonical(spec)))
    if (folder / NAME).exists():
        manifest = read_manifest(folder)
        if manifest.spec_sha256 != digest(spec):
            lines = "; ".join(differences(manifest.spec, values))
            raise InputError(folder / NAME, f"a run of another spec ({lines})", "the same spec, or another directory")
    else:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(folder, "exists and holds no run", "an empty or new directory, or one made by 'paper-repro reproduce'")
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
    """Return the SHA-256 of plain data: the key under which a stage's outputs are valid."""
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
