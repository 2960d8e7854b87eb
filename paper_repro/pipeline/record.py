"""A record of a run: its manifest and some of its outputs; ``record.json`` states which, the others are left out on purpose."""

import json
from pathlib import Path

import attrs

from paper_repro.files import InputError, require_format, write_text
from paper_repro.pipeline import codec
from paper_repro.pipeline.manifest import Manifest

NAME = "record.json"
FORMAT = "paper_repro record 1"


@attrs.frozen
class Record:
    """What ``record.json`` holds: the outputs that the record has, by their names in the manifest."""

    format: str
    kept: tuple[str, ...]


def write_record(folder: Path, manifest: Manifest) -> None:
    """Make a folder that has some outputs of a run a record of it."""
    kept = tuple(name for name in sorted(manifest.outputs) if (folder / name).is_file())
    write_text(folder / NAME, json.dumps(attrs.asdict(Record(FORMAT, kept)), indent=1, ensure_ascii=False) + "\n")


def left_out(folder: Path, manifest: Manifest) -> frozenset[str]:
    """Return the outputs that a record of a run leaves out and that are absent; none of a folder that is no record.

    Raises ``InputError`` for a ``record.json`` that cannot be used.
    """
    path = folder / NAME
    if not path.exists():
        return frozenset()
    record: Record = codec.read_json(path, Record, "the record of a run")
    require_format(f"{path}: format", record.format, FORMAT)
    known = manifest.outputs
    for name in record.kept:
        if name not in known:
            raise InputError(f"{path}: kept", repr(name), "an output in the manifest")
    return frozenset(name for name in known if name not in record.kept and not (folder / name).exists())
