"""The divergence of the network's score: equal to that of the score by forward mode, and no other."""

import attrs
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_repro.physics import sphere
from paper_repro.score import divergence
from paper_repro.score.pairformer import Pairformer, build


@pytest.fixture(scope="module", params=["untrained", "trained", "one block", "two blocks, one head", "three blocks", "refined"])
def model(request, paper, refined, trained_state) -> Pairformer:
    shape = paper.record.architecture
    match request.param:
        case "trained":
            network = Pairformer(shape)
            network.load_state_dict(trained_state)
        case "untrained":
            network = build(shape, 5)
        case "refined":
            network = build(attrs.evolve(refined.architecture, triangle_channels=0), 9)
        case "one block":
            network = build(attrs.evolve(shape, blocks=1), 6)
        case "two blocks, one head":
            network = build(attrs.evolve(shape, blocks=2, heads=1), 7)
        case _:
            network = build(attrs.evolve(shape, blocks=3, heads=2, single_width=6, pair_width=5, pair_hidden=9), 8)
    return network.double().eval()


def disagreement(model: Pairformer, seed: int, chains: int, sites: int) -> float:
    """Largest difference of the two divergences, over the size of the divergence."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 2, (chains, sites), generator=generator)
    spins = sphere.normalise(torch.randn(chains, sites, 3, generator=generator, dtype=torch.float64))
    time = torch.rand(chains, generator=generator, dtype=torch.float64)
    mask = torch.ones_like(codes, dtype=torch.bool)
    with torch.no_grad():
        wanted = sphere.divergence(lambda x: model(codes, x, time, mask), spins)
    found = divergence.score_divergence(model, codes, spins, time)
    assert found.shape == (chains,)
    assert not found.requires_grad
    return float((found - wanted).abs().max() / wanted.abs().max())


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), chains=st.integers(1, 3), sites=st.integers(2, 8))
def test_the_divergence_is_that_of_the_score_by_forward_mode(model, seed, chains, sites):
    assert disagreement(model, seed, chains, sites) < 1e-11


def wrong_slopes(kept):
    def twin(readout, leaves):
        by_cosine, *by_addition = kept(readout, leaves)
        return [by_cosine, *(0 * slope for slope in by_addition)]  # the attention forgotten

    return twin


def wrong_directions(kept):
    def twin(slopes, along, additions):
        return kept(slopes, along, [(second, first) for first, second in additions])  # the singles of a pair exchanged

    return twin


@pytest.mark.parametrize(("name", "twin"), [("_slopes", wrong_slopes), ("_along_all_directions", wrong_directions)])
def test_wrong_derivatives_are_rejected(paper, monkeypatch, name, twin):
    network = build(paper.record.architecture, 5).double()
    assert disagreement(network, 1, 2, 6) < 1e-11
    monkeypatch.setattr(divergence, name, twin(getattr(divergence, name)))
    assert disagreement(network, 1, 2, 6) > 1e-6


def test_where_pairs_meet_the_score_is_differentiated_as_it_is(refined, monkeypatch):
    """Its pairs move with spins that are no part of them: what is made for the published track would be wrong."""
    network = build(refined.architecture, 9).double().eval()
    assert disagreement(network, 1, 1, 5) < 1e-11
    monkeypatch.setattr(divergence, "divergence", lambda field, spins: torch.zeros(len(spins)))
    assert disagreement(network, 1, 1, 5) == 1


def test_one_spin_alone_has_no_divergence(model):
    spins = torch.tensor([[[0.0, 0.6, 0.8]]], dtype=torch.float64)
    codes, time = torch.zeros(1, 1, dtype=torch.long), torch.full((1,), 0.3, dtype=torch.float64)
    assert float(divergence.score_divergence(model, codes, spins, time).abs()) < 1e-14


def test_a_divergence_without_the_scale_of_w_is_rejected(refined, monkeypatch):
    network = build(attrs.evolve(refined.architecture, triangle_channels=0), 5).double()
    assert disagreement(network, 1, 2, 6) < 1e-11
    plain, calls = Pairformer.output_scale, []

    def once(model, time):  # all but what multiplies the trace
        calls.append(1)
        return torch.ones_like(time) if len(calls) == 3 else plain(model, time)

    monkeypatch.setattr(Pairformer, "output_scale", once)
    assert disagreement(network, 1, 2, 6) > 1e-6
