"""What ``paper-repro infer`` shows and writes."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from paper_repro.files import write_bytes
from paper_repro.report.document import Section


@attrs.frozen(eq=False)
class Report:
    """Sections below a title and a lead, the same numbers as plain data, and what draws the figures, PNG and SVG by file name.

    ``export`` writes the law for another program into a folder and returns what was chosen, a line each.
    ``heading`` is the title of the page, which has the other in small print.
    """

    title: str
    lead: str
    sections: Sequence[Section]
    numbers: dict[str, Any]
    draw: Callable[[], Mapping[str, bytes]] = dict
    export: Callable[[Path], Sequence[str]] | None = None
    heading: str = "Estimators of the couplings compared"

    def write(self, folder: Path) -> None:
        """Write report.html, results.json and the folder of figures."""
        from paper_repro.report.html import page

        drawn = self.draw()
        for name, content in drawn.items():
            write_bytes(folder / "figures" / name, content)
        images = {name.removesuffix(".svg"): content for name, content in drawn.items() if name.endswith(".svg")}
        write_bytes(folder / "results.json", (json.dumps(self.numbers, indent=1, ensure_ascii=False) + "\n").encode())
        write_bytes(folder / "report.html", page(self.sections, images, self.heading, self.lead, self.title).encode())
