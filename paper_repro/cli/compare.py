"""``paper-repro compare``: several runs compared."""

from pathlib import Path

from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.files import InputError
from paper_repro.pipeline.manifest import read_manifest
from paper_repro.studies.reproduction.protocol import published_protocol
from paper_repro.studies.reproduction.recorded_spec import recorded_spec


def compare(run: Path, /, *others: Path, json: JsonTarget = None) -> int:
    """Compare the results of several runs, and list the values in which their specs differ.

    Parameters
    ----------
    run
        A run directory, with its report.
    others
        Further run directories.
    """
    from paper_repro.pipeline.codec import plain
    from paper_repro.report.terminal import show
    from paper_repro.studies.reproduction.results_file import read_results
    from paper_repro.studies.reproduction.sections.compared_runs import QUANTITIES, NamedRun, changed_values, compared_runs
    from paper_repro.studies.reproduction.subject import Subject

    protocol = published_protocol()
    runs: list[NamedRun] = []
    for folder in (run, *others):
        spec = recorded_spec(read_manifest(folder), folder)
        results = read_results(folder / "results.json")
        if not results.inversion:
            raise InputError(
                folder / "results.json", "no inversion of a trained network in it", "the results of a run that has one"
            )
        name = spec.name if spec.name not in {made.name for made in runs} else f"{spec.name} in {folder}"
        runs.append(NamedRun(name, Subject.of(results, spec, *protocol)))
    console = console_beside(json)
    show([compared_runs(runs)], "paper_repro", console)
    found = [
        {"run": made.name, "seeds": made.subject.results.seeds, "differences": changed_values(runs[0].subject, made.subject)}
        | {quantity.key: quantity.values(made.subject) for quantity in QUANTITIES}
        for made in runs
    ]
    write_json(json, plain(found))
    return 0
