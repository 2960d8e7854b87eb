"""How far a number is reproducible: every number of the results has a class, and every section of the report names its classes.

All numbers are bit-identical on one machine, for any number of threads or workers and after any interruption; under ``torchrun``,
for the same number of ranks. The classes state what holds on another machine, for the same spec.
"""

import fnmatch
import re

import attrs


@attrs.frozen
class Determinism:
    """A class: the largest relative difference on another machine (0 for equal bytes, None for another draw)."""

    tolerance: float | None

    def __str__(self) -> str:
        """Return the class as the report states it."""
        if self.tolerance is None:
            return "statistical"
        return f"to {self.tolerance:g} elsewhere" if self.tolerance else "exact"


EXACT = Determinism(0.0)
#: Samplers, quadratures and the exact solution: keyed random numbers and operations that IEEE 754 rounds; sums in another order.
CLOSE = Determinism(1e-9)
#: Values of given weights on given snapshots, in single precision.
GIVEN = Determinism(1e-3)
#: Results of a training: rounding grows with every step, so that another machine trains another network.
STATISTICAL = Determinism(None)

#: By the path of a number in the results, indices left out; the first that fits.
_RULES = (
    ("seeds", EXACT), ("training.steps", EXACT), ("training.parameters", EXACT), ("adopted.steps", EXACT), ("epochs.epoch", EXACT),
    ("*inversion.equations.*", EXACT),
    ("*readout.separations", EXACT), ("*readout.counts", EXACT), ("*.edges", EXACT), ("*.lags", EXACT), ("*.lengths", EXACT),
    ("*.temperatures", EXACT), ("verdicts.published", EXACT), ("end_time.costs.end_time", EXACT), ("end_time.kappa", EXACT),
    ("sampling.*", CLOSE), ("end_time.*", CLOSE), ("thermodynamic_integration.*", CLOSE), ("*calibration.threshold", CLOSE),
    ("authors.*", GIVEN),
    ("*", STATISTICAL),
)  # fmt: skip

LEGEND = (
    "Determinism: on one machine, all numbers are bit-identical for any number of threads or workers and after any interruption."
    f" On another machine, {EXACT}: identical; to a number: within that relative difference; {STATISTICAL}: another draw, within"
    " the errors shown. Networks trained by several ranks are identical for the same number of ranks."
)


def class_of(path: str) -> Determinism:
    """Return the class of a number at a path of the results, such as ``inversion[0].cosine.value``."""
    plain = re.sub(r"\[\d+\]", "", path)
    return next(kind for pattern, kind in _RULES if fnmatch.fnmatchcase(plain, pattern))


def as_results() -> dict[str, str]:
    """Return the rules as the results hold them: patterns of paths and classes; the first that fits."""
    return {pattern: str(kind) for pattern, kind in _RULES}
