"""The gradients of exchange terms written plainly, as projected sums over all pairs of sites: a reference for matrix products."""

import numpy as np

from paper_repro.physics.sphere import project


def exchange_gradients(spins, adjacent):
    """(I - S_i S_iᵀ) Σ_j A_ij S_j (…, site, 3, term) of spins (…, site, 3), for an adjacency (term, site, site)."""
    fields = np.einsum("kij,...jc->...kic", adjacent, spins)
    return np.moveaxis(project(spins[..., None, :, :], fields), -3, -1)
