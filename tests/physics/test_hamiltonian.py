"""The energy, the force and the basis fields, against energies written out a second time and by hand."""

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import (
    SpinHamiltonian,
    adjacency,
    coupling_matrix,
    couplings_of,
    exchange_energy,
    exchange_force,
    local_field,
    reference_coupling,
)
from paper_repro.physics.species import as_species
from paper_repro.physics.terms import Biquadratic, Field, Terms
from paper_repro.spec import Hamiltonian, HamiltonianTerm

Array = npt.NDArray[np.float64]
Energy = Callable[[Array, Array], Array]

SNAPSHOTS, SITES = 5, 7
#: Four letters and all couplings different, one term of separation 3: nothing here may know the number six or the letter A.
GENERAL = Hamiltonian(
    species="wxyz",
    terms=(
        HamiltonianTerm("a", 1, "wx", coupling=1.0), HamiltonianTerm("b", 1, "zy", coupling=0.4),
        HamiltonianTerm("c", 1, "xy", coupling=0.7), HamiltonianTerm("d", 1, "ww", coupling=-0.9),
        HamiltonianTerm("e", 2, "yw", coupling=-0.3), HamiltonianTerm("f", 2, "xz", coupling=-0.2),
        HamiltonianTerm("g", 2, "zz", coupling=0.15), HamiltonianTerm("h", 3, "wz", coupling=0.55),
        HamiltonianTerm("i", 3, "xx", coupling=-0.65),
    ),
)  # fmt: skip

# Four unit vectors with S₁·S₂ = 0.6, S₂·S₃ = 0.936, S₃·S₄ = 0.576, S₁·S₃ = 0.28, S₂·S₄ = 0.48, S₁·S₄ = 0.
FOUR = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.28, 0.96, 0.0], [0.0, 0.6, 0.8]])


def directions(seed: int, *shape: int) -> Array:
    vectors = np.random.default_rng(seed).standard_normal((*shape, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def energy_by_pairs(spins: Any, sequence: str, hamiltonian: Hamiltonian) -> Any:
    """H by a loop over pairs of sites and a table of letters; takes NumPy arrays and torch tensors."""
    table = {(term.separation, letters): term.coupling for term in hamiltonian.terms for letters in (term.pair, term.pair[::-1])}
    total = 0.0 * spins[..., 0, 0]
    for j in range(len(sequence)):
        for i in range(j):
            total = total - table.get((j - i, sequence[i] + sequence[j]), 0.0) * (spins[..., i, :] * spins[..., j, :]).sum(-1)
    return total


def sequences(hamiltonian: Hamiltonian) -> st.SearchStrategy[str]:
    return st.text(hamiltonian.species, min_size=1, max_size=11)


seeds = st.integers(0, 2**32)


# Energies by hand


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        # - 0.8·0.6 - 0.5·0.936 + 0.35·0.28
        ("ABB", -0.85),
        # - 1.0·0.6 - 0.8·0.936 + 0.35·0.28
        ("AAB", -1.2508),
        # - 0.8·0.6 - 0.8·0.936 + 0.45·0.28
        ("ABA", -1.1028),
        # - 1.0·0.6 - 0.8·0.936 - 0.5·0.576 + 0.35·0.28 + 0.35·0.48
        ("AABB", -1.3708),
        # - 0.8·0.6 - 0.8·0.936 - 0.8·0.576 + 0.45·0.28 + 0.25·0.48
        ("ABAB", -1.4436),
        ("A", 0.0),
        ("BA", -0.48),
    ],
)
def test_energy_by_hand(hamiltonian: Hamiltonian, sequence: str, expected: float) -> None:
    spins = FOUR[: len(sequence)]
    matrix = coupling_matrix(as_species(sequence, "AB"), hamiltonian)
    assert exchange_energy(spins, matrix) == pytest.approx(expected, abs=1e-15)
    flipped = tuple(attrs.evolve(term, coupling=abs(term.coupling)) for term in hamiltonian.terms)  # the broken twin: K > 0
    wrong = exchange_energy(spins, coupling_matrix(as_species(sequence, "AB"), attrs.evolve(hamiltonian, terms=flipped)))
    assert len(sequence) < 3 or abs(wrong - expected) > 0.1


def test_energy_by_hand_with_every_coupling_different() -> None:
    # - 1.0·0.6 - 0.7·0.936 - 0.4·0.576 + 0.3·0.28 + 0.2·0.48 - 0.55·0
    matrix = coupling_matrix(as_species("wxyz", GENERAL.species), GENERAL)
    assert exchange_energy(FOUR, matrix) == pytest.approx(-1.3056, abs=1e-15)
    # the same spins in the reverse order: - 0.576·1.0 - 0.936·0.7 - 0.6·0.4 + 0.48·0.3 + 0.28·0.2
    assert exchange_energy(FOUR[::-1], matrix) == pytest.approx(-1.2712, abs=1e-15)


@given(sequence=sequences(GENERAL), seed=seeds)
def test_energy_is_the_sum_over_pairs(sequence: str, seed: int) -> None:
    spins = directions(seed, SNAPSHOTS, len(sequence))
    matrix = coupling_matrix(as_species(sequence, GENERAL.species), GENERAL)
    assert exchange_energy(spins, matrix).shape == (SNAPSHOTS,)
    np.testing.assert_allclose(exchange_energy(spins, matrix), energy_by_pairs(spins, sequence, GENERAL), rtol=0, atol=1e-13)


# Local against total


def worst_local_difference(field: Callable[[Array, Array], Array], sequence: str, seed: int) -> float:
    """The largest difference between -(S' - S)·h_i and the change of the total energy, over every site that moves alone."""
    matrix = coupling_matrix(as_species(sequence, GENERAL.species), GENERAL)
    spins = directions(seed, SNAPSHOTS, len(sequence))
    proposals = directions(seed + 1, SNAPSHOTS, len(sequence))
    worst = 0.0
    for site in range(len(sequence)):
        moved = spins.copy()
        moved[:, site] = proposals[:, site]
        local = -((moved - spins)[:, site] * field(spins, matrix)[:, site]).sum(-1)
        total = energy_by_pairs(moved, sequence, GENERAL) - energy_by_pairs(spins, sequence, GENERAL)
        worst = max(worst, float(np.abs(local - total).max()))
    return worst


@given(sequence=sequences(GENERAL), seed=seeds)
def test_local_energy_difference_is_that_of_the_totals(sequence: str, seed: int) -> None:
    assert worst_local_difference(local_field, sequence, seed) < 1e-12


BROKEN_FIELDS: dict[str, Callable[[Array, Array], Array]] = {
    "half": lambda spins, matrix: local_field(spins, matrix) / 2,
    "sign": lambda spins, matrix: -local_field(spins, matrix),
    "one side only": lambda spins, matrix: local_field(spins, np.triu(matrix)),
    "K flipped": lambda spins, matrix: local_field(spins, np.triu(np.tril(matrix, 1), -1) * 2 - matrix),
    "nearest neighbours only": lambda spins, matrix: local_field(spins, np.triu(np.tril(matrix, 1), -1)),
}


@pytest.mark.parametrize("name", BROKEN_FIELDS)
def test_the_local_check_rejects_a_wrong_field(name: str) -> None:
    assert worst_local_difference(local_field, "wxyzzwx", 3) < 1e-12
    assert worst_local_difference(BROKEN_FIELDS[name], "wxyzzwx", 3) > 0.1


# Force against gradient


def gradient_of_pairs(spins: Array, sequence: str, hamiltonian: Hamiltonian, beta: float) -> Array:
    """-β∇H on the manifold: the gradient of H(x/|x|), which is tangent, by automatic differentiation."""
    free = torch.tensor(spins, requires_grad=True)
    total = energy_by_pairs(free / free.norm(dim=-1, keepdim=True), sequence, hamiltonian).sum()
    (gradient,) = torch.autograd.grad(total, free)
    return -beta * gradient.numpy()


def gradient_by_differences(spins: Array, sequence: str, hamiltonian: Hamiltonian, beta: float) -> Array:
    """The same by central differences of order four."""
    result = np.zeros_like(spins)
    step = 1e-3
    for index in np.ndindex(spins.shape[-2:]):
        for factor, multiple in ((8, 1), (-8, -1), (-1, 2), (1, -2)):
            moved = spins.copy()
            moved[(..., *index)] += multiple * step
            moved /= np.linalg.norm(moved, axis=-1, keepdims=True)
            result[(..., *index)] -= beta * factor * energy_by_pairs(moved, sequence, hamiltonian) / (12 * step)
    return result


def test_force_is_the_gradient_of_the_energy_and_points_downhill() -> None:
    sequence, beta = "wxyzzwx", 3.0
    matrix = coupling_matrix(as_species(sequence, GENERAL.species), GENERAL)
    spins = directions(11, SNAPSHOTS, SITES)
    computed = exchange_force(spins, matrix, beta)
    assert computed.shape == (SNAPSHOTS, SITES, 3)
    np.testing.assert_allclose(computed, gradient_by_differences(spins, sequence, GENERAL, beta), rtol=0, atol=1e-9)
    moved = spins + 1e-4 * computed
    moved /= np.linalg.norm(moved, axis=-1, keepdims=True)
    assert (exchange_energy(moved, matrix) < exchange_energy(spins, matrix)).all()


def force_error(candidate: Callable[[Array, Array, float], Array], sequence: str, seed: int, beta: float) -> float:
    matrix = coupling_matrix(as_species(sequence, GENERAL.species), GENERAL)
    spins = directions(seed, SNAPSHOTS, len(sequence))
    return float(np.abs(candidate(spins, matrix, beta) - gradient_of_pairs(spins, sequence, GENERAL, beta)).max())


@given(sequence=sequences(GENERAL), seed=seeds, beta=st.floats(0, 100))
def test_force_is_the_gradient_for_any_chain(sequence: str, seed: int, beta: float) -> None:
    assert force_error(exchange_force, sequence, seed, beta) <= 1e-13 * max(1.0, beta)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda spins, matrix, beta: -exchange_force(spins, matrix, beta),
        lambda spins, matrix, beta: exchange_force(spins, matrix, beta) / 2,
        lambda spins, matrix, _: exchange_force(spins, matrix, 1.0),
        lambda spins, matrix, beta: beta * local_field(spins, matrix),
        lambda spins, matrix, beta: exchange_force(spins, np.abs(matrix), beta),
    ],
    ids=["sign", "half", "no β", "not projected", "K flipped"],
)
def test_the_gradient_check_rejects_a_wrong_force(wrong: Callable[[Array, Array, float], Array]) -> None:
    assert force_error(exchange_force, "wxyzzwx", 3, 2.0) < 1e-12
    assert force_error(wrong, "wxyzzwx", 3, 2.0) > 0.1


# Rotations and inversion


def orthogonal(seed: int, *, inversion: bool) -> Array:
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    return matrix * np.sign(np.linalg.det(matrix)) * (-1 if inversion else 1)


def invariance_error(scalar: Energy, *, inversion: bool) -> float:
    matrix = coupling_matrix(as_species("wxyzzwx", GENERAL.species), GENERAL)
    spins = directions(5, SNAPSHOTS, SITES)
    rotation = orthogonal(6, inversion=inversion)
    assert np.linalg.det(rotation) == pytest.approx(-1 if inversion else 1)
    return float(np.abs(scalar(spins @ rotation.T, matrix) - scalar(spins, matrix)).max())


def in_a_field(spins: Array, matrix: Array) -> Array:
    return exchange_energy(spins, matrix) - 0.1 * spins[..., 2].sum(-1)


def chiral(spins: Array, matrix: Array) -> Array:
    return exchange_energy(spins, matrix) + 0.1 * np.linalg.det(spins[..., :3, :])


def test_energy_is_the_same_in_every_frame_and_its_mirror() -> None:
    for inversion in (False, True):
        assert invariance_error(exchange_energy, inversion=inversion) < 1e-13
        assert invariance_error(in_a_field, inversion=inversion) > 1e-3
    assert invariance_error(chiral, inversion=False) < 1e-13
    assert invariance_error(chiral, inversion=True) > 1e-3


@given(sequence=sequences(GENERAL), seed=seeds, inversion=st.booleans())
def test_force_turns_with_the_frame(sequence: str, seed: int, inversion: bool) -> None:
    matrix = coupling_matrix(as_species(sequence, GENERAL.species), GENERAL)
    spins, rotation = directions(seed, SNAPSHOTS, len(sequence)), orthogonal(seed + 1, inversion=inversion)
    turned = exchange_force(spins @ rotation.T, matrix, 2.0)
    np.testing.assert_allclose(turned, exchange_force(spins, matrix, 2.0) @ rotation.T, rtol=0, atol=1e-13)


# The design matrix


def design_matrix(codes, spins):
    return Terms.of(GENERAL).on(Geometry.open_chain(len(codes)), codes).gradients(spins)


def test_basis_forces_times_couplings_are_the_force() -> None:
    codes, beta = as_species("wxyzzwx", GENERAL.species), 3.0
    spins = directions(13, SNAPSHOTS, SITES)
    basis = design_matrix(codes, spins)
    assert basis.shape == (SNAPSHOTS, SITES, 3, len(GENERAL.terms))
    expected = exchange_force(spins, coupling_matrix(codes, GENERAL), beta)
    np.testing.assert_allclose(beta * basis @ couplings_of(GENERAL), expected, rtol=0, atol=1e-13)
    assert np.abs(beta * basis @ couplings_of(GENERAL)[::-1] - expected).max() > 0.1  # columns in the wrong order


def test_each_column_is_the_force_of_its_term_alone() -> None:
    codes = as_species("wxyzzwx", GENERAL.species)
    spins = directions(17, SITES)
    basis = design_matrix(codes, spins[None])[0]
    assert basis.shape == (SITES, 3, len(GENERAL.terms))
    for index, term in enumerate(GENERAL.terms):
        alone = attrs.evolve(GENERAL, terms=(attrs.evolve(term, coupling=1.0),))
        np.testing.assert_allclose(basis[..., index], gradient_of_pairs(spins, "wxyzzwx", alone, 1.0), rtol=0, atol=1e-13)


@given(sequence=sequences(GENERAL))
def test_adjacency_has_each_bond_once_in_each_direction(sequence: str) -> None:
    adjacent = adjacency(as_species(sequence, GENERAL.species), GENERAL)
    assert adjacent.shape == (len(GENERAL.terms), len(sequence), len(sequence))
    assert (adjacent == np.swapaxes(adjacent, 1, 2)).all()
    assert adjacent.sum(0).max(initial=0) <= 1
    for term, bonds in zip(GENERAL.terms, adjacent, strict=True):
        matching = zip(sequence, sequence[term.separation :], strict=False)
        assert bonds.sum() == 2 * sum(sorted(letters) == sorted(term.pair) for letters in matching)


def test_the_order_of_the_letters_of_a_pair_does_not_matter(hamiltonian: Hamiltonian) -> None:
    swapped = attrs.evolve(hamiltonian, terms=tuple(attrs.evolve(term, pair=term.pair[::-1]) for term in hamiltonian.terms))
    codes = as_species("ABBABAA", "AB")
    np.testing.assert_array_equal(coupling_matrix(codes, swapped), coupling_matrix(codes, hamiltonian))


# Any terms


def test_any_terms_are_the_sum_of_their_couplings_times_them() -> None:
    """Of exchange alone it is what the coupling matrix says; with a biquadratic term and a field it is written out by hand."""
    species, spins, proposed = (
        as_species("wxyzzwx", GENERAL.species),
        directions(19, SNAPSHOTS, SITES),
        directions(20, SNAPSHOTS),
    )
    chain, exchange = Geometry.open_chain(SITES), Terms.of(GENERAL)
    matrix = coupling_matrix(species, GENERAL)
    alone = SpinHamiltonian(exchange.on(chain, species), couplings_of(GENERAL))
    np.testing.assert_allclose(alone.energy(spins), exchange_energy(spins, matrix), rtol=0, atol=1e-13)
    np.testing.assert_allclose(alone.force(spins, 3.0), exchange_force(spins, matrix, 3.0), rtol=0, atol=1e-13)
    more = exchange.with_terms([Biquadratic("q", 2), Field("in y", 1, 3)])
    whole = SpinHamiltonian(more.on(chain, species), np.array([*couplings_of(GENERAL), 0.3, -0.7]))
    squares = sum((spins[:, i] * spins[:, i + 2]).sum(-1) ** 2 for i in range(SITES - 2))
    expected = exchange_energy(spins, matrix) - 0.3 * squares + 0.7 * (spins[:, 3, 1] + spins[:, 4, 1])
    np.testing.assert_allclose(whole.energy(spins), expected, rtol=0, atol=1e-13)
    moved = spins.copy()
    moved[:, 4] = proposed
    np.testing.assert_allclose(whole.energy_change(spins, 4, proposed), whole.energy(moved) - expected, rtol=0, atol=1e-12)


def test_ratios_are_to_the_strongest_ferromagnetic_term_or_the_strongest(hamiltonian: Hamiltonian) -> None:
    assert reference_coupling(couplings_of(hamiltonian)) == 0
    assert reference_coupling(np.array([0.1, 0.2, 0.9, -3.0, 0.3, 0.4])) == 2
    assert reference_coupling(np.array([-0.1, -0.2, -0.9, -3.0, -0.3, -0.4])) == 3
