"""Whether data tell terms apart: the Gram matrix of their gradients must have full rank."""

from collections.abc import Sequence

import numpy as np

from paper_repro.numerics.arrays import Floats

#: Smallest eigenvalue of the Gram matrix against its largest.
_RANK = 1e-12


def condition_number(names: Sequence[str], gram: Floats) -> float:
    """Return the condition of the gradients whose Gram matrix (term, term) is given.

    Raises ``ValueError`` where some term has no gradient anywhere in the data, or where the gradients are linearly dependent.
    """
    absent = [name for name, norm in zip(names, np.diagonal(gram), strict=True) if norm == 0]
    if absent:
        raise ValueError(f"{', '.join(absent)} act nowhere in the data; expected snapshots on which every term acts")
    spectrum = np.linalg.eigvalsh(gram)
    if spectrum[0] <= _RANK * spectrum[-1]:
        raise ValueError("the terms are linearly dependent on these data; expected snapshots that tell them apart")
    return float(np.sqrt(spectrum[-1]) / np.sqrt(spectrum[0]))
