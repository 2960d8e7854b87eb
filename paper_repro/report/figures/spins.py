"""A chain of spins as a strip of arrows; a panel of other figures."""

import attrs
import numpy as np
from matplotlib.axes import Axes

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style

MOST = 60  # sites that a strip shows


@attrs.frozen(eq=False)
class Chain:
    """Spins (site, 3) and the species of the sites as a word."""

    sequence: str
    spins: Floats


def plane(spins: Floats) -> Floats:
    """Return the spins (site, 2) in the plane in which they spread most."""
    axes = np.linalg.svd(spins - spins.mean(0), full_matrices=False)[2]
    flat: Floats = spins @ axes[:2].T
    return flat


def strip(axis: Axes, chain: Chain, names: str, sites: int) -> None:
    """Draw the first sites of a chain as arrows at their places, on an axis for ``sites``; each species has a mark and a colour."""
    shown = min(len(chain.sequence), sites)
    flat, places = plane(chain.spins[:shown]), np.arange(shown)
    arrows = axis.quiver(
        places, np.zeros(shown), flat[:, 0], flat[:, 1], angles="uv", scale_units="inches", scale=3.2, units="inches", width=0.011,
        headwidth=4, color=colours.DARK, zorder=3, clip_on=False,
    )  # fmt: skip
    arrows.set_in_layout(False)  # they may reach over the edge
    for index, name in enumerate(names):
        here = [site for site in places if chain.sequence[site] == name]
        look = style.look(index)
        axis.plot(here, np.zeros(len(here)), look.mark, ms=3, color=look.colour, zorder=2, label=style.literal(name))
    axis.set(ylim=(-1, 1), xlim=(-1.5, sites + 0.5), yticks=[])
    axis.spines["left"].set_visible(False)
    axis.set_xticks(style.integers(0, sites - 1))
    whole = len(chain.sequence)
    said = f"N = {whole}" if shown == whole else f"sites 0 to {shown - 1} of {whole}"
    axis.text(1, 0.98, said, transform=axis.transAxes, ha="right", va="bottom", fontsize="small")
