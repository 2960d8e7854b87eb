"""Numbers as a report shows them."""

import math
from collections.abc import Sequence

#: In the place of a number that there is not.
NONE = "—"
_MOST_PLACES = 8
_ROUNDING = 1e-13  # of a value: an error below it is that of double precision


def number(value: float, error: float = math.nan, digits: int = 4) -> str:
    """Return a value with its error, in as many decimals as the error deserves; without one, in ``digits`` decimals.

    "—" stands for a value that is not finite; integers of 100 and more have no decimals. An error that is rounding is not shown.
    """
    if not math.isfinite(value):
        return NONE
    if math.isfinite(error) and error > _ROUNDING * abs(value):
        return f"{as_with(error, value)} ± {as_with(error, error)}"
    if value == int(value) and abs(value) >= 100:
        return f"{int(value):,}"
    return fixed(value, digits)


def as_with(error: float, value: float) -> str:
    """Return a value in the decimals that ``number`` gives it with this ``error``: two digits of the error; also an interval's end.

    Beyond eight decimals it is a power of ten, to the same place.
    """
    if not (math.isfinite(error) and error > 0):
        return significant(value, 4)
    places = 1 - _exponent(error, 1)  # of an error of 0.0996: 0.10
    if places <= _MOST_PLACES:
        return fixed(value, max(0, places))
    return scientific(value, max(1, places + _exponent(value, 16))) if value else "0"


def uncertainty(error: float) -> str:
    """Return an error alone, in two digits; "—" where it is not finite, or 0."""
    return as_with(error, error) if error > 0 else NONE


def _exponent(value: float, digits: int) -> int:
    """Return the power of ten of a value that is rounded to ``digits`` decimals of its mantissa."""
    return int(f"{value:.{digits}e}".partition("e")[2])


def fixed(value: float, places: int) -> str:
    """Return a value in ``places`` decimals, without the sign of a value that is rounded to zero; "—" where it is not finite."""
    return formatted(value, f".{places}f")


def formatted(value: float, form: str) -> str:
    """Return a value in a form such as "+.4f", without the sign of a value that is rounded to zero; "—" where it is not finite."""
    if not math.isfinite(value):
        return NONE
    text = f"{value:{form}}"
    return text.lstrip("+-") if not text.strip("+-0.") else text


def percent(value: float) -> str:
    """Return a share in percent; "—" where it is not finite."""
    return f"{value:.1%}" if math.isfinite(value) else NONE


def scientific(value: float, digits: int = 1) -> str:
    """Return a value as a power of ten times a number of ``digits`` decimals; "—" where it is not finite."""
    return f"{value:.{digits}e}" if math.isfinite(value) else NONE


def distinct(values: Sequence[float]) -> tuple[str, ...]:
    """Return different values in six significant digits, or in as many more as tell them apart."""
    texts: tuple[str, ...] = ()
    for digits in range(6, 18):
        texts = tuple(f"{value:.{digits}g}" for value in values)
        if len(set(texts)) == len(texts):
            break
    return texts


def significant(value: float, digits: int = 2) -> str:
    """Return a value in ``digits`` significant digits; "—" where it is not finite."""
    text = f"{value:.{digits}g}" if math.isfinite(value) else NONE
    return text.removeprefix("-") if text == "-0" else text
