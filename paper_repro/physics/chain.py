"""The frustrated chain: the only place where the Hamiltonian is written.

    H = - Σ_terms J_term Σ_{bonds (i,j) of the term} S_i·S_j,   each pair once          (paper, Eq. 1)

Spins are arrays (..., site, component) of unit vectors; energies are in units of J_AA; k_B = 1.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from paper_repro.physics.sphere import project
from paper_repro.spec import Hamiltonian

Floats = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.integer[Any]]


def encode(sequence: str, identities: str) -> Codes:
    """Return the codes (site,) of a sequence of letters; raises ``ValueError`` for an empty one or a foreign letter."""
    if not sequence:
        raise ValueError(f"empty sequence; expected letters of {identities!r}")
    for site, letter in enumerate(sequence, start=1):
        if letter not in identities:
            raise ValueError(f"letter {letter!r} at site {site}; expected letters of {identities!r}")
    return np.array([identities.index(letter) for letter in sequence], dtype=np.int64)


def decode(codes: Codes, identities: str) -> str:
    """Return the letters of a sequence of codes (site,)."""
    return "".join(identities[code] for code in codes)


def couplings(hamiltonian: Hamiltonian) -> npt.NDArray[np.float64]:
    """Return the couplings (term,), in units of energy."""
    return np.array([term.coupling for term in hamiltonian.terms])


def anchor(hamiltonian: Hamiltonian) -> int:
    """Return the index of the term that ratios are taken to: the strongest ferromagnetic one, or the strongest where none is."""
    values = couplings(hamiltonian)
    return int(np.argmax(values if values.max() > 0 else np.abs(values)))


def adjacency(codes: Codes, hamiltonian: Hamiltonian) -> npt.NDArray[np.float64]:
    """Return A (term, site, site): 1 where sites i and j are joined by a bond of the term, else 0; symmetric."""
    size = len(codes)
    result = np.zeros((len(hamiltonian.terms), size, size))
    for index, term in enumerate(hamiltonian.terms):
        one, other = (hamiltonian.identities.index(letter) for letter in term.pair)
        i = np.arange(size - term.separation)
        j = i + term.separation
        joined = ((codes[i] == one) & (codes[j] == other)) | ((codes[i] == other) & (codes[j] == one))
        result[index, i, j] = result[index, j, i] = joined
    return result


def coupling_matrix(codes: Codes, hamiltonian: Hamiltonian) -> npt.NDArray[np.float64]:
    """Return J (site, site), symmetric with zero diagonal: J_ij is the coupling between sites i and j."""
    matrix: npt.NDArray[np.float64] = np.tensordot(couplings(hamiltonian), adjacency(codes, hamiltonian), axes=1)
    return matrix


def local_field(spins: Floats, matrix: Floats) -> Floats:
    """Return h_i = Σ_j J_ij S_j (..., site, component) for couplings ``matrix`` (site, site)."""
    field: Floats = matrix @ spins
    return field


def energy(spins: Floats, matrix: Floats) -> Floats:
    """Return H = -½ Σ_i S_i·h_i (...), each pair once."""
    total: Floats = -0.5 * (spins * local_field(spins, matrix)).sum((-1, -2))
    return total


def force(spins: Floats, matrix: Floats, beta: float) -> Floats:
    """Return the restoring force -β∇H = β (I - S_i S_iᵀ) h_i (..., site, component), tangent; dimensionless."""
    return beta * project(spins, local_field(spins, matrix))


def basis_forces(spins: Floats, adjacent: Floats) -> Floats:
    """Return the tangent basis fields (..., site, component, term): (I - S_i S_iᵀ) Σ_{j ∈ ∂i of the term} S_j.

    ``adjacent`` is ``adjacency(codes, hamiltonian)``. The force of couplings c is β × (basis @ c): these are the columns of
    the design matrix of the inversion (paper, S5).
    """
    fields = np.einsum("kij,...jc->...kic", adjacent, spins)
    return np.moveaxis(project(spins[..., None, :, :], fields), -3, -1)


def frustration(hamiltonian: Hamiltonian) -> dict[str, float]:
    """Return -4K/J for each identity pair; a uniform chain of that pair is helical where it exceeds 1, cos q = J/(4|K|)."""
    near = {"".join(sorted(term.pair)): term.coupling for term in hamiltonian.terms if term.separation == 1}
    far = {"".join(sorted(term.pair)): term.coupling for term in hamiltonian.terms if term.separation == 2}
    return {pair: -4.0 * far[pair] / near[pair] for pair in near if pair in far}
