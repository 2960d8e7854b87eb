"""Query times for the refined networks, compared without the truth: python -m tools.query_times FILE, with three CPU minutes.

The couplings are extrapolated to t = 0 from several times, by a polynomial. Two errors show without the true couplings: the
scatter of the result between trainings, and the misfit of their mean, its largest distance from the polynomial at any time up to
the largest that is used,

    criterion = √(misfit² + scatter²),    |c|² = cᵀ G c / Σ_i |F_i(t_1)|²,    G = Σ AᵀA over all spins.

The truth serves to show what a choice is worth.
"""

import itertools
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import torch

from paper_repro.analysis.comparison import cosine_similarity
from paper_repro.files import write_bytes
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.pipeline.codec import as_json, read_json
from paper_repro.report.document import Table
from paper_repro.report.numbers import fixed, scientific, significant
from paper_repro.sampling.exact_data import exact_data
from paper_repro.score.field import NetworkForce
from paper_repro.score.weights import load_weights
from paper_repro.spec import load_spec, specs_folder

WEIGHTS = tuple(Path(f"golden/weights/refined-seed-{seed}.safetensors") for seed in (0, 1, 2))
_TIMES = (0.001, 0.0013, 0.0016, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03)
_SEED = 20261128
_DEGREES = range(4)
#: Choices that are shown with that of the recipe: that of its first runs, and two that give nearly the true direction.
_GIVEN = ((0.001, 0.005, 0.01), (0.003, 0.01), (0.003, 0.01, 0.03))


@attrs.frozen(eq=False)
class Forces:
    """Sums over all spins, of the forces F of several networks at ``times``: what the inversion at any of them needs.

    ``gram`` AᵀA (term, term), ``moments`` AᵀF (network, time, term) and ``squares`` F·F (network, time, time).
    """

    times: Floats
    gram: Floats
    moments: Floats
    squares: Floats

    @property
    def couplings(self) -> Floats:
        """The couplings of each network at each time (network, time, term), dimensionless."""
        return self.moments @ np.linalg.inv(self.gram)


@attrs.frozen(eq=False)
class Choice:
    """Query times, the degree of the polynomial that least squares draws through them, and its errors that show without the truth.

    ``weights`` (time,) of all times give the value at t = 0.
    """

    times: tuple[float, ...]
    degree: int
    weights: Floats
    misfit: float
    scatter: float

    @property
    def criterion(self) -> float:
        """Both errors in one."""
        return math.hypot(self.misfit, self.scatter)


def measured(sequences: int, snapshots: int, weights: tuple[Path, ...] = WEIGHTS, times: tuple[float, ...] = _TIMES) -> Forces:
    """Evaluate networks at several times on the same fresh sequences of the exact solution."""
    spec = load_spec(specs_folder() / "refined.toml").record
    terms, models = Terms.of(spec.hamiltonian), [load_weights(path)[0] for path in weights]
    count = len(terms)
    gram = np.zeros((count, count))
    moments, squares = np.zeros((len(models), len(times), count)), np.zeros((len(models), len(times), len(times)))
    for data in exact_data(spec, sequences, snapshots, _SEED):
        known = data.numbered(terms.species_names)
        gradients = terms.on(known.geometry, known.species).gradients(known.spins).reshape(-1, count)
        gram += gradients.T @ gradients
        for k, model in enumerate(models):
            forces = np.stack([NetworkForce(model, (time,))(known.species, known.spins).ravel() for time in times])
            moments[k] += forces @ gradients
            squares[k] += forces @ forces.T
    return Forces(np.array(times), gram, moments, squares)


def choice(forces: Forces, times: tuple[float, ...], degree: int) -> Choice:
    """Return what is known of an extrapolation without the truth."""
    used, below = np.isin(forces.times, times), forces.times <= max(times)
    powers = np.vander(forces.times / max(times), degree + 1, increasing=True)
    fit = np.zeros((degree + 1, len(forces.times)))
    fit[:, used] = np.linalg.pinv(powers[used])
    root = np.linalg.cholesky(forces.gram) / math.sqrt(forces.squares[:, 0, 0].mean())
    found = forces.couplings @ root
    residuals = (found - powers @ (fit @ found)).mean(axis=0)[below]
    return Choice(
        times, degree, fit[0], float(np.linalg.norm(residuals, axis=-1).max()),
        float(np.linalg.norm((fit[0] @ found).std(axis=0, ddof=1))),
    )  # fmt: skip


def interpolations(forces: Forces) -> Iterator[Choice]:
    """Yield the choices of two, three and four of the times, with the polynomial through them, as a spec states them."""
    for count in (2, 3, 4):
        for times in itertools.combinations(map(float, forces.times), count):
            yield choice(forces, times, count - 1)


def windows(forces: Forces) -> Iterator[Choice]:
    """Yield the choices of all times between two of them, with polynomials of every degree that they determine."""
    times = [float(time) for time in forces.times]
    for first, last in itertools.combinations(range(len(times)), 2):
        for degree in _DEGREES:
            if last - first >= degree:
                yield choice(forces, tuple(times[first : last + 1]), degree)


def table(path: Path) -> Table:
    """Return the choice of the recipe, given ones, and the windows of the smallest criterion.

    The last columns compare each network with the truth.
    """
    forces, spec = read_json(path, Forces, "the forces at several times"), load_spec(specs_folder() / "refined.toml").record
    given = (spec.inversion.query_times, *_GIVEN)
    shown = [choice(forces, times, len(times) - 1) for times in given] + sorted(windows(forces), key=lambda one: one.criterion)[:3]
    columns = ("times", "degree", "misfit", "scatter", "criterion", "1 - cosine", "largest error of a ratio", "scale / β",
               "error of the force")  # fmt: skip
    rows = tuple(_row(one, forces, Truth.of(spec.hamiltonian, spec.beta)) for one in shown)
    return Table(columns, rows, frozenset(columns[1:]))


def _row(one: Choice, forces: Forces, truth: Truth) -> tuple[str, ...]:
    true = truth.couplings * truth.beta
    exact = true @ forces.gram @ true
    figures = []
    for couplings, moments, squares in zip(forces.couplings, forces.moments, forces.squares, strict=True):
        c = one.weights @ couplings
        ratio = np.abs(c / c[truth.reference] - true / true[truth.reference]).max()
        missed = one.weights @ squares @ one.weights - 2 * one.weights @ moments @ true + exact
        figures.append(
            (scientific(1 - cosine_similarity(c, true)), fixed(ratio, 4), fixed(c @ true / (true @ true), 3),
             fixed(math.sqrt(missed / exact), 3))
        )  # fmt: skip
    used = ", ".join(f"{time:g}" for time in one.times) if len(one.times) < 4 else f"{one.times[0]:g} … {one.times[-1]:g}"
    errors = (significant(error) for error in (one.misfit, one.scatter, one.criterion))
    return (used, str(one.degree), *errors, *(" ".join(values) for values in zip(*figures, strict=True)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_bytes(Path(sys.argv[1]), as_json(measured(200, 5)))
