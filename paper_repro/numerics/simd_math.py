"""Elementary functions that vectorise: straight arithmetic on one number, without a branch or a library call.

Called in a loop over the lanes of an array, LLVM turns each into vector instructions; called once, each is an ordinary scalar
function. Only the operations that IEEE 754 rounds correctly are used, in the order written, so a result is the same to the bit on
every machine and at every vector width. NaN gives NaN.

Each polynomial interpolates its function at the Chebyshev nodes of the interval of the reduced argument, worked out with 100
digits and then rounded; the test of this module does it again. Errors are relative, in units of ε = 2⁻⁵³.
"""

import math

import numpy as np

from paper_repro.numerics.jit import jit_inline

Word = np.uint64

#: (e^r - 1 - r) / r² on |r| ≤ ½ ln 2, in r.
_EXP = (
    *(0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326141, 0.0013888888888883752, 0.00019841269874800493),
    *(2.4801587325533363e-05, 2.7557255425746435e-06, 2.7557273661348637e-07, 2.510520637395701e-08, 2.0914679376583935e-09),
)
#: (2 artanh s - 2 s) / s³ on |s| ≤ (√2 - 1) / (√2 + 1), in s².
_LOG = (
    *(0.666666666666667, 0.39999999999899505, 0.28571428625975487, 0.2222221113479508),
    *(0.18182889125261723, 0.15331721600556042, 0.14616449685043406),
)
#: (sin(πr/2) - πr/2) / r³ on |r| ≤ ½, in r².
_SIN = (
    *(-0.6459640975062462, 0.07969262624614423, -0.004681754134254207),
    *(0.00016044116661409423, -3.5987029509735105e-06, 5.642225369163528e-08),
)
#: (cos(πr/2) - 1) / r² on |r| ≤ ½, in r².
_COS = (
    *(-1.2337005501361697, 0.2536695079010478, -0.020863480763340773, 0.0009192602745468447),
    *(-2.5202039028029178e-05, 4.710678405505227e-07, -6.329396344967424e-09),
)

_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # 32 bits of ln 2, and the rest
_ONE_OVER_LN2 = 1.4426950408889634
_HALF_PI = math.pi / 2
#: Added to a number below 2⁵¹, it leaves the nearest integer in the lowest bits.
_ROUND = 1.5 * 2.0**52

_SHIFT = Word(52)  # of the exponent, whose zero is 1023
_MANTISSA = Word(2**52 - 1)
_BITS_OF_ONE = Word(1023 << 52)
_BITS_OF_ROOT_HALF = Word(0x3FE6A09E667F3BCD)
_BITS_OF_TWO_52 = Word((1023 + 52) << 52)
_1, _2 = Word(1), Word(2)


@jit_inline
def _polynomial(x: float, coefficients: tuple[float, ...]) -> float:
    """Return Σ_k c_k x^k by Horner's rule in x², even and odd powers side by side: half as long a wait."""
    square, last = x * x, len(coefficients) - 1
    here, other = coefficients[last], coefficients[last - 1]
    for k in range(last - 2, -1, -1):
        here, other = other, here * square + coefficients[k]
    return other + x * here


@jit_inline
def _reduced_exp(x: float) -> tuple[float, float]:
    """Return e^r - 1 and 2^k, where x = k ln 2 + r with |r| ≤ ½ ln 2; x is held within -708 and 709."""
    x = max(x, -708.0)
    x = min(x, 709.0)
    rounded = x * _ONE_OVER_LN2 + _ROUND
    k = rounded - _ROUND
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    power = np.uint64((np.float64(rounded).view(np.uint64) << _SHIFT) + _BITS_OF_ONE).view(np.float64)
    return r + r * r * _polynomial(r, _EXP), power


@jit_inline
def exp(x: float) -> float:
    """Return e^x within 2 ε for -708 ≤ x ≤ 709; beyond, the value at the nearer end."""
    less, power = _reduced_exp(x)
    return power + power * less


@jit_inline
def expm1(x: float) -> float:
    """Return e^x - 1 within 4 ε for x ≤ 709; beyond, the value there."""
    less, power = _reduced_exp(x)
    return power * less + (power - 1.0)


@jit_inline
def _log(w: float, rest: float) -> float:
    """Return ln(w + rest) for a normal w > 0 and a rest that is rounding to it, 0 unless ½ ≤ w ≤ 2.

    w = 2^k m with √½ ≤ m < √2, and ln m = 2 artanh s with s = (m - 1) / (m + 1).
    """
    shifted = np.float64(w).view(np.uint64) + (_BITS_OF_ONE - _BITS_OF_ROOT_HALF)
    k = np.uint64((shifted >> _SHIFT) | _BITS_OF_TWO_52).view(np.float64) - (2.0**52 + 1023)
    m = np.uint64((shifted & _MANTISSA) + _BITS_OF_ROOT_HALF).view(np.float64)
    f = (m - 1.0) + rest
    s = f / (2.0 + f)
    z = s * s
    return (2.0 * s + (s * z * _polynomial(z, _LOG) + k * _LN2_LOW)) + k * _LN2_HIGH


@jit_inline
def log(x: float) -> float:
    """Return ln x within 4 ε for normal x > 0; nothing is promised at 0 and below."""
    return _log(x, x - x)  # 0, or NaN


@jit_inline
def log1p(x: float) -> float:
    """Return ln(1 + x) within 4 ε for -1 < x ≤ 1; nothing is promised beyond."""
    w = 1.0 + x
    return _log(w, x - (w - 1.0))


@jit_inline
def cos_sin(turn: float) -> tuple[float, float]:
    """Return cos 2πu and sin 2πu within 3 ε for u = ``turn``, |u| < 2⁴⁹; in turns the argument is reduced without rounding."""
    quarters = 4.0 * turn
    rounded = quarters + _ROUND
    r = quarters - (rounded - _ROUND)
    z = r * r
    sine = r * (_HALF_PI + z * _polynomial(z, _SIN))
    cosine = 1.0 + z * _polynomial(z, _COS)
    quadrant = np.float64(rounded).view(np.uint64)
    odd = (quadrant & _1) != 0
    x, y = (-sine if odd else cosine), (cosine if odd else sine)
    back = (quadrant & _2) != 0
    return (-x if back else x), (-y if back else y)
