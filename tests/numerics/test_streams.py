"""The registry of random streams: no two streams share a key, and none has moved since results were made with it."""

import numpy as np

from paper_repro.numerics.streams import DATA, TRAINING, data_key, training_generator


def test_no_two_streams_share_a_key():
    for registry in (DATA, TRAINING):
        assert len(set(registry.values())) == len(registry)


def test_keys_are_those_of_the_published_run():
    """Moving one would move every result: the numbers stand here once more, as golden/ was made with them."""
    assert DATA == {
        "training sequences": 0, "test sequences": 1, "training snapshots": 2, "test snapshots": 3, "inversion": 10,
        "likelihood": 11, "calibration": 12, "thermodynamic integration": 13, "diagnostics": 14, "overlaps": 15, "end time": 16,
        "claim tests": 17, "simulation": 20, "confirmation": 21, "model errors": 22, "divergence": 23,
        "likelihood step": 24,
    }  # fmt: skip
    assert TRAINING == {"order": 0, "snapshot": 1, "noise": 2}
    assert data_key(7, "overlaps", 3).spawn_key == (15, 3)
    assert training_generator(5, "noise", 2).random() == np.random.default_rng(np.random.SeedSequence(5, spawn_key=(2, 2))).random()
