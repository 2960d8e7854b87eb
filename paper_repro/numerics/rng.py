"""Random numbers that vectorise, by straight arithmetic as in ``simd_math``: every lane of a loop has a state of its own."""

import numpy as np

from paper_repro.numerics.arrays import Words
from paper_repro.numerics.jit import jit_inline

Word = np.uint64

_BITS_OF_ONE = Word(1023 << 52)
_UP = Word(12)


@jit_inline
def uniform(bits: Word) -> float:
    """Return a number uniform on the multiples of 2⁻⁵² in [0, 1) from 64 random bits, the upper 52 of which are used."""
    return np.uint64((bits >> _UP) | _BITS_OF_ONE).view(np.float64) - 1.0


@jit_inline
def _rotated(word: Word, left: Word, right: Word) -> Word:
    return (word << left) | (word >> right)


@jit_inline
def xoshiro(a: Word, b: Word, c: Word, d: Word) -> tuple[Word, Word, Word, Word, Word]:
    """Return 64 random bits and the next state, from the state (a, b, c, d): the generator xoshiro256++.

    Period 2²⁵⁶ - 1 (Blackman & Vigna, ACM Trans. Math. Softw. 47, 36 (2021)). The state must not be 0 throughout.
    """
    bits = _rotated(a + d, Word(23), Word(41)) + a
    shifted = b << Word(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    return bits, a, b, c, _rotated(d, Word(45), Word(19))


def random_states(generator: np.random.Generator, lanes: int) -> Words:
    """Return states (4, lane) for ``xoshiro``, independent of each other, from 256 bits of ``generator`` each."""
    return generator.integers(0, 2**64, size=(4, lanes), dtype=np.uint64)
