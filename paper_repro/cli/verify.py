"""``paper-repro verify``: the outputs of a run, or of a record of one, against its manifest."""

from pathlib import Path

from paper_repro.cli.console import console_beside, reporter_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.pipeline.manifest import mismatches, read_manifest
from paper_repro.pipeline.record import left_out
from paper_repro.report.terminal import say

_SHOWN = 20  # faults that are listed: a screen


def verify(directory: Path, /, *, json: JsonTarget = None) -> int:
    """Recompute the SHA-256 of every output of a run; exit status 1 if one is missing or altered.

    A record of a run, such as golden/paper, has some of its outputs: the others are counted, and are no fault.

    Parameters
    ----------
    directory
        The run directory.
    """
    manifest = read_manifest(directory)
    absent, total = left_out(directory, manifest), len(manifest.outputs)
    console, wrong = console_beside(json), list[str]()
    with reporter_beside(console) as reporter:
        reporter.stage("stages", len(manifest.stages))
        for number, record in enumerate(manifest.stages.values()):
            wrong += mismatches(directory, record, absent)
            reporter.advance(number + 1)
    for line in wrong[:_SHOWN]:
        say(line, console, "bold red")
    if len(wrong) > _SHOWN:
        say(f"… and {len(wrong) - _SHOWN} more: --json FILE lists all", console, "bold red")
    kept = total - len(absent)
    say(f"{kept - len(wrong)} of {kept} outputs of {directory} agree with the manifest", console)
    if absent:
        say(f"This is a record of the run: {len(absent)} of its {total} outputs are left out", console)
    write_json(json, {"outputs": total, "left_out": len(absent), "agree": kept - len(wrong), "faults": wrong})
    return 1 if wrong else 0
