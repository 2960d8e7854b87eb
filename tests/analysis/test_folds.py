"""Folds: each snapshot is held out once, runs are kept whole where there are enough."""

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.analysis.folds import folds


def record(lengths, sites=3, first=0):
    """Snapshots whose first spin tells them apart, in runs of some lengths."""
    count = sum(lengths)
    angle = np.arange(first, first + count) / 1000
    spins = np.zeros((count, sites, 3))
    spins[..., 0], spins[..., 1] = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return pr.Snapshots.of(spins, sites * "A", run=np.repeat(np.arange(len(lengths)), lengths))


def labels(parts):
    return sorted(round(1000 * float(np.arctan2(*spins[0, 1::-1]))) for part in parts for spins in part.spins)


@pytest.mark.parametrize("lengths", [[1] * 11, [5, 7, 3, 2, 6, 4], [13], [9, 8]])
@pytest.mark.parametrize("count", [2, 3])
def test_every_snapshot_is_held_out_once_and_trained_on_otherwise(lengths, count):
    data = [record(lengths), record(lengths, sites=4, first=500)]
    everything = labels(data)
    found = folds(data, count)
    assert sorted(label for fold in found for label in labels(fold.held_out)) == everything
    for fold in found:
        assert sorted(labels(fold.training) + labels(fold.held_out)) == everything
        assert fold.trained_on == len(labels(fold.training))


def test_runs_are_whole_where_there_are_two_for_each_part_and_cut_where_not():
    for fold in folds([record([3] * 8)], 2):
        assert not {*fold.training[0].run.tolist()} & {*fold.held_out[0].run.tolist()}
    for number, fold in enumerate(folds([record([10])], 2)):
        assert labels(fold.held_out) == list(range(5 * number, 5 * number + 5))


def test_single_snapshots_of_many_systems_are_dealt_in_turn():
    data = [record([1], first=k) for k in range(10)]
    assert [labels(fold.held_out) for fold in folds(data, 2)] == [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]


def test_too_few_snapshots_are_said():
    with pytest.raises(ValueError, match="1 snapshots in 2 parts; expected some in each"):
        folds([record([1])], 2)
