"""Query times of the refined networks: the recorded forces, and what REPRODUCE.md concludes from them."""

import attrs
import numpy as np
import pytest

from paper_repro.pipeline.codec import read_json
from paper_repro.spec import load_spec, specs_folder
from tools import query_times


@pytest.fixture(scope="module")
def forces(golden):
    return read_json(golden / "query-times.json", query_times.Forces, "the forces at several times")


@pytest.fixture(scope="module")
def rows(golden):
    """The rows of the table by their times and degree: criterion, and the figures of each training."""
    found = query_times.table(golden / "query-times.json").rows
    return {row[:2]: (float(row[4]), *([float(part) for part in cell.split()] for cell in row[5:])) for row in found}


def test_fresh_sequences_give_the_recorded_couplings(golden, forces):
    """Three of the times, one network, few sequences: the couplings to two percent of the largest."""
    times = (0.001, 0.005, 0.03)
    few = query_times.measured(12, 2, (golden.parent / query_times.WEIGHTS[1],), times)
    recorded = forces.couplings[1][np.isin(forces.times, times)]
    assert few.couplings[0] == pytest.approx(recorded, abs=0.02 * np.abs(recorded).max())
    assert few.couplings[0] != pytest.approx(recorded[::-1], abs=0.02 * np.abs(recorded).max())  # the broken twin


def test_the_recipe_has_the_interpolation_of_the_smallest_criterion(forces):
    times = load_spec(specs_folder() / "refined.toml").record.inversion.query_times
    assert min(query_times.interpolations(forces), key=lambda one: one.criterion).times == times


def test_what_reproduce_concludes(rows):
    recipe, first, *others = (rows.pop(key) for key in list(rows)[:4])
    assert len(rows) == 3
    for criterion, _, ratios, scales, errors in (recipe, *rows.values()):
        assert criterion <= 1.1 * min(figures[0] for figures in rows.values())
        assert criterion < first[0] / 2.5
        assert max(abs(scale - 1) for scale in scales) <= 0.02
        assert max(errors) <= 0.04
        assert 0.003 <= max(ratios) <= 0.005
    for criterion, cosines, *_ in others:
        assert criterion > first[0]
        assert max(cosines) < min(max(figures[1]) for figures in rows.values())


def test_both_errors_are_seen_where_they_are(forces):
    """A polynomial through all times has no misfit; another training that differs is scatter, a bend in all of them misfit."""
    times = tuple(forces.times[:5])
    plain = query_times.choice(forces, times, 1)
    assert query_times.choice(forces, times, 4).misfit < 1e-12 < plain.misfit
    moved = forces.moments.copy()
    moved[0] *= 1.1
    apart = query_times.choice(attrs.evolve(forces, moments=moved), times, 1)
    bend = 1 + 0.1 * (forces.times / times[-1] - 0.5) ** 2
    bent = query_times.choice(attrs.evolve(forces, moments=forces.moments * bend[:, None]), times, 1)
    assert apart.scatter > plain.scatter + 0.04 * np.sqrt(2) / 2
    assert bent.misfit > 2 * plain.misfit
    assert bent.scatter == pytest.approx(plain.scatter, rel=0.1)


def test_an_exact_polynomial_is_extrapolated_exactly(forces):
    """Couplings that are a quadratic function of t, from four times."""
    exact = np.arange(1.0, 7.0)
    quadratic = exact * (1 - 30 * forces.times + 400 * forces.times**2)[:, None]
    made = attrs.evolve(forces, moments=np.stack([quadratic @ forces.gram] * 3))
    found = query_times.choice(made, (0.002, 0.005, 0.01, 0.03), 2)
    assert found.weights @ made.couplings[0] == pytest.approx(exact)
    assert found.criterion < 1e-12
