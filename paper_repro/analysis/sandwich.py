"""The sandwich formula: the covariance of an estimate from its gradients over independent units."""

import numpy as np

from paper_repro.numerics.arrays import Floats


def sandwich(curvature: Floats, scores: Floats) -> Floats:
    """Return the covariance H⁻¹ (Σ_u ψ_u ψ_uᵀ) H⁻¹ n/(n-1) of an estimate (parameter, parameter).

    ``curvature`` H (parameter, parameter) is that of what is minimised, ``scores`` ψ (unit, parameter) its gradients at the
    estimate, which sum to zero; the n units are independent, what is within one need not be. NaN for one unit.
    """
    count = len(scores)
    inverse = np.linalg.inv(curvature)
    covariance: Floats = inverse @ (scores.T @ scores) @ inverse * (count / (count - 1) if count > 1 else np.nan)
    return covariance
