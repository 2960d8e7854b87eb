"""How every figure looks: size, colours, marks; and how one becomes a PNG and an SVG of the same bytes each time."""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from paper_repro.report.colours import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY

DOTS_PER_INCH = 200
WIDTH = 7.2  # inches, of every figure

CYCLE = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)
MARKS = "os^vD*"
DASHES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))
_SETTINGS = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "font.size": 9.0,
    "figure.constrained_layout.use": True,
    "legend.frameon": False,
    "legend.fontsize": "small",
    "svg.fonttype": "none",  # text that can be read, searched and edited
}


@attrs.frozen
class Look:
    """What distinguishes one line or set of points from the others of its figure."""

    colour: str
    mark: str
    dash: Any


def look(index: int, *, reference: bool = False) -> Look:
    """Return the look of the ``index``-th of several things; a ``reference`` to which they are compared is black."""
    if reference:
        return Look(BLACK, "D", (0, (4, 1, 1, 1)))
    again = index + index // 6  # the seventh has the colour of the first, and another mark
    return Look(CYCLE[index % 6], MARKS[again % 6], DASHES[again % 6])


def figure(height: float) -> Figure:
    """Return an empty figure of the common width; heights are in inches."""
    return Figure(figsize=(WIDTH, height))


def letters(axes: Sequence[Axes]) -> None:
    """Letter the panels (a), (b), … where there are several."""
    if len(axes) > 1:
        for axis, letter in zip(axes, "abcdefghijklmnopqrstuvwxyz", strict=False):
            axis.set_title(f"({letter})", loc="left", fontsize="medium")


def integers(low: int, high: int) -> list[int]:
    """Return a few whole numbers from ``low`` to ``high``, for ticks where nothing lies between."""
    return [
        int(tick) for tick in MaxNLocator(9, integer=True, steps=(1, 2, 5, 10)).tick_values(low, high) if low <= tick <= high
    ] or [low]


def literal(text: str) -> str:
    """Return a name so that a dollar sign in it begins no formula."""
    return text.replace("$", r"\$")


@contextlib.contextmanager
def settings(salt: str) -> Iterator[None]:
    """Let figures be drawn in our settings, and in none of the user's; ``salt`` makes the identifiers in an SVG."""
    ours: Any = _SETTINGS | {"svg.hashsalt": salt}
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(ours)
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a letter of a name: a box stands for it
        yield


def images(name: str, draw: Callable[[], Figure]) -> dict[str, bytes]:
    """Draw a figure in our settings; return its files by name, NAME.png and NAME.svg, the same bytes for the same figure."""
    canvases: dict[str, Any] = {"png": FigureCanvasAgg, "svg": FigureCanvasSVG}
    files = {}
    with settings(name):
        drawn = draw()
        for kind, canvas in canvases.items():
            stream = io.BytesIO()
            metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {"Software": None}
            canvas(drawn)
            drawn.savefig(stream, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
            files[f"{name}.{kind}"] = stream.getvalue()
    return files
