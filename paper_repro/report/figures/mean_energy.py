"""The mean energy against the inverse temperature, and its distance from the exact one."""

import attrs
import numpy as np
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class MeanEnergy:
    """Mean energies and standard errors at inverse temperatures, and the exact ones, None where there are none; all (point,)."""

    betas: Floats
    means: Floats
    errors: Floats
    exact: Floats | None


def draw(data: MeanEnergy) -> Figure:
    """Draw the mean energy, and the difference in standard errors where there is an exact solution."""
    figure = style.figure(3.0)
    if data.exact is None:
        axes = [figure.subplots()]
    else:
        axes = list(figure.subplots(1, 2))
        scaled = (data.means - data.exact) / np.where(data.errors > 0, data.errors, np.nan)
        axes[0].plot(data.betas, data.exact, color=colours.BLACK, lw=1, label="exact")
        axes[1].plot(data.betas, scaled, "o", ms=3, color=colours.BLUE)
        axes[1].axhspan(-2, 2, color=colours.BAND, zorder=0, label="±2")
        axes[1].set(xlabel="inverse temperature β", ylabel="(Monte Carlo - exact) / standard error")
        axes[1].legend()
    axes[0].errorbar(data.betas, data.means, yerr=data.errors, fmt="o", ms=3, color=colours.BLUE, label="Monte Carlo")
    axes[0].set(xlabel="inverse temperature β", ylabel="mean energy ⟨H⟩")
    axes[0].legend()
    style.letters(axes)
    return figure
