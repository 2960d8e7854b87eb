"""The figures of an inference."""

import functools

import numpy as np

from paper_repro.report.figures import intervals, style
from paper_repro.studies.inference.results import Inference


def draw_all(found: Inference) -> dict[str, bytes]:
    """Return the files of every figure, PNG and SVG, by name, such as "couplings.png"."""
    unit = "coupling (energy)" if found.data.temperature is not None else "β × coupling"
    rows = found.couplings
    data = intervals.Intervals(
        names=[row.term.name for row in rows],
        values=np.array([row.estimate for row in rows]),
        low=np.array([row.low for row in rows]),
        high=np.array([row.high for row in rows]),
        kinds=[row.verdict for row in rows],
        colours={"present": style.GREEN, "undecided": style.ORANGE, "absent": style.GREY},
        label=unit,
    )
    return style.images("couplings", functools.partial(intervals.draw, data))
