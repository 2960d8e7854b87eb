"""The maximum of a concave likelihood over couplings, by Newton's method in a trust region."""

from collections.abc import Callable

import numpy as np
import scipy.linalg
from scipy.optimize import minimize

from paper_repro.analysis.identifiability import NotIdentifiableError, solve
from paper_repro.numerics.arrays import Floats

#: At couplings θ (term,): value, gradients of each unit (unit, term), curvature (term, term), which is minus the Hessian.
Likelihood = Callable[[Floats], tuple[float, Floats, Floats]]

_STEPS = 50
_NEAR = 1e-4  # the trust region is left where the gradient is so many standard errors; what is left falls quadratically
_LAST_STEPS = 2


def maximise(likelihood: Likelihood, start: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the couplings of the largest value, with the curvature and the gradients of each unit there.

    The search is made in units of the standard errors at ``start``. A ``ValueError`` of the likelihood counts as a value of -∞: the
    region is made smaller. Raises ``ValueError`` where no maximum is found, ``NotIdentifiableError`` where the data fix none.
    """
    origin = np.zeros(len(start))
    known = {origin.tobytes(): likelihood(start)}
    try:
        root = scipy.linalg.cholesky(known[origin.tobytes()][2], lower=True)
    except np.linalg.LinAlgError as error:
        raise NotIdentifiableError("a likelihood without curvature; expected snapshots that tell the terms apart") from error

    def couplings(x: Floats) -> Floats:
        moved: Floats = start + scipy.linalg.solve_triangular(root, x, lower=True, trans=1)
        return moved

    def at(x: Floats) -> tuple[float, Floats, Floats]:
        if x.tobytes() not in known:
            known[x.tobytes()] = likelihood(couplings(x))
        return known[x.tobytes()]

    def value(x: Floats) -> float:
        try:
            return -at(x)[0]
        except ValueError:
            return np.inf

    def gradient(x: Floats) -> Floats:
        return -scipy.linalg.solve_triangular(root, at(x)[1].sum(0), lower=True)

    def hessian(x: Floats) -> Floats:
        half = scipy.linalg.solve_triangular(root, at(x)[2], lower=True)
        return scipy.linalg.solve_triangular(root, half.T, lower=True)

    found = minimize(value, origin, jac=gradient, hess=hessian, method="trust-exact", options={"gtol": _NEAR, "maxiter": _STEPS})
    if not found.success:
        raise ValueError(f"no maximum within {_STEPS} steps; expected snapshots that the terms can describe and tell apart")
    theta, (_, scores, curvature) = couplings(found.x), at(found.x)
    for _ in range(_LAST_STEPS):
        theta = theta + solve(curvature, scores.sum(0))
        _, scores, curvature = likelihood(theta)
    return theta, curvature, scores
