"""αβE + ln p against the energy: flat at -ln Z where a density is a Boltzmann law."""

from collections.abc import Sequence

import attrs
import numpy as np
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class Group:
    """Configurations of one temperature: energies and αβE + ln p + ln Z(αβ) exact (configuration,)."""

    name: str
    energies: Floats
    excess: Floats


@attrs.frozen(eq=False)
class Plateau:
    """One network: its configurations, its plateau above the exact -ln Z(αβ) with one standard error, the end of the fit of α."""

    name: str
    groups: Sequence[Group]
    plateau: float
    plateau_error: float
    threshold: float


_FEW = 4  # panels that are drawn large


def draw(networks: Sequence[Plateau]) -> Figure:
    """Draw a panel for each network, with common axes; 0 is the exact -ln Z. Many networks are three in a row."""
    few = len(networks) <= _FEW
    columns = min(2 if few else 3, len(networks))
    rows = -(-len(networks) // columns)
    figure = style.figure(0.9 + 2.5 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat
    axes = list(panels)
    for axis in axes[len(networks) :]:
        axis.set_axis_off()
    for axis, network in zip(axes, networks, strict=False):
        for index, group in enumerate(network.groups):
            look = style.look(index)
            axis.plot(
                group.energies,
                group.excess,
                look.mark,
                ms=3,
                mfc="none",
                mew=0.7,
                color=look.colour,
                label=style.literal(group.name),
            )
        axis.axhline(0, color=colours.BLACK, lw=1, ls="--", label="exact -ln Z")
        axis.axhline(network.plateau, color=colours.BLACK, lw=1.2, label="plateau")
        error = np.nan_to_num(network.plateau_error)
        axis.axhspan(network.plateau - error, network.plateau + error, color=colours.GREY, alpha=0.5, lw=0, zorder=0)
        axis.axvline(network.threshold, color=colours.BLACK, lw=0.6, ls=":", label="end of the fit")
        axis.set_title(style.literal(network.name), fontsize="medium" if few else "small")
        axis.set(xlabel="energy E", ylabel="αβE + ln p + exact ln Z(αβ)")
    for axis in axes[: len(networks)]:
        axis.label_outer()
    style.letters(axes[: len(networks)])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
