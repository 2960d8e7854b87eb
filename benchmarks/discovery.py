"""How often the right terms are claimed, and false ones: ``python -m benchmarks.discovery LAW SNAPSHOTS WORLDS``.

LAW is paper or random. A run counts worlds 0 to WORLDS - 1 of ``worlds`` and writes its row into benchmarks/discovery.json, after
every 20 worlds what there is of it. Without arguments the rows become the table and the first figure of docs/discovery.md, and one
world of 20 snapshots its second figure.
"""

import functools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

import paper_repro as pr
from benchmarks.worlds import LEVEL, World, claimed, false_claims, fits, paper_world, random_world
from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.files import write_bytes, write_text
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.report.figures import style
from paper_repro.spec import load_spec, specs_folder
from paper_repro.studies.inference.figures import draw_all

ROOT = Path(__file__).parents[1]
RECORD, DOCUMENT = ROOT / "benchmarks/discovery.json", ROOT / "docs/discovery.md"
FIGURES = ROOT / "docs"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_METHODS = {"data": "closed form, errors of the data", "taken": "what infer takes"}
_EVERY = 20
_SET = 3


@attrs.frozen
class Counts:
    """Of some worlds: those with exactly the right terms claimed, and with a false claim; ``covered`` of all 95 % intervals."""

    right: int
    false: int
    covered: float


@attrs.frozen
class Row:
    """What was found in ``worlds`` of a law at ``snapshots``: by the closed form with errors of the data, and as ``infer`` does."""

    law: str
    snapshots: int
    worlds: int
    data: Counts
    taken: Counts


def world(law: str, snapshots: int, number: int) -> World:
    """Return one world; the same numbers give the same world. Those of earlier sets served to choose the method."""
    generator = np.random.default_rng([_SET, snapshots, number])
    if law == "random":
        return random_world(snapshots, generator)
    return paper_world(load_spec(specs_folder() / "paper.toml").record, snapshots, generator)


def measured(law: str, snapshots: int, worlds: int) -> Iterator[Row]:
    """Count the worlds 0 to ``worlds`` - 1, and yield the row after every 20 and after the last."""
    found: dict[str, list[tuple[bool, bool, float]]] = {method: [] for method in _METHODS}
    for number in range(worlds):
        drawn = world(law, snapshots, number)
        for method, fit in zip(_METHODS, fits(drawn), strict=True):
            found[method].append((claimed(fit) == drawn.true, bool(false_claims(drawn, fit)), _covered(drawn, fit)))
        if (number + 1) % _EVERY == 0 or number == worlds - 1:
            yield Row(law, snapshots, number + 1, *(_counts(rows) for rows in found.values()))


def _counts(rows: Sequence[tuple[bool, bool, float]]) -> Counts:
    right, false, covered = zip(*rows, strict=True)
    return Counts(sum(right), sum(false), float(np.mean(covered)))


def _covered(drawn: World, fit: CouplingFit) -> float:
    return float(np.mean(np.abs(fit.coefficients - drawn.theta) <= fit.half_widths()))


def recorded() -> list[Row]:
    """Return the rows of the record, by law and number of snapshots."""
    rows = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else []
    made = [Row(**row | {method: Counts(**row[method]) for method in _METHODS}) for row in rows]
    return sorted(made, key=_place)


def _place(row: Row) -> tuple[str, int]:
    return row.law, row.snapshots


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = ["| law | snapshots | worlds | right | false claim | 95 % intervals | right by the closed form | false by it |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for row in rows:
        taken, data = row.taken, row.data
        lines.append(f"| {row.law} | {row.snapshots:,} | {row.worlds} | {taken.right} | {taken.false} | {taken.covered:.3f} "
                     f"| {data.right} | {data.false} |")  # fmt: skip
    return "\n".join(lines)


def draw_rates(rows: Sequence[Row]) -> Figure:
    """Draw the fraction of worlds of the paper's law whose terms are exactly right, against snapshots, with both fits."""
    figure = style.figure(3.0)
    axis = figure.subplots()
    own = [row for row in rows if row.law == "paper"]
    sizes = np.array([row.snapshots for row in own])
    for index, (method, label) in enumerate(_METHODS.items()):
        rate = np.array([getattr(row, method).right / row.worlds for row in own])
        low, high = _wilson(rate, np.array([row.worlds for row in own]))
        look = style.look(1 - index)
        around = (rate - low, high - rate)
        axis.errorbar(
            sizes, rate, yerr=around, fmt=look.mark, ls=look.dash, ms=4, lw=1.2, capsize=2, color=look.colour, label=label
        )
    axis.set(xscale="log", ylim=(-0.03, 1.05), xlabel="snapshots", ylabel="worlds with exactly the right terms")
    axis.set_xticks(sizes, [f"{size:g}" for size in sizes])
    axis.minorticks_off()
    axis.legend(loc="lower right")
    return figure


def _wilson(rate: Floats, count: Integers) -> tuple[Floats, Floats]:
    """Return the ends (row,) of the 68 % intervals of rates (row,) after Wilson, which hold for rates of 0 and 1 too."""
    middle = (rate + 0.5 / count) / (1 + 1 / count)
    half = np.sqrt(rate * (1 - rate) / count + 0.25 / count**2) / (1 + 1 / count)
    return np.minimum(middle - half, rate), np.maximum(middle + half, rate)


def write_page() -> None:
    """Write the table into docs/discovery.md, and its two figures next to it."""
    rows = recorded()
    drawn = style.images("discovery-rates", functools.partial(draw_rates, rows))
    write_bytes(FIGURES / "discovery-rates.svg", drawn["discovery-rates.svg"])
    one = world("paper", 20, 0)
    found = pr.infer(one.data, one.terms, level=LEVEL, confirm=False)
    write_bytes(FIGURES / "discovery-couplings.svg", draw_all(found)["couplings.svg"])
    before, after = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)[0], DOCUMENT.read_text(encoding="utf-8").split(END)[1]
    write_text(DOCUMENT, f"{before}{BEGIN}\n{table(rows)}\n{END}{after}")


def main(arguments: Sequence[str]) -> None:
    """Measure one row, or write the page from all."""
    if not arguments:
        write_page()
        return
    law, snapshots, worlds = arguments[0], int(arguments[1]), int(arguments[2])
    for row in measured(law, snapshots, worlds):
        kept = [each for each in recorded() if (each.law, each.snapshots) != (law, snapshots)]
        rows = sorted([*kept, row], key=_place)
        write_text(RECORD, json.dumps([attrs.asdict(each) for each in rows], indent=1) + "\n")
        Console().print(row)


if __name__ == "__main__":
    main(sys.argv[1:])
