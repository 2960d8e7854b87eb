"""The figures of an inference."""

import functools

import numpy as np

from paper_repro.analysis.confirmation import CORRELATION, Confirmation
from paper_repro.report import colours
from paper_repro.report.figures import compared, intervals, scaling, style
from paper_repro.studies.inference.results import Inference


def draw_all(found: Inference) -> dict[str, bytes]:
    """Return the files of every figure, PNG and SVG, by name, such as "couplings.png"."""
    files = style.images("couplings", functools.partial(intervals.draw, _couplings(found)))
    if found.confirmation is not None:
        correlations = _correlations(found.confirmation)
        if len(correlations.places):
            files |= style.images("correlations", functools.partial(compared.draw, correlations))
    if len(found.learning.points) > 1:
        files |= style.images("learning", functools.partial(scaling.draw, _learning(found)))
    return files


def _couplings(found: Inference) -> intervals.Intervals:
    rows = found.couplings
    return intervals.Intervals(
        names=[row.term.name for row in rows],
        values=np.array([row.estimate for row in rows]),
        low=np.array([row.low for row in rows]),
        high=np.array([row.high for row in rows]),
        kinds=[row.verdict for row in rows],
        colours={"present": colours.GREEN, "undecided": colours.ORANGE, "absent": colours.DARK},
        label="coupling (energy)" if found.data.temperatures else "β × coupling",
    )


def _correlations(made: Confirmation) -> compared.Compared:
    rows = [row for row in made.rows if row.name.startswith(CORRELATION)]
    return compared.Compared(
        places=np.array([float(row.name.removeprefix(CORRELATION)) for row in rows]),
        data=np.array([row.data for row in rows]),
        errors=np.array([row.error for row in rows]),
        model=np.array([row.model for row in rows]),
        xlabel="separation, or class of the pair",
        ylabel="⟨S·S⟩",
    )


def _learning(found: Inference) -> scaling.Scaling:
    points = found.learning.points
    return scaling.Scaling(
        sizes=np.array([float(point.snapshots) for point in points]),
        widths=np.array([point.half_widths for point in points]),
        target=found.learning.precision,
        xlabel="snapshots",
        ylabel="half-width / largest coupling",
    )
