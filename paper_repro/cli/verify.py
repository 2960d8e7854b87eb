"""``paper-repro verify``: the outputs of a run against its manifest."""

from pathlib import Path

from rich.text import Text

from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.pipeline.manifest import mismatches, read_manifest


def verify(directory: Path, /, *, json: JsonTarget = None) -> int:
    """Recompute the SHA-256 of every output of a run; exit status 1 when one is missing or altered.

    Parameters
    ----------
    directory
        The run directory.
    """
    manifest = read_manifest(directory)
    wrong = [line for record in manifest.stages.values() for line in mismatches(directory, record)]
    total = sum(len(record.outputs) for record in manifest.stages.values())
    console = console_beside(json)
    for line in wrong:
        console.print(Text(f"{directory / line}"))
    console.print(Text(f"{total - len(wrong)} of {total} outputs agree with the manifest"))
    write_json(json, {"outputs": total, "faults": wrong})
    return 1 if wrong else 0
