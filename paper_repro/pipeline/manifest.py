"""The record of a run directory: the stages that were made, when, by what, and the SHA-256 of every output.

The manifest carries a SHA-256 of itself. The one before it is kept: where the last is damaged, that one is used, and the stages
that are not in it are recomputed.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from paper_repro.files import DamagedError, InputError, read_bytes, require_format, sha256, write_bytes, write_text
from paper_repro.pipeline import codec

NAME = "manifest.json"
PREVIOUS = "manifest.previous.json"
FORMAT = "paper_repro run 4"
_WITHOUT_CHECKSUM = "paper_repro run 1"
PREVIOUS_FORMAT = "paper_repro run 3"
#: Formats whose values of the spec have an earlier form.
OLD_FORMATS = (_WITHOUT_CHECKSUM, "paper_repro run 2", PREVIOUS_FORMAT)
_EXPECTED = "the manifest of a run"


@attrs.frozen
class StageRecord:
    """One finished stage: the key of its inputs, the SHA-256 of each output, the seconds it took, and when it ended."""

    key: str
    outputs: Mapping[str, str]
    seconds: float
    finished: str


@attrs.frozen
class Manifest:
    """What ``manifest.json`` holds: the values of the spec, the sessions that worked here, and the stages that were made.

    One of ``OLD_FORMATS`` holds the values in the form of its time, and their SHA-256.
    """

    format: str
    spec_sha256: str
    spec: Mapping[str, Any]
    sessions: tuple[Mapping[str, str], ...]
    stages: Mapping[str, StageRecord]

    @property
    def outputs(self) -> dict[str, str]:
        """The SHA-256 of every output of every stage."""
        return {name: made for record in self.stages.values() for name, made in record.outputs.items()}


def read_manifest(folder: Path, say: Callable[[str], None] | None = None) -> Manifest:
    """Read the manifest of a run.

    A process that has the lock gives ``say``: a damaged or missing manifest is reported and replaced by
    the previous one. Raises ``InputError`` if there is none, or none that can be used.
    """
    path, before = folder / NAME, folder / PREVIOUS
    try:
        return _parse(path)
    except InputError as error:
        if say is None or not before.exists() or not (isinstance(error, DamagedError) or not path.exists()):
            raise
        manifest = _parse(before)
        say(f"{error}; the previous manifest is used")
        write_bytes(path, before.read_bytes())
        return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a run, atomically, and keep the one before it."""
    data = codec.PLAIN.unstructure(manifest)
    if (folder / NAME).exists():
        write_bytes(folder / PREVIOUS, (folder / NAME).read_bytes())
    write_text(folder / NAME, json.dumps(data | {"sha256": key_of(data)}, indent=1, ensure_ascii=False) + "\n")


def _parse(path: Path) -> Manifest:
    if path.exists() and not path.is_file():  # a pipe would be waited for, a device has no end
        raise DamagedError(path, "not a file", _EXPECTED)
    text = read_bytes(path, f"{_EXPECTED}, made by 'paper-repro reproduce'")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedError(path, f"not JSON ({error})", _EXPECTED) from error
    if not isinstance(data, dict) or "format" not in data:
        raise DamagedError(path, "JSON of something else", _EXPECTED)
    require_format(f"{path}: format", data["format"], FORMAT, *OLD_FORMATS)
    if data["format"] != _WITHOUT_CHECKSUM and data.pop("sha256", None) != key_of(data):
        raise DamagedError(path, "does not match the SHA-256 in it", "the manifest as it was written")
    manifest = codec.build(data, Manifest, path)
    _require_sound(manifest, path)
    return manifest


def _require_sound(manifest: Manifest, path: Path) -> None:
    """Raise ``InputError`` unless every session and every name can be used."""
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


def made_in(manifest: Manifest, session: Mapping[str, str]) -> list[str]:
    """Return the stages that ``session`` made: those finished after its start and before the next session's."""
    later = [other["started"] for other in manifest.sessions if other["started"] > session["started"]]
    end = min(later, default="9")
    return [name for name, record in manifest.stages.items() if session["started"] <= record.finished < end]


def key_of(*parts: Any) -> str:
    """Return the SHA-256 of plain data: the key under which a stage's outputs are valid, or the checksum of a manifest."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def mismatches(folder: Path, record: StageRecord, left_out: Collection[str] = ()) -> list[str]:
    """Return a line for each output of a stage that is missing or altered, but for those that are ``left_out``."""
    lines = []
    for name, expected in record.outputs.items():
        path = folder / name
        if name in left_out:
            continue
        if not path.is_file():
            lines.append(f"{name}: missing")
        elif sha256(path) != expected:
            lines.append(f"{name}: its SHA-256 differs from the manifest's")
    return lines
