"""Every figure that the results of a run allow."""

import functools
from collections.abc import Callable
from typing import Any

import attrs

from paper_repro.report.figures import argument as argument_figure
from paper_repro.report.figures import curves, interaction, mean_energy, plateau, ratios, style
from paper_repro.report.figures import ensemble as ensemble_figure
from paper_repro.report.figures import sampling as sampling_figure
from paper_repro.studies.reproduction.figures.argument import argument
from paper_repro.studies.reproduction.figures.couplings import interaction_by_separation, ratios_of_couplings
from paper_repro.studies.reproduction.figures.partition_function import integrated_energy, plateaus
from paper_repro.studies.reproduction.figures.sampling import data_sets, sampling_quality
from paper_repro.studies.reproduction.figures.training import losses
from paper_repro.studies.reproduction.subject import Subject


@attrs.frozen
class Drawing:
    """A figure: its name, what prepares its data (None where there is nothing to show), and what draws them."""

    name: str
    prepare: Callable[[Subject], Any]
    draw: Callable[[Any], Any]


FIGURES = (
    Drawing("argument", argument, argument_figure.draw),
    Drawing("ensemble", data_sets, ensemble_figure.draw),
    Drawing("sampling", sampling_quality, sampling_figure.draw),
    Drawing("training", losses, curves.draw),
    Drawing("ratios", ratios_of_couplings, ratios.draw),
    Drawing("interaction", interaction_by_separation, interaction.draw),
    Drawing("plateau", plateaus, plateau.draw),
    Drawing("thermodynamic_integration", integrated_energy, mean_energy.draw),
)


def draw_all(subject: Subject) -> dict[str, bytes]:
    """Return the files of every figure that the results allow, PNG and SVG, by name, such as "plateau.png"."""
    files: dict[str, bytes] = {}
    for figure in FIGURES:
        data = figure.prepare(subject)
        if data is not None:
            files |= style.images(figure.name, functools.partial(figure.draw, data))
    return files
