"""The draw of one spin after the other: its table, its bound, how many draws it takes, and its law; each check rejects a twin."""

import functools
import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from paper_repro.numerics.rng import random_states
from paper_repro.physics import exact
from paper_repro.physics.exact import LARGEST_WEIGHT, ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
from paper_repro.physics.sequential_sampling import LANES, acceptance, draw_chains, pieces_needed, quintic
from paper_repro.physics.species import as_species
from paper_repro.spec import load_spec, specs_folder

Array = npt.NDArray[np.float64]
HAMILTONIAN = load_spec(specs_folder() / "paper.toml").record.hamiltonian
COSINES = np.cos(np.linspace(0, math.pi, 1501))


def matrix_of(near: npt.ArrayLike, far: npt.ArrayLike) -> Array:
    matrix = np.diag(np.asarray(near, dtype=np.float64), 1) + np.diag(np.asarray(far, dtype=np.float64), 2)
    return matrix + matrix.T


def at_reach(matrix: Array, largest: float) -> ExactChain:
    """The chain at the β at which β(|J| + 2|K|) is ``largest``."""
    reach = np.abs(np.diagonal(matrix, 1)).max() + 2 * np.abs(np.diagonal(matrix, 2)).max()
    return ExactChain(matrix, largest / reach * (1 - 1e-12))


def slope_of(chain: ExactChain, site: int) -> float:
    """The slope c of the tangent with which the spin at ``site`` is drawn."""
    return float(chain._steps[0][site, 0] - chain.beta * chain.matrix[site - 1, site])


@njit
def probabilities(table: Array, cosines: Array) -> Array:
    result = np.empty_like(cosines)
    for k in range(len(cosines)):
        result[k] = acceptance(table, cosines[k])
    return result


# ---------------------------------------------------------------- the table of the acceptance probability


def table_error(chain: ExactChain, site: int, log_message: Array) -> float:
    """Largest error of the table of a site against M e^{-a - c u} at ``COSINES``, the largest of which is taken for 1."""
    found, exponent = probabilities(chain._steps[1][site], COSINES), log_message - slope_of(chain, site) * COSINES
    top = np.argmax(exponent)
    return float(np.abs(found / found[top] - np.exp(exponent - exponent[top])).max())


def log_message_of_three(near: float, far: float, beta: float, cosines: Array = COSINES) -> Array:
    """Ln M of the first bond of three spins, up to a constant: ln (sinh h / h) with h = β |J S₂ + K S₁|."""
    h = beta * np.sqrt(np.maximum(near**2 + far**2 + 2 * near * far * cosines, 0))
    safe = np.where(h < 1e-4, 1, h)
    return np.where(h < 1e-4, h**2 / 6, safe + np.log(-np.expm1(-2 * safe) / (2 * safe)))


REACHES = [0.1, 5.0, 39.0, 41.0, 150.0, LARGEST_WEIGHT]
PAIRS = [(1.0, -0.45), (1.0, -1.0), (1.0, 1.0), (-0.2, -1.0), (-1.0, 0.3), (0.01, 1.0)]


@pytest.mark.parametrize("largest", REACHES)
@pytest.mark.parametrize(("near", "far"), PAIRS)
def test_the_table_of_three_spins_is_their_message_over_its_tangent(near: float, far: float, largest: float) -> None:
    chain = at_reach(matrix_of([near, near], [far]), largest)
    assert table_error(chain, 1, log_message_of_three(near, far, chain.beta)) < 1e-9
    if largest > 1:
        assert table_error(chain, 1, log_message_of_three(near, far * (1 + 1e-6), chain.beta)) > 1e-9
        assert table_error(chain, 1, log_message_of_three(near, -far, chain.beta)) > 1e-3


def test_half_as_many_pieces_would_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "pieces_needed", lambda largest: pieces_needed(largest) // 4 * 2)
    chain = at_reach(matrix_of([1, 1], [-1]), LARGEST_WEIGHT)
    assert table_error(chain, 1, log_message_of_three(1, -1, chain.beta)) > 1e-9


def log_message_by_angles(matrix: Array, beta: float, nodes: int = 160) -> Array:
    """Ln M of the first bond at ``COSINES``, written a second time: by quadrature in the angles, in logarithms."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    theta = (x + 1) * np.pi / 2
    message = np.zeros(nodes)
    for bond in range(len(matrix) - 2, 0, -1):
        at = theta if bond > 1 else np.linspace(0, math.pi, len(COSINES))
        strength = beta * matrix[bond - 1, bond + 1]
        exponent = strength * np.outer(np.cos(at), np.cos(theta)) + np.log(np.i0(strength * np.outer(np.sin(at), np.sin(theta))))
        grown = exponent + message + np.log(w * np.sin(theta)) + beta * matrix[bond, bond + 1] * np.cos(theta)
        top = grown.max(1, keepdims=True)
        message = top[:, 0] + np.log(np.exp(grown - top).sum(1))
    return message


@pytest.mark.parametrize("largest", [3.0, 38.0, 300.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_table_of_a_chain_is_its_message_over_its_tangent(seed: int, largest: float) -> None:
    generator = np.random.default_rng(seed)
    matrix = matrix_of(generator.standard_normal(8), generator.standard_normal(7))
    chain = at_reach(matrix, largest)
    assert table_error(chain, 1, log_message_by_angles(matrix, chain.beta)) < 1e-9
    assert table_error(chain, 1, log_message_by_angles(matrix[:-1, :-1], chain.beta)) > 1e-9  # without the last spin


# ---------------------------------------------------------------- the bound


ends = st.lists(st.floats(-10, 10), min_size=6, max_size=6)


@given(ends)
def test_a_quintic_piece_has_its_values_and_derivatives_and_stays_below_its_bound(values: list[float]) -> None:
    coefficients, bound = quintic.py_func(*values)
    piece = np.polynomial.Polynomial(coefficients)
    found = [piece.deriv(order)(x) if order else piece(x) for x in (0, 1) for order in (0, 1, 2)]
    np.testing.assert_allclose(found, values, rtol=0, atol=1e-11)
    assert piece(np.linspace(0, 1, 201)).max() <= bound + 1e-11


def test_the_larger_end_is_no_bound() -> None:
    coefficients, bound = quintic.py_func(0.0, 1.0, 0.0, 0.0, -1.0, 0.0)
    highest = np.polynomial.Polynomial(coefficients)(np.linspace(0, 1, 201)).max()
    assert 0 < highest <= bound


@functools.cache
def random_chain(seed: int) -> ExactChain:
    """Couplings of any sign, equal or over orders of magnitude, at any temperature that is served."""
    generator = np.random.default_rng(seed)
    size = int(generator.integers(3, 9))
    spread = generator.choice([0.0, 0.5, 3.0])
    near, far = (generator.choice([-1, 1], n) * np.exp(spread * generator.standard_normal(n)) for n in (size - 1, size - 2))
    return at_reach(matrix_of(near, generator.choice([0.1, 1.0, 10.0]) * far), generator.choice(REACHES))


def test_no_probability_exceeds_1_and_each_table_nearly_reaches_it() -> None:
    """100 random chains. What a table falls short of 1 costs draws, not exactness."""
    for seed in range(100):
        for table in random_chain(seed)._steps[1]:
            found = probabilities(table, COSINES)
            assert 0.999 < found.max() <= 1 + 1e-15
            assert found.min() > -1e-9


# ---------------------------------------------------------------- how many draws it takes


def draws_per_spin(chain: ExactChain, count: int, seed: int) -> Array:
    states = random_states(np.random.default_rng(seed), LANES)
    return draw_chains(np.empty((count, chain.sites, 3)), *chain._steps, states) / count


@pytest.mark.parametrize(("near", "far"), PAIRS)
@pytest.mark.parametrize("largest", [5.0, 41.0, LARGEST_WEIGHT])
def test_the_second_of_three_spins_takes_the_draws_of_the_closed_form(near: float, far: float, largest: float) -> None:
    """Z'/Z: 18 numbers within 5 standard errors, a false alarm of 1e-5. Smallest error seen: 2 %."""
    chain = at_reach(matrix_of([near, near], [far]), largest)
    u, w = exact.quadrature(400)
    slope, message = slope_of(chain, 1), log_message_of_three(near, far, chain.beta, u)
    tangent = slope * u + (log_message_of_three(near, far, chain.beta) - slope * COSINES).max()
    field = chain.beta * near * u
    top = (field + message).max()
    expected = (w @ np.exp(field + tangent - top)) / (w @ np.exp(field + message - top))
    count = 100_000
    found = draws_per_spin(chain, count, 5)
    assert found[0] == found[2] == 1
    error = math.sqrt(expected * (expected - 1) / count)  # the number of draws is geometric: the second site is alike in all chains
    assert abs(found[1] - expected) < 5 * error + 1e-5
    assert abs(1.02 * found[1] - expected) > 5 * error + 1e-5


def test_the_chains_of_the_paper_take_five_draws_for_four_spins() -> None:
    generator = np.random.default_rng(2)
    for _ in range(10):
        sequence = "".join(generator.choice(["A", "B"], 35))
        chain = ExactChain(coupling_matrix(as_species(sequence, "AB"), HAMILTONIAN), 20.0)
        assert draws_per_spin(chain, 2_000, 3).mean() < 1.35


def test_no_site_of_any_chain_takes_many_draws() -> None:
    """The most that 6,000 random chains took is 8.4, on average over many draws; without tilt it is thousands."""
    assert max(draws_per_spin(random_chain(seed), 400, 5).max() for seed in range(100)) < 12


# ---------------------------------------------------------------- the law


def largest_score(chain: ExactChain, factors: Array, tables: Array, count: int = 40_000) -> float:
    """Largest standard score of the mean and the variance of the energy and of all ⟨S_i·S_j⟩, of chains drawn as given."""
    spins = np.empty((count, chain.sites, 3))
    draw_chains(spins, factors, tables, random_states(np.random.default_rng(6), LANES))
    above = exchange_energy(spins, chain.matrix) - chain.mean_energy
    pairs = np.triu_indices(chain.sites, 1)
    products = np.einsum("nic,njc->nij", spins, spins)[:, *pairs] - chain.correlations()[pairs]
    excess = np.column_stack([above, above**2 - chain.energy_deviation**2, products])
    return float((np.abs(excess.mean(0)) / excess.std(0)).max() * math.sqrt(count))


LAWS = {
    "paper": ExactChain(coupling_matrix(as_species("ABBABAA", "AB"), HAMILTONIAN), 20.0),
    "hot": ExactChain(coupling_matrix(as_species("ABBABAA", "AB"), HAMILTONIAN), 1.0),
    "coldest": at_reach(matrix_of([1, 0.8, 0.5, 0.8, 1], [-0.45, -0.35, -0.25, -0.35]), LARGEST_WEIGHT),
    "antiferromagnetic": at_reach(matrix_of([-1, -0.8, -0.5, -0.8, -1], [-0.45, -0.35, -0.25, -0.35]), 40.0),
    "all against": at_reach(matrix_of([-1.0] * 5, [-1.0] * 4), 200.0),
    "mixed signs": at_reach(matrix_of([1, -0.5, 0.3, -1, 0.7], [0.6, -0.9, 0.2, -0.4]), 60.0),
    "no near couplings": at_reach(matrix_of([0.0] * 5, [-1, 0.5, -0.3, 1]), 60.0),
    "β = 0": ExactChain(matrix_of([1.0] * 4, [-1.0] * 3), 0.0),
}


@pytest.mark.parametrize("name", LAWS)
def test_spins_drawn_in_turn_have_the_exact_energy_and_correlations(name: str) -> None:
    """152 statistics, each beyond 5 with 6e-7: false alarm 1e-4."""
    assert largest_score(LAWS[name], *LAWS[name]._steps) < 5


TWINS = ("message forgotten", "tangent taken twice", "tangent the wrong way", "K left out", "K flipped", "bound too low")


@pytest.mark.parametrize("twin", TWINS)
def test_the_scores_reject_a_draw_that_is_wrong(twin: str) -> None:
    chain = LAWS["paper"]
    factors, tables = (array.copy() for array in chain._steps)
    slopes = np.array([0.0] + [slope_of(chain, site) for site in range(1, chain.sites)])
    if twin == "message forgotten":
        factors[:, 0] -= slopes
        tables[:] = tables[0]
    elif twin == "tangent taken twice":
        factors[:, 0] += slopes
    elif twin == "tangent the wrong way":
        factors[:, 0] -= 2 * slopes
    elif twin == "K left out":
        factors[:, 1] = 0
    elif twin == "K flipped":
        factors[:, 1] *= -1
    else:  # probabilities of up to 1.5, cut off at 1
        tables[1:-1] *= 1.5
    assert largest_score(chain, factors, tables) > 10


def test_snapshots_do_not_know_of_each_other() -> None:
    """Energies of neighbours, of the next in the same lane, and by order: 4 scores beyond 4.5 with 3e-5. Sees 3 % correlation."""
    chain = LAWS["paper"]
    spins = chain.sample(40 * LANES, np.random.default_rng(8))
    levels = exchange_energy(spins, chain.matrix)
    above = (levels - levels.mean()) / levels.std()

    def score(lag: int, values: Array) -> float:
        return abs(float(np.mean(values[lag:] * values[:-lag]))) * math.sqrt(len(values) - lag)

    lags = (1, LANES - 1, LANES, LANES + 1)
    assert all(score(lag, above) < 4.5 for lag in lags)
    assert all(score(lag, above + np.roll(above, lag)) > 4.5 for lag in lags)
    assert len(np.unique(spins[:, 0, 0])) == len(spins)


def test_snapshots_are_decided_by_the_generator_whatever_else_was_drawn() -> None:
    chain = LAWS["paper"]
    many, again = (chain.sample(LANES + 3, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(many, again)
    for first, second in itertools.pairwise(chain.sample(4, np.random.default_rng(seed)) for seed in (1, 2, 3)):
        assert np.abs(first - second).min() > 0
    assert chain.sample(0, np.random.default_rng(0)).shape == (0, 7, 3)
