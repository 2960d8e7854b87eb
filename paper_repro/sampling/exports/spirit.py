"""Input of Spirit 2: one configuration file, in meV (spirit-code.github.io, "Input files", "Heisenberg Hamiltonian").

    H = -Σ_i μ_i B·n_i - Σ_i Σ_a K_a (K̂_a·n_i)² - Σ_<ij> J_ij n_i·n_j - Σ_<ij> D_ij·(n_i × n_j) - Σ_ijkl K_ijkl (n_i·n_j)(n_k·n_l)

with each pair <ij> once, as here. Terms on four spins, and biquadratic exchange, are its quadruplets.
"""

import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.sampling.exports.exported import ONE_CELL, Exported, numbers, row
from paper_repro.sampling.exports.interactions import Interactions
from paper_repro.sampling.exports.units import EnergyUnit, tesla

UNIT: EnergyUnit = "meV"
HELD = frozenset({"exchange", "dzyaloshinskii_moriya", "anisotropy", "field", "biquadratic", "four_spin", "bond_product"})


def write(law: Interactions) -> Exported:
    """Return the configuration file; raises ``ValueError`` for a field that is not the same on all sites."""
    field = law.uniform_field() * tesla(UNIT)
    strength = float(np.linalg.norm(field))
    places, sites = law.places, len(law.species)
    lines = [
        "hamiltonian heisenberg_pairs",
        "lattice_constant 1.0",
        "bravais_vectors",
        *map(numbers, places.cell),
        "n_basis_cells 1 1 1",
        "basis",
        str(sites),
        *map(numbers, places.fractions),
        f"mu_s {' '.join(['1'] * sites)}",
        f"boundary_conditions {' '.join(str(int(along)) for along in places.periodic)}",
        f"external_field_magnitude {strength:.12g}",
        f"external_field_normal {numbers(field / strength if strength else [0.0, 0.0, 1.0])}",
        "ddi_method none",
        *_axes(law),
        *_pairs(law),
        *_quadruplets(law),
    ]
    choices = [
        "Spirit: H = -Σ J n_i·n_j - Σ D·(n_i × n_j) - Σ K (e·n_i)² - Σ Q (n_i·n_j)(n_k·n_l) - Σ μ B·n_i, in meV",
        "each pair is written and counted once, J > 0 is ferromagnetic: the numbers are the couplings",
        ONE_CELL,
        "no dipolar energy",
    ]
    left = sum(map(law.constant, range(sites)))
    if left:
        choices.append(f"anisotropy as K (e·n)²: {-left:.6g} meV of energy, the same for all configurations, is left out")
    return Exported("spirit", {"input.cfg": "\n".join(lines) + "\n"}, tuple(choices))


def _axes(law: Interactions) -> list[str]:
    rows = [row(site, k, *axis.tolist()) for site in range(len(law.species)) for k, axis in law.axes(site)]
    return [f"n_anisotropy {len(rows)}", "i K Kx Ky Kz", *rows] if rows else []


def _pairs(law: Interactions) -> list[str]:
    rows = []
    for key, tensor in sorted(law.pairs.items(), key=lambda pair: pair[0]):
        vector = _antisymmetric(tensor)
        size = float(np.linalg.norm(vector))
        rows.append(row(*key, float(tensor[0, 0]), size, *(vector / (size or 1.0)).tolist()))
    return [f"n_interaction_pairs {len(rows)}", "i j da db dc Jij Dij Dijx Dijy Dijz", *rows] if rows else []


def _antisymmetric(tensor: Floats) -> Floats:
    """Return D with S_i·T·S_j = … + D·(S_i × S_j)."""
    return np.array([tensor[1, 2] - tensor[2, 1], tensor[2, 0] - tensor[0, 2], tensor[0, 1] - tensor[1, 0]]) / 2


def _quadruplets(law: Interactions) -> list[str]:
    rows = []
    for sites, shifts, strength in law.products:
        others = [part for site, shift in zip(sites[1:], shifts[1:], strict=True) for part in (site, *shift)]
        rows.append(row(sites[0], *others, strength))
    head = "i j da_j db_j dc_j k da_k db_k dc_k l da_l db_l dc_l Q"
    return [f"n_interaction_quadruplets {len(rows)}", head, *rows] if rows else []
