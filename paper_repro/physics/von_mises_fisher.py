"""The law of one spin in a field: von Mises-Fisher, p(S) ∝ e^{f·S} on the unit sphere."""

import math

from paper_repro.numerics.jit import jit_inline
from paper_repro.numerics.simd_math import cos_sin, expm1, log1p

Vector = tuple[float, float, float]


@jit_inline
def draw(field: Vector, uniform: float, turn: float) -> Vector:
    """Return a spin drawn from p(S) ∝ e^{f·S}, f the dimensionless ``field`` βh, from two numbers uniform on [0, 1).

    With κ = |f| and v the first of them, 1 - cos θ = -ln(1 - v (1 - e^{-2κ})) / κ (paper, S1, with u = 1 - v); sin θ comes from
    1 - cos θ, so that nothing is lost at large κ. The azimuth is ``turn`` in turns. κ < 1e-100 counts as 0.

    Both sides of every choice are worked out beforehand: then no branch is left, and a loop over lanes vectorises.
    """
    x, y, z = field
    squared = x * x + y * y + z * z
    free = squared < 1e-200
    kappa = 1.0 if free else math.sqrt(squared)
    over = 1.0 / kappa
    x, y, z = x * over, y * over, z * over
    z = 1.0 if free else z
    drop = -log1p(uniform * expm1(-2.0 * kappa)) * over  # 1 - cos θ
    twice = 2.0 * uniform
    drop = twice if free else drop
    drop = min(drop, 2.0)
    sine = math.sqrt(drop * (2.0 - drop))
    cosine_turn, sine_turn = cos_sin(turn)
    first, second = sine * cosine_turn, sine * sine_turn
    # two normals of the axis, as in physics.sphere.tangent_basis
    sign = 1.0 if z >= 0 else -1.0
    a = -1.0 / (sign + z)
    b = x * y * a
    along = 1.0 - drop
    return (
        along * x + first * (1.0 + sign * x * x * a) + second * b,
        along * y + first * sign * b + second * (sign + y * y * a),
        along * z - first * sign * x - second * y,
    )
