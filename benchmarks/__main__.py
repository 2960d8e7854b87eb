"""Take every figure, print the table, and write it into README.md: ``python -m benchmarks [NAME ...]``."""

import importlib
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Figure, processor

#: The modules of this folder; each has FIGURES, functions without arguments that return a Figure.
MODULES = ("replica_exchange", "exact", "infer", "simulation", "training", "likelihood", "commands")
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def markdown(figures: list[Figure], where: str) -> str:
    """Return the table of figures as Markdown."""
    rows = [f"| {f.what} | {f.target} | {f.measured} | {'reached' if f.reached else '**missed**'} |" for f in figures]
    return "\n".join([f"Last run on: {where}.", "", "| what | target | measured | |", "| --- | --- | --- | --- |", *rows])


def main(names: list[str]) -> int:
    """Take the figures of the modules named, or of all, and return 0 where every target is reached."""
    console = Console()
    figures: list[Figure] = []
    table = Table("what", "target", "measured", "")
    for name in names or MODULES:
        for take in importlib.import_module(f"benchmarks.{name}").FIGURES:
            console.print(f"[dim]{name}.{take.__name__} …[/dim]")
            figures.append(take())
            f = figures[-1]
            table.add_row(f.what, f.target, f.measured, "[green]reached[/green]" if f.reached else "[bold red]missed[/bold red]")
    console.print(table)
    if not names:
        before, _, rest = README.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        README.write_text(f"{before}{BEGIN}\n{markdown(figures, processor())}\n{END}{after}")
    return 0 if all(figure.reached for figure in figures) else 1


sys.exit(main(sys.argv[1:]))
