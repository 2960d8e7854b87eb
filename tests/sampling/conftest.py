"""What the tests of sampling share: a spec of small chains."""

import attrs
import pytest


@pytest.fixture(scope="module")
def small(paper):
    """A spec that takes a millisecond per sequence."""
    spec = paper.record
    return attrs.evolve(
        spec,
        chains=attrs.evolve(spec.chains, shortest=5, longest=11),
        ladder=attrs.evolve(spec.ladder, replicas=7),
        sampler=attrs.evolve(spec.sampler, burn_in=50, thinning=20, swap_interval=5),
        training_set=attrs.evolve(spec.training_set, sequences=13, snapshots=5),
        test_set=attrs.evolve(spec.test_set, sequences=9, snapshots=3),
        readout=attrs.evolve(spec.readout, sequences=1),
    )
