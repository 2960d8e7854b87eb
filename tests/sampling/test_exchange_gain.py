"""The gain of replica exchange: near 1 where the local moves do well by themselves, and seen where they do not."""

import attrs
import numpy as np
import pytest

from paper_repro.sampling import replica_exchange
from paper_repro.sampling.exchange_gain import exchange_gain
from paper_repro.sampling.ladder import temperatures


def gain(paper, monkeypatch=None, slower=1):
    spec = paper.record
    if monkeypatch is not None:
        plain = replica_exchange.sample

        def slow(matrix, ladder, *arguments):
            made = plain(matrix, ladder, *arguments)
            if len(ladder) > 1:
                return made
            return attrs.evolve(
                made,
                cold_energies=np.repeat(made.cold_energies, slower)[: len(made.cold_energies)],
                end_cosines=np.repeat(made.end_cosines, slower)[: len(made.end_cosines)],
            )

        monkeypatch.setattr(replica_exchange, "sample", slow)
    codes = [np.random.default_rng(k).integers(0, 2, 20) for k in range(30)]
    ladder = temperatures(spec.temperature, attrs.evolve(spec.ladder, replicas=6))
    return exchange_gain(codes, spec.hamiltonian, ladder, spec.sampler, 20, 50, np.random.SeedSequence(3), 2)


def test_a_chain_without_exchange_is_compared_with_one_that_has_it(paper):
    found = gain(paper)
    assert found.gain_over_metropolis.value > 2  # local moves that are small and often refused
    for time in (found.energy, found.ends, found.energy_alone, found.ends_alone):
        assert 5 < time.value < 30
        assert 0 < time.standard_error < 3
    ratios = [found.energy_alone.value / found.energy.value, found.ends_alone.value / found.ends.value]
    assert found.gain.value == pytest.approx(max(ratios))


def test_a_trapped_chain_would_be_noticed(paper, monkeypatch):
    """The broken twin: without exchange each state lasts four times as long."""
    found = gain(paper, monkeypatch, 4).gain
    assert found.value - 2 * found.standard_error > 2
