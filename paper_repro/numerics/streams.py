"""The one registry of random streams: every generator is keyed by what it draws, never by worker, thread, time or order.

A key is (seed, stream, index, …). Streams of ``DATA`` start from ``seeds.data`` of a spec or from ``--seed``, those of ``TRAINING``
from a training seed. A number is never given twice or anew: it decides the bytes of every result.
"""

import numpy as np

DATA = {
    "training sequences": 0, "test sequences": 1, "training snapshots": 2, "test snapshots": 3,
    "inversion": 10, "likelihood": 11, "calibration": 12, "thermodynamic integration": 13, "diagnostics": 14, "overlaps": 15,
    "end time": 16, "claim tests": 17, "simulation": 20, "confirmation": 21, "model errors": 22, "divergence": 23,
    "likelihood step": 24,
}  # fmt: skip
TRAINING = {"order": 0, "snapshot": 1, "noise": 2}


def data_key(seed: int, stream: str, *index: int) -> np.random.SeedSequence:
    """Return the key of a generator that draws data or resamples them; ``index`` is its place in the stream."""
    return np.random.SeedSequence(seed, spawn_key=(DATA[stream], *index))


def training_generator(seed: int, stream: str, index: int) -> np.random.Generator:
    """Return the generator of one stream of a training, for an epoch or a step."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(TRAINING[stream], index)))
