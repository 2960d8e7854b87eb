"""A run directory: which stages are made, with what key, and the files of those that were made just now."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from paper_repro.files import InputError, remove_temporaries, sha256, write_bytes
from paper_repro.pipeline.environment import environment, now
from paper_repro.pipeline.lock import require_place
from paper_repro.pipeline.manifest import (
    FORMAT,
    NAME,
    PREVIOUS,
    Manifest,
    StageRecord,
    key_of,
    made_in,
    mismatches,
    read_manifest,
    write_manifest,
)
from paper_repro.pipeline.record import NAME as RECORD
from paper_repro.pipeline.stage import Identity, Stage, StageResult


@attrs.frozen
class StaleStage:
    """A stage that must be made: the key of its inputs, the SHA-256 of each, and why it is recomputed, if it is."""

    stage: Stage
    key: str
    inputs: tuple[str, ...]
    why: str


@attrs.define
class RunDirectory:
    """A run directory that this process works in; ``session`` is noted in the manifest with the first stage that it makes."""

    folder: Path
    manifest: Manifest
    session: Mapping[str, str] | None

    def stale(self, stage: Stage) -> StaleStage | None:
        """Return the key with which a stage must be made, and why, or None where it is made.

        Raises ``InputError`` for an input that is missing, or not as the stage before made it.
        """
        known = self.manifest.outputs
        inputs = tuple(self._input(name, stage, known) for name in stage.inputs)
        key = key_of(stage.recipe, stage.name, self._constants(stage), list(inputs))
        record = self.manifest.stages.get(stage.name)
        if record is None or record.key != key or not record.outputs.keys() >= set(stage.outputs):
            return StaleStage(stage, key, inputs, "")
        wrong = mismatches(self.folder, record)
        if wrong:
            return StaleStage(stage, key, inputs, f"recomputed: {'; '.join(wrong)}")
        self._remove_temporary(stage)
        return None

    def keep(self, stale: StaleStage, result: StageResult) -> None:
        """Write the files of a stage, and note it in the manifest; what it made before, or another stage in its place, goes.

        A record of a run thereby becomes a run, of which nothing may be absent.
        """
        stage = stale.stage
        (self.folder / RECORD).unlink(missing_ok=True)
        for name in stage.outputs:
            if name not in result.files:
                raise RuntimeError(f"stage {stage.name!r} did not make {name}")
        for name, data in result.files.items():
            write_bytes(self.folder / name, data)
        outputs = {name: hashlib.sha256(data).hexdigest() for name, data in result.files.items()}
        record = StageRecord(stale.key, outputs, round(result.seconds, 3), now())
        known = self.manifest.stages  # a file belongs to the last stage that made it
        before = {name: old for name, old in known.items() if name == stage.name or old.outputs.keys() & outputs}
        others = {name: old for name, old in known.items() if name == stage.name or name not in before}
        sessions = self.manifest.sessions if self.session is None else (*self.manifest.sessions, self.session)
        self.session = None
        self.manifest = attrs.evolve(self.manifest, sessions=sessions, stages={**others, stage.name: record})
        write_manifest(self.folder, self.manifest)
        for name in {name for old in before.values() for name in old.outputs} - outputs.keys():
            (self.folder / name).unlink(missing_ok=True)
        self._remove_temporary(stage)

    def manifest_for(self, stage: Stage) -> Manifest | None:
        """Return the manifest for a stage that reads it, without the record of that stage; None for any other stage."""
        others = {name: record for name, record in self.manifest.stages.items() if name != stage.name}
        return attrs.evolve(self.manifest, stages=others) if stage.reads_manifest else None

    def _input(self, name: str, stage: Stage, known: Mapping[str, str]) -> str:
        path = self.folder / name
        if not path.is_file():  # a pipe would be waited for, a device has no end
            found = "not a file" if path.exists() else "missing"
            raise InputError(path, f"{found}, and {stage.name} reads it", "the output of an earlier stage")
        found = sha256(path)
        if known.get(name, found) != found:
            raise InputError(
                path, f"its SHA-256 differs from the manifest's, and {stage.name} reads it", "the output as it was made"
            )
        return found

    def _constants(self, stage: Stage) -> object:
        manifest = self.manifest_for(stage)
        if manifest is None:
            return stage.constants
        records = {name: [record.key, record.seconds, record.finished] for name, record in manifest.stages.items()}
        return [stage.constants, records, [dict(session) for session in manifest.sessions if made_in(manifest, session)]]

    def _remove_temporary(self, stage: Stage) -> None:
        for name in stage.temporary:
            (self.folder / name).unlink(missing_ok=True)


def open_directory(folder: Path, identity: Identity, say: Callable[[str], None]) -> RunDirectory:
    """Start a run directory, or take up one of the same run; the caller has its lock.

    Raises ``InputError`` for a folder that holds something else, or another run (naming the values that differ).
    """
    require_place(folder)
    session = environment()
    values = json.loads(json.dumps(identity.values))
    if not ((folder / NAME).exists() or (folder / PREVIOUS).exists()):
        manifest = Manifest(FORMAT, identity.sha256, values, (session,), {})
        write_manifest(folder, manifest)
        return RunDirectory(folder, manifest, None)
    manifest = read_manifest(folder, say)
    if manifest.format != FORMAT or manifest.spec_sha256 != identity.sha256:
        lines = identity.differences(manifest)
        if lines:
            raise InputError(folder / NAME, f"a run of another spec ({'; '.join(lines)})", "the same spec, or another directory")
        manifest = attrs.evolve(manifest, format=FORMAT, spec_sha256=identity.sha256, spec=values)
    remove_temporaries(folder)
    return RunDirectory(folder, manifest, session)
