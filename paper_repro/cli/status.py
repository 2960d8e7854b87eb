"""``paper-repro status``: how far a run is."""

from pathlib import Path

from rich.text import Text

from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.pipeline.manifest import mismatches, read_manifest
from paper_repro.spec import digest
from paper_repro.studies.reproduction.heading import heading
from paper_repro.studies.reproduction.recorded_spec import recorded_spec


def status(directory: Path, /, *, json: JsonTarget = None) -> int:
    """Show which stages of a run are made, and whether their outputs are undamaged.

    Parameters
    ----------
    directory
        The run directory.
    """
    manifest = read_manifest(directory)
    spec = recorded_spec(manifest, directory)
    console = console_beside(json)
    console.print(Text(f"{heading(spec)} in {directory}, {len(manifest.sessions)} session(s)", style="bold"))
    wrong = {name: mismatches(directory, record) for name, record in manifest.stages.items()}
    for name, record in manifest.stages.items():
        state = f"damaged: {'; '.join(wrong[name])}" if wrong[name] else f"made {record.finished}, {record.seconds:.1f} s"
        console.print(Text(f"  {name}: {state}"))
    damaged = sum(map(bool, wrong.values()))
    finished = "report" in manifest.stages
    seconds = sum(record.seconds for record in manifest.stages.values())
    console.print(Text(f"  {len(wrong)} stages made in {seconds:,.1f} s, {damaged} damaged"))
    if not finished:
        console.print(Text(f"  not finished: paper-repro reproduce SPEC --out {directory} goes on where it stopped"))
    stages = {
        name: {"finished": record.finished, "seconds": record.seconds, "faults": wrong[name]}
        for name, record in manifest.stages.items()
    }
    about = {"spec": spec.name, "spec_sha256": digest(spec), "sessions": len(manifest.sessions), "finished": finished}
    write_json(json, about | {"stages": stages})
    return 0
