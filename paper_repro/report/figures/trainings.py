"""Ratios of couplings: how far each training of several recipes, and what is published, lie from the truth."""

from collections.abc import Sequence

import attrs
import numpy as np
from matplotlib.figure import Figure

from paper_repro.numerics.arrays import Floats
from paper_repro.report import colours
from paper_repro.report.figures import style


@attrs.frozen(eq=False)
class Recipe:
    """The ratios (training, term) of the trainings of one recipe."""

    name: str
    ratios: Floats


@attrs.frozen(eq=False)
class Trainings:
    """The names of the ratios, the true ones (term,), the published ones (term,; NaN where there is none), and the recipes."""

    terms: Sequence[str]
    truth: Floats
    published: Floats
    recipes: Sequence[Recipe]


def draw(data: Trainings) -> Figure:
    """Draw a row for each ratio, and in it a point for each training at its distance from the truth."""
    rows = np.arange(len(data.terms))
    figure = style.figure(1.1 + 0.45 * len(rows))
    axis = figure.subplots()
    axis.axvline(0, color=colours.BLACK, lw=1.5, label="truth")
    axis.plot(data.published - data.truth, rows, "D", ms=8, mfc="none", mew=1.5, color=colours.PURPLE, label="published")
    for index, recipe in enumerate(data.recipes):
        look, count = style.look(index), len(recipe.ratios)
        offsets = 0.5 * ((np.arange(count) + 0.5) / count - 0.5)
        differences = (recipe.ratios - data.truth).ravel()
        places = (rows + offsets[:, None]).ravel()
        axis.plot(differences, places, look.mark, ms=4.5, color=look.colour, label=style.literal(recipe.name))
    axis.set_yticks(rows, [f"{style.literal(name)} = {true:.2f}" for name, true in zip(data.terms, data.truth, strict=True)])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xlabel("difference from the true ratio")
    figure.legend(loc="outside lower center", ncols=2 + len(data.recipes))
    return figure
