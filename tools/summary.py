"""The table and the figure on the first screen: truth, published values, trainings of both recipes."""

import functools
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np

from paper_repro.report.document import Table
from paper_repro.report.figures import style, trainings
from paper_repro.report.numbers import NONE, fixed, number
from paper_repro.studies.reproduction.results import AUTHORS_NAME, Calibration, Inversion
from paper_repro.studies.reproduction.sections.compared_runs import QUANTITIES
from paper_repro.studies.reproduction.sections.intervals import over_trainings
from paper_repro.studies.reproduction.subject import Subject

#: Where the figure is kept, from the root of the repository.
FIGURE = Path("docs/table-1.svg")
_VALUES = {quantity.key: quantity.values for quantity in QUANTITIES}


@attrs.frozen
class Row:
    """A row of the table: its label, the key of the quantity, the true value, and the published one where there is one."""

    label: str
    key: str
    truth: float
    published: str
    authors: Callable[[Inversion, Subject], float] | None


_ROWS = (
    Row("cosine", "cosine", 1.0, "inversion.cosine", lambda part, _: part.cosine.value),
    Row("R²", "r2", 1.0, "inversion.r2", lambda part, _: part.r2.value),
    Row("scale / β", "scale_over_beta", 1.0, "", lambda part, run: part.scale.value / run.spec.beta),
    Row("ln Z(αβ) per spin, error", "gap_per_spin", 0.0, "", None),
)


def summary_table(ours: Subject, refined: Subject) -> Table:
    """Return the four rows; ± is the standard deviation between trainings."""
    first, second = len(ours.results.seeds), len(refined.results.seeds)
    columns = ("", "truth", "published", f"{AUTHORS_NAME}, here", f"published recipe ({first})",
               f"refined recipe ({second})")  # fmt: skip
    rows = tuple(
        (row.label, f"{row.truth:g}", number(ours.published_value(row.published)), _of_authors(row, ours),
         *(over_trainings(_VALUES[row.key](run)) for run in (ours, refined)))
        for row in _ROWS
    )  # fmt: skip
    return Table(columns, rows, frozenset(columns[1:]))


def _of_authors(row: Row, run: Subject) -> str:
    inversion, calibration = run.results.inversion.authors, run.results.calibration.authors
    if row.authors is not None:
        return NONE if inversion is None else fixed(row.authors(inversion, run), 4)
    return fixed(calibration.gap.value / len(run.spec.likelihood.chain), 3) if isinstance(calibration, Calibration) else NONE


def table_1(ours: Subject, refined: Subject) -> trainings.Trainings:
    """Return the data of the figure: the ratios of Table 1 of every training."""
    if ours.ratios is None:
        raise ValueError("a law without ratios; expected that of the paper")
    kept = [k for k in range(len(ours.terms)) if k != ours.reference]
    published = [ours.published_value(f"inversion.ratios.{ours.terms[k]}") for k in kept]
    recipes = [_recipe("published recipe", ours, kept), _recipe("refined recipe", refined, kept)]
    names = [f"{ours.terms[k]} / {ours.terms[ours.reference]}" for k in kept]
    return trainings.Trainings(names, ours.ratios[kept], np.array(published), recipes)


def _recipe(name: str, run: Subject, kept: list[int]) -> trainings.Recipe:
    found = [[part.ratios[run.terms[k]].value for k in kept] for part in run.results.inversion.trained]
    return trainings.Recipe(f"{name}, {len(found)} trainings", np.array(found))


def figure(ours: Subject, refined: Subject) -> str:
    """Return the figure as SVG."""
    drawn = style.images(FIGURE.stem, functools.partial(trainings.draw, table_1(ours, refined)))
    return drawn[FIGURE.name].decode("utf-8")


def spread(ours: Subject) -> tuple[float, float]:
    """Return the smallest and the largest scatter of a ratio between trainings, over the published distance from the truth."""
    data = table_1(ours, ours)
    shares = np.std(data.recipes[0].ratios, axis=0, ddof=1) / np.abs(data.published - data.truth)
    return float(shares.min()), float(shares.max())


def span(run: Subject, key: str) -> tuple[float, float]:
    """Return the smallest and the largest value of a quantity over the trainings of a run."""
    values = _VALUES[key](run)
    return min(values), max(values)
