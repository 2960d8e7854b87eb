"""``paper-repro infer``: the Hamiltonian behind snapshots of spins."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from paper_repro.cli.checks import require_new, spec_at
from paper_repro.cli.console import console_beside, reporter_beside, write_json
from paper_repro.cli.infer_options import FILES, SIMULATED, ExportOptions, FileOptions, SimulationOptions
from paper_repro.cli.infer_report import Report
from paper_repro.cli.infer_simulated import infer_simulated
from paper_repro.cli.options import FolderTarget, JsonTarget
from paper_repro.cli.own_files import given
from paper_repro.files import InputError, write_text
from paper_repro.report.terminal import show

if TYPE_CHECKING:
    from paper_repro.studies.inference.found_law import FoundLaw


def infer(
    *data: Annotated[Path, Parameter(group=FILES)],
    files: FileOptions | None = None,
    simulated: Annotated[Path | None, Parameter(group=SIMULATED)] = None,
    simulation: SimulationOptions | None = None,
    export: ExportOptions | None = None,
    out: FolderTarget = None,
    json: JsonTarget = None,
) -> int:
    """Find the Hamiltonian behind snapshots of spins: couplings with intervals, verdicts and warnings.

    With --simulated, the estimators are compared with the truth on snapshots of a known law.

    Parameters
    ----------
    data
        Snapshots: npz, extended xyz, OVF 1 or 2 (docs/data.md); files, folders, or globs in quotes. Files of the same sites are
        stacked, each a run.
    simulated
        A spec, a file or a packaged one such as paper.toml: maximum likelihood, pseudolikelihood and score matching, which know
        its terms, on exact samples of its law, compared with the truth and the Cramér-Rao bound.
    out
        A folder for report.html, results.json and the figures.
    """
    files, simulation, export = files or FileOptions(), simulation or SimulationOptions(), export or ExportOptions()
    require_new(json, [*data, *filter(None, (files.library, files.network, simulated, simulation.weights))])
    console = console_beside(json)
    if simulated is None:
        export.check(out)
        report = _of_files(data, files, export, given(simulation), out, console)
    else:
        others = ", ".join(filter(None, ("DATA" if data else "", given(files), given(export))))
        if others:
            raise InputError("--simulated", f"{simulated} with {others}", "snapshots in files or simulated ones")
        report = infer_simulated(simulated, simulation, console)
    show(report.sections, report.title, console)
    if out is not None:
        report.write(out)
    write_json(json, report.numbers)
    if out is not None and report.export is not None:
        for line in report.export(out):
            console.print(Text(f"  {line}"))
    return 0


def _of_files(
    data: Sequence[Path], options: FileOptions, export: ExportOptions, others: str, out: Path | None, console: Console
) -> Report:
    if not data:
        raise InputError("DATA", "no snapshots", "files of them, or --simulated SPEC")
    if others:
        raise InputError(others, "given with DATA", "--simulated SPEC instead of DATA")
    options.check()
    if options.network is not None and out is None:
        raise InputError("--network", "given without --out", "--out FOLDER, for the checkpoints and the weights of the trainings")
    recipe = None if options.network is None else spec_at(options.network)
    from paper_repro.physics.terms.candidates import candidates
    from paper_repro.studies.inference.found_law import require_temperature

    terms = options.terms()
    snapshots = options.read(data, temperature=options.temperature, periodic=options.repeated)
    if export.export is not None:
        require_temperature(snapshots, options.temperature, "--export")
    if options.discover:
        terms = candidates(part.geometry for part in snapshots)
    from paper_repro.studies.inference.as_json import as_json
    from paper_repro.studies.inference.infer import LEVEL
    from paper_repro.studies.inference.infer import infer as infer_law
    from paper_repro.studies.inference.sections import HEADING, LEAD, TITLE, sections

    with reporter_beside(console) as reporter:
        found = infer_law(
            snapshots, terms, level=LEVEL if options.level is None else options.level, temperature=options.temperature,
            confirm=options.confirm is not False, network=recipe,
            folder=None if out is None or recipe is None else out / "network", reporter=reporter,
        )  # fmt: skip

    def draw() -> dict[str, bytes]:
        from paper_repro.studies.inference.figures import draw_all

        return draw_all(found)

    def write_law(folder: Path) -> Sequence[str]:
        from paper_repro.studies.inference.found_law import found_law

        return _export(found_law(found, terms, snapshots), export, folder)

    exporter = write_law if export.export is not None else None
    return Report(TITLE, LEAD, sections(found), as_json(found), draw, exporter, HEADING)


def _export(found: "FoundLaw", options: ExportOptions, folder: Path) -> Sequence[str]:
    """Write a law as input of another program; return what was chosen, a line each."""
    from paper_repro.sampling.exports.export import export

    if options.export is None or options.energy_unit is None:
        return ()
    made = export(found.law, found.geometry, found.species, options.export, options.energy_unit)
    made.write(folder / options.export)
    notes = (*found.notes, *made.choices)
    write_text(folder / options.export / "notes.txt", "".join(f"{note}\n" for note in notes))
    return (f"{', '.join(made.files)} and notes.txt in {folder / options.export}", *notes)
