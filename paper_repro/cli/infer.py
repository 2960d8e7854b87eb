"""``paper-repro infer``: the Hamiltonian behind snapshots of spins."""

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from paper_repro.cli.checks import require_at_least
from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import FolderTarget, JsonTarget
from paper_repro.files import InputError, write_bytes
from paper_repro.pipeline.progress import TerminalReporter
from paper_repro.report.terminal import show

if TYPE_CHECKING:
    from paper_repro.studies.inference.results import Inference


def infer(
    data: Path,
    /,
    *more: Path,
    library: Path | None = None,
    range_: Annotated[int | None, Parameter(name="--range")] = None,
    temperature: float | None = None,
    level: float = 0.01,
    moments: bool = False,
    one_run: bool = False,
    species: str | None = None,
    periodic: tuple[bool, bool, bool] | None = None,
    out: FolderTarget = None,
    json: JsonTarget = None,
) -> int:
    """Find the Hamiltonian behind snapshots of spins: couplings with intervals, verdicts and warnings.

    Parameters
    ----------
    data
        Snapshots: npz, extended xyz, OVF 1 or 2; a file, a folder, or a glob in quotes.
    more
        More of them; files of the same sites are stacked, each a run.
    library
        The terms that the law may have, a TOML file; the default library where none is given.
    range_
        How many separations, or shells, have exchange, in place of the default library's 4.
    temperature
        In units of energy / k_B, where the files state none or another: couplings are then in units of energy.
    level
        Probability that any of all verdicts is false.
    moments
        Vectors of different lengths are meant: each is divided by its own.
    one_run
        The files go on with one run, in sorted order, in place of each being its own.
    species
        Of the sites, a word of letters, where the files have none.
    periodic
        Whether the sites are repeated along the cell vectors a, b, c, in place of what the files state.
    out
        A folder for report.html, results.json and the figures.
    """
    if not 0 < level < 1:
        raise InputError("--level", f"{level:g}", "a probability between 0 and 1")
    if library is not None and range_ is not None:
        raise InputError("--range", f"{range_} with --library", "one of them")
    if range_ is not None:
        require_at_least(1, range=range_)
    from paper_repro.physics.terms.library import library as library_of
    from paper_repro.sampling.readers.read import read

    terms = library_of(library) if library is not None else library_of(range=range_)
    snapshots = read((data, *more), temperature=temperature, moments=moments, species=species, periodic=periodic, one_run=one_run)
    from paper_repro.studies.inference.as_json import as_json
    from paper_repro.studies.inference.infer import infer as infer_law
    from paper_repro.studies.inference.sections import TITLE, sections

    console = console_beside(json)
    with TerminalReporter(console):
        found = infer_law(snapshots, terms, level=level, temperature=temperature)
    show(sections(found), TITLE, console)
    if out is not None:
        _write(found, out)
    write_json(json, as_json(found))
    return 0


def _write(found: "Inference", out: Path) -> None:
    """Write the page, the numbers and the figures into a folder."""
    from paper_repro.report.html import page
    from paper_repro.studies.inference.as_json import as_json
    from paper_repro.studies.inference.figures import draw_all
    from paper_repro.studies.inference.sections import LEAD, TITLE, sections

    drawn = draw_all(found)
    images = {name.removesuffix(".png"): content for name, content in drawn.items() if name.endswith(".png")}
    for name, content in drawn.items():
        write_bytes(out / "figures" / name, content)
    write_bytes(out / "results.json", (json_text.dumps(as_json(found), indent=1, ensure_ascii=False) + "\n").encode())
    write_bytes(out / "report.html", page(sections(found), TITLE, LEAD, images).encode())
