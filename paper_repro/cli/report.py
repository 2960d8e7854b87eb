"""``paper-repro report``: the report on a run as far as it has come."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from paper_repro.cli.console import console_beside
from paper_repro.pipeline.manifest import NAME, PREVIOUS, hold, read_manifest


def report(directory: Path, /) -> int:
    """Judge the results of a run as far as it has come, and show and write the report.

    Parameters
    ----------
    directory
        The run directory.
    """
    if not any((directory / name).exists() for name in (NAME, PREVIOUS)):
        read_manifest(directory)  # says that there is none: a folder without a run is not made one
    show_report(directory, console_beside())
    return 0


def show_report(directory: Path, console: Console) -> None:
    """Write the report on a run, which nobody else may be using, and show it."""
    with hold(directory, lambda line: console.print(Text(line))):
        write_and_show(directory, console)


def write_and_show(directory: Path, console: Console) -> None:
    """Write the report on a run that this process holds, and show it."""
    from paper_repro.report.terminal import show
    from paper_repro.studies.reproduction.reporting import make_report

    made = make_report(directory, lambda line: console.print(Text(line)))
    show(made.sections, made.title, console)
    console.print(Text(f"results.json, report.html and figures are in {directory}"))
