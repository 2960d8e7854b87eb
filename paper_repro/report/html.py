"""A report as one self-contained HTML file."""

import base64
import html
from collections.abc import Mapping, Sequence

from paper_repro.files import printable
from paper_repro.report.document import STYLES, Section

DOTS_PER_INCH = 150  # of a figure

_CSS = """body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;margin:.8rem 0}
th,td{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
.n{text-align:right;font-variant-numeric:tabular-nums}
img{max-width:100%;margin:.8rem 0}p{color:#555}.REPRODUCED{color:#007a3d;font-weight:bold}.DEVIATES{color:#b3261e;font-weight:bold}
.INCONCLUSIVE{color:#8a6100;font-weight:bold}"""


def page(parts: Sequence[Section], title: str, images: Mapping[str, bytes]) -> str:
    """Return the report as one HTML page that loads nothing from anywhere; ``images`` are the PNG of each figure, by its name."""

    def escape(text: str) -> str:
        return html.escape(printable(text))

    body = [f"<h1>{escape(title)}</h1>"]
    paper = "Autonomous Emergence of Hamiltonian in Deep Generative Models (Xi, Chen; arXiv 2604.20821)"
    body.append(f"<p>{paper}: what it claims, and what was measured.</p>")
    first, *others, verdicts = parts
    for part in [first, verdicts, *others]:  # verdicts early on a page, last in a terminal
        body.append(f"<h2>{escape(part.title)}</h2>")
        body += [f"<p>{escape(line)}</p>" for line in part.text.splitlines()]
        if part.determinism:
            body.append(f"<p>Determinism: {escape(part.determinism)}.</p>")
        if part.table is not None:
            columns = part.table.columns
            classes = ["n" if column in part.table.numbers else "" for column in columns]
            head = "".join(f'<th class="{kind}">{escape(column)}</th>' for column, kind in zip(columns, classes, strict=True))
            rows = "".join(
                "<tr>"
                + "".join(
                    f'<td class="{escape(cell) if cell in STYLES else kind}">{escape(cell)}</td>'
                    for cell, kind in zip(row, classes, strict=True)
                )
                + "</tr>"
                for row in part.table.rows
            )
            body.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
        for name in part.figures:
            if name in images:
                image = images[name]
                width = int.from_bytes(image[16:20], "big") * 96 // DOTS_PER_INCH  # as wide as it was drawn
                data = base64.b64encode(image).decode()
                alt = f"{escape(part.title)}: {escape(name)}"
                body.append(f'<img alt="{alt}" width="{width}" src="data:image/png;base64,{data}">')
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_CSS}</style>'
    return f'<!doctype html><html lang="en">{head}{"".join(body)}</html>\n'
