"""Claim: the residual of the inversion is physical. What every training shares may be; what each has alone is not."""

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from paper_repro.analysis.basis_fit import least_squares
from paper_repro.analysis.claim_tests.claim_tests import RESAMPLES, ClaimTests, resampled
from paper_repro.analysis.claim_tests.evidence import Residual
from paper_repro.analysis.force_field import ForceField, force_on
from paper_repro.analysis.identifiability import solve
from paper_repro.analysis.independent_units import unit_sums
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import quotients, roots
from paper_repro.numerics.measured import Measured
from paper_repro.physics.terms import Terms
from paper_repro.sampling.snapshots import Snapshots


def measure_residual(tests: ClaimTests, data: Sequence[Snapshots]) -> Residual:
    """Measure 1 - R² of every network, and the correlation of the residuals of two where there are several."""
    settings = tests.spec.inversion
    fits = [
        least_squares(tests.equations(network, data), settings.resamples, tests.key(1), settings.r2_about)
        for network in tests.networks
    ]
    least = max(fits, key=lambda fit: fit.r2)
    correlation = None
    if len(tests.networks) > 1:
        joint = joint_moments(tests.networks, data, tests.truth.terms, tests.threads)
        correlation = residual_correlation(joint, RESAMPLES, tests.key(2))
    return Residual(Measured(1 - least.r2, least.r2_error), tuple(Measured(1 - fit.r2, fit.r2_error) for fit in fits), correlation)


@attrs.frozen(eq=False)
class JointMoments:
    """Several fields on the same snapshots, by unit: AᵀA (unit, term, term), AᵀY (unit, term, field), YᵀY (unit, field, field)."""

    gram: Floats
    moment: Floats
    product: Floats


def joint_moments(fields: Sequence[ForceField], data: Iterable[Snapshots], terms: Terms, threads: int = 1) -> JointMoments:
    """Evaluate every field on every snapshot."""

    def moments(snapshots: Snapshots, units: Sequence[slice]) -> list[tuple[Floats, ...]]:
        known = snapshots.numbered(terms.species_names)
        forces = np.stack([force_on(field, known) for field in fields], axis=-1)
        gradients = terms.on(known.geometry, known.species).gradients(known.spins)
        parts = [(gradients[rows].reshape(-1, len(terms)), forces[rows].reshape(-1, len(fields))) for rows in units]
        return [(design.T @ design, design.T @ y, y.T @ y) for design, y in parts]

    return JointMoments(*unit_sums(moments, data, threads))


def residual_correlation(joint: JointMoments, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return the mean correlation, over pairs of fields, of the residuals of each from the terms.

    1 where all have the same residual, 0 where these are independent, NaN where one has none.

    Raises ``ValueError`` for fewer than two fields.
    """
    count = joint.product.shape[-1]
    if count < 2:
        raise ValueError(f"{count} force field; expected two or more to compare")
    pairs = np.triu_indices(count, 1)

    def mean(rows: Integers) -> float:
        gram, moment, product = (part[rows].sum(0) for part in (joint.gram, joint.moment, joint.product))
        left = product - moment.T @ solve(gram, moment)
        size = roots(np.diagonal(left))
        return float(quotients(left, np.outer(size, size))[pairs].mean())

    return resampled(mean, len(joint.gram), resamples, seed)
