"""A fit compared with known couplings: their direction, their ratios, their size, and the force."""

import math

import attrs
import numpy as np

from paper_repro.analysis.basis_fit import Fit
from paper_repro.numerics.arguments import checked_arguments
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import quotient, quotients
from paper_repro.numerics.resampling import standard_errors
from paper_repro.physics.truth import Truth


@attrs.frozen(eq=False)
class Comparison:
    """Fitted couplings c against true ones g; errors are one standard error, from the resamples of the fit (NaN for one unit).

    ``ratios`` (term,) are to ``reference``, the strongest ferromagnetic coupling or the strongest of all; ``cosine`` is that of the
    angle between c and g; ``scale`` is c·g / g·g, β for a perfect score; ``force_error`` the relative RMS difference from the exact
    force.
    """

    terms: tuple[str, ...]
    reference: int
    ratios: Floats
    ratio_errors: Floats
    cosine: float
    cosine_error: float
    scale: float
    scale_error: float
    force_error: float


def cosine_similarity(first: Floats, second: Floats) -> float:
    """Return the cosine of the angle between two vectors (term,); NaN where one of them is 0."""
    return quotient(first @ second, np.sqrt((first @ first) * (second @ second)))


@checked_arguments
def compare(fit: Fit, truth: Truth) -> Comparison:
    """Compare a fit with the truth; raises ``ValueError`` if they have different terms.

    Where every true coupling is 0 there is no direction, ratio or size to compare with: all is NaN. So are the errors of the ratios
    where the reference coupling is 0 in a resample: they have no finite variance.

    >>> spec = pr.load_spec(pr.specs_folder() / "paper.toml").record
    >>> truth = pr.Truth.of(spec.hamiltonian, spec.beta)
    >>> def half(species, spins):  # half of the exact force
    ...     return truth.on(pr.Geometry.open_chain(len(species)), species).force(spins, spec.beta) / 2
    >>> data = pr.exact_data(spec, sequences=4, snapshots=5, seed=0)
    >>> compared = pr.compare(pr.least_squares(pr.normal_equations(half, data, truth.terms)), truth)
    >>> round(compared.cosine, 6), round(compared.scale / spec.beta, 6), round(compared.force_error, 6)
    (1.0, 0.5, 0.5)
    """
    true, reference = truth.couplings, truth.reference
    if fit.terms != truth.terms.names:
        raise ValueError(f"a fit of {', '.join(fit.terms)}; expected the terms of the truth, {', '.join(truth.terms.names)}")

    def compared(c: Floats) -> list[float]:
        if not true.any():
            return [math.nan] * (len(true) + 2)
        return [*quotients(c, c[reference]), cosine_similarity(c, true), float(c @ true / (true @ true))]

    found = compared(fit.coefficients)
    errors = standard_errors(np.array([compared(c) for c in fit.draws])) if fit.units > 1 else np.full(len(found), np.nan)
    exact_squares = float(truth.beta**2 * (true @ fit.gram @ true))
    missed = fit.squares - 2 * truth.beta * float(true @ fit.moment) + exact_squares
    return Comparison(
        terms=fit.terms,
        reference=reference,
        ratios=np.array(found[:-2]),
        ratio_errors=errors[:-2],
        cosine=found[-2],
        cosine_error=float(errors[-2]),
        scale=found[-1],
        scale_error=float(errors[-1]),
        force_error=math.sqrt(max(missed, 0.0) / exact_squares) if exact_squares > 0 else math.nan,
    )
