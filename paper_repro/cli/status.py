"""``paper-repro status``: how far a run is."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter
from rich.console import Console

from paper_repro.cli.console import console_beside, reporter_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.pipeline.manifest import StageRecord, mismatches, read_manifest
from paper_repro.pipeline.record import left_out
from paper_repro.report.document import Table
from paper_repro.report.terminal import say, show_table
from paper_repro.spec import digest
from paper_repro.studies.reproduction.heading import heading
from paper_repro.studies.reproduction.recorded_spec import recorded_spec
from paper_repro.studies.reproduction.stage_kinds import kind_of

_FAULTS = 3  # outputs at fault that are named where the stages are not listed
_MIB = 2**20


@attrs.frozen
class _StageState:
    """A stage of the manifest, what is wrong with its outputs on the disk, and the bytes that they take there."""

    record: StageRecord
    faults: tuple[str, ...]
    size: int

    @classmethod
    def of(cls, directory: Path, record: StageRecord, absent: Collection[str]) -> "_StageState":
        faults = tuple(mismatches(directory, record, absent))
        paths = [directory / name for name in record.outputs]
        return cls(record, faults, sum(path.stat().st_size for path in paths if path.is_file()))


def status(directory: Path, /, *, stages: Annotated[bool, Parameter(negative="")] = False, json: JsonTarget = None) -> int:
    """Show the finished stages of a run, and whether their outputs are intact.

    Parameters
    ----------
    directory
        The run directory.
    stages
        List every stage instead of the kinds of stages.
    """
    manifest = read_manifest(directory)
    spec = recorded_spec(manifest, directory)
    absent = left_out(directory, manifest)
    console, found = console_beside(json), dict[str, _StageState]()
    with reporter_beside(console) as reporter:
        reporter.stage("stages", len(manifest.stages))
        for name, record in manifest.stages.items():
            found[name] = _StageState.of(directory, record, absent)
            reporter.advance(len(found))
    say(f"{heading(spec)} in {directory}, {len(manifest.sessions)} session(s)", console, "bold")
    (_show_stages if stages else _show_kinds)(found, console)
    finished = "report" in manifest.stages
    damaged = sum(bool(state.faults) for state in found.values())
    seconds = sum(state.record.seconds for state in found.values())
    say(f"{len(found)} stages made in {seconds:,.1f} s, {damaged} with outputs that are missing or damaged", console, indent=2)
    if absent:
        say(f"This is a record of the run: {len(absent)} of its {len(manifest.outputs)} outputs are left out", console, indent=2)
    if not finished:
        say(f"not finished: paper-repro reproduce SPEC --out {directory} continues where it stopped", console, indent=2)
    listed = {
        name: {"finished": state.record.finished, "seconds": state.record.seconds, "faults": list(state.faults)}
        for name, state in found.items()
    }
    about = {"spec": spec.name, "spec_sha256": digest(spec), "sessions": len(manifest.sessions), "finished": finished}
    about |= {"left_out": len(absent)}
    write_json(json, about | {"stages": listed})
    return 0


def _show_stages(found: Mapping[str, _StageState], console: Console) -> None:
    for name, state in found.items():
        wrong = f"missing or damaged: {'; '.join(state.faults)}" if state.faults else ""
        say(f"{name}: {wrong or f'made {state.record.finished}, {state.record.seconds:.1f} s'}", console, indent=2)


def _show_kinds(found: Mapping[str, _StageState], console: Console) -> None:
    show_table(_by_kind(found), console)
    faults = [line for state in found.values() for line in state.faults]
    more = [f"… and {len(faults) - _FAULTS} more: --stages names all"] if len(faults) > _FAULTS else []
    for line in (*faults[:_FAULTS], *more):
        say(line, console, "bold red", indent=2)


def _by_kind(found: Mapping[str, _StageState]) -> Table:
    """Return the parts, the seconds, the size and the faults of the stages of each kind."""
    kinds: dict[str, list[_StageState]] = {}
    for name, state in found.items():
        kinds.setdefault(kind_of(name), []).append(state)
    columns = ("stage", "made", "seconds", "MiB", "missing or damaged")
    rows = tuple(
        (
            kind,
            f"{len(states):,}",
            f"{sum(state.record.seconds for state in states):,.1f}",
            f"{sum(state.size for state in states) / _MIB:,.1f}",
            f"{sum(bool(state.faults) for state in states):,}",
        )
        for kind, states in kinds.items()
    )
    return Table(columns, rows, frozenset(columns[1:]))
