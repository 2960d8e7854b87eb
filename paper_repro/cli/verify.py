"""``paper-repro verify``: the outputs of a run against its manifest."""

from pathlib import Path

from rich.text import Text

from paper_repro.cli.console import console_beside, reporter_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.pipeline.manifest import mismatches, read_manifest


def verify(directory: Path, /, *, json: JsonTarget = None) -> int:
    """Recompute the SHA-256 of every output of a run; exit status 1 if one is missing or altered.

    Parameters
    ----------
    directory
        The run directory.
    """
    manifest = read_manifest(directory)
    total = sum(len(record.outputs) for record in manifest.stages.values())
    console, wrong = console_beside(json), list[str]()
    with reporter_beside(console) as reporter:
        reporter.stage("stages", len(manifest.stages))
        for number, record in enumerate(manifest.stages.values()):
            wrong += mismatches(directory, record)
            reporter.advance(number + 1)
    for line in wrong:
        console.print(Text(f"{directory / line}"))
    console.print(Text(f"{total - len(wrong)} of {total} outputs agree with the manifest"))
    write_json(json, {"outputs": total, "faults": wrong})
    return 1 if wrong else 0
