"""``paper-repro report``: the report on a run, finished or not."""

from json import loads
from pathlib import Path

from rich.console import Console
from rich.text import Text

from paper_repro.cli.console import STANDARD_OUTPUT, console_beside, reporter_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.files import InputError
from paper_repro.pipeline.lock import lock
from paper_repro.pipeline.manifest import NAME, PREVIOUS, Manifest, read_manifest
from paper_repro.spec import Published, Spec
from paper_repro.studies.reproduction.protocol import published_protocol
from paper_repro.studies.reproduction.recorded_spec import recorded_spec


def report(directory: Path, /, *, json: JsonTarget = None) -> int:
    """Judge the results of a run, finished or not, and show and write the report.

    Parameters
    ----------
    directory
        The run directory.
    """
    if not any((directory / name).exists() for name in (NAME, PREVIOUS)):
        read_manifest(directory)  # raises if there is none: a folder without a run stays without one
    require_outside(json, directory)
    show_report(directory, console_beside(json), json)
    return 0


def require_outside(target: Path | None, directory: Path) -> None:
    """Raise ``InputError`` for numbers that would be written into a run, which has its own."""
    if target is not None and target not in STANDARD_OUTPUT and directory.resolve() in target.resolve().parents:
        raise InputError("--json", f"{target} is in the run directory", "a file elsewhere; results.json has the numbers there")


def show_report(directory: Path, console: Console, json: Path | None = None) -> None:
    """Write the report on a run, which no other process may use, and show it; its results go to ``json`` too."""
    from paper_repro.pipeline.run import open_run
    from paper_repro.studies.reproduction.plan import plan_report

    published = published_protocol()
    with reporter_beside(console) as progress, lock(directory, progress.say):
        manifest = read_manifest(directory, progress.say)
        spec = recorded_spec(manifest, directory)
        run = open_run(plan_report(spec, manifest, published), directory, progress)
        run.make_all()
    show_written(directory, run.manifest, spec, published, console, json)


def show_written(
    directory: Path, manifest: Manifest, spec: Spec, published: tuple[Published, Spec], console: Console, json: Path | None
) -> None:
    """Show the report that a run has written; its results go to ``json`` too."""
    from paper_repro.report.terminal import show
    from paper_repro.studies.reproduction.results_file import write_results
    from paper_repro.studies.reproduction.stages.report import report_in

    made = report_in(directory, manifest, spec, *published)
    show(made.sections, made.title, console)
    console.print(Text(f"results.json, report.html and figures are in {directory}"))
    write_json(json, loads(write_results(made.results)))
