"""Mini-AF3: the symmetries, exactly; each check must reject a network that breaks the symmetry it checks."""

import math
from concurrent.futures import ThreadPoolExecutor

import attrs
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group
from torch.nn import functional

from paper_repro.physics.sphere import normalise
from paper_repro.score.authors_format import INSIDE, OUTSIDE
from paper_repro.score.pairformer import Pairformer, build, parameter_count, triangle_multiplication
from paper_repro.spec import ConstantScale, LogTime, RawTime, ShiftedLogTime
from tests.support.direct_form import direct

SEEDS = st.integers(0, 10_000)


def batch(seed: int, lengths: tuple[int, ...] = (7, 5, 3)):
    """Codes, spins, times and mask of chains of different lengths, padded; float64."""
    generator = torch.Generator().manual_seed(seed)
    longest = max(lengths)
    mask = torch.tensor([[site < length for site in range(longest)] for length in lengths])
    codes = torch.randint(0, 2, (len(lengths), longest), generator=generator) * mask
    spins = normalise(torch.randn(len(lengths), longest, 3, generator=generator, dtype=torch.float64)) * mask[..., None]
    return codes, spins, torch.rand(len(lengths), generator=generator, dtype=torch.float64), mask


class Lopsided(Pairformer):
    """A broken twin: W is not symmetrised, and keeps its diagonal."""

    def interaction(self, codes, spins, time, mask):
        kept = super().interaction(codes, spins, time, mask)
        rows = torch.arange(kept.shape[-1], dtype=kept.dtype)
        return kept + rows[:, None] * mask[:, :, None] * mask[:, None, :]


class Oriented(Pairformer):
    """A broken twin: a Cartesian component enters."""

    def interaction(self, codes, spins, time, mask):
        return super().interaction(codes, spins, time, mask) * (1 + spins[..., 0].sum(-1))[:, None, None]


class Chiral(Pairformer):
    """A broken twin: equivariant under rotations, not under inversion."""

    def forward(self, codes, spins, time, mask):
        turned = torch.linalg.cross(spins, spins.roll(1, -2))
        return super().forward(codes, spins, time, mask) + 1e-3 * turned


class Gossiping(Pairformer):
    """A broken twin: chains of a batch see each other."""

    def forward(self, codes, spins, time, mask):
        return super().forward(codes, spins, time, mask) * (1 + time.mean())


class Unmasked(Pairformer):
    """A broken twin: attention reads padded sites."""

    def interaction(self, codes, spins, time, mask):
        kept = super().interaction(codes, spins, time, torch.ones_like(mask))
        return kept * mask[:, :, None] * mask[:, None, :]


@pytest.fixture(scope="module", params=["untrained", "trained", "refined"])
def make(request, paper, refined, trained_state):
    """A function that builds a network of some class, in float64: with the initial weights, those of a trained run, or refined."""

    def build_it(cls: type[Pairformer] = Pairformer) -> Pairformer:
        if request.param == "refined":
            twin = cls(refined.architecture)
            twin.load_state_dict(build(refined.architecture, 5).state_dict())
            return twin.double().eval()
        model = build(paper.record.architecture, 5)
        twin = cls(paper.record.architecture)
        twin.load_state_dict(trained_state if request.param == "trained" else model.state_dict())
        return twin.double().eval()

    return build_it


def equivariance_error(model: Pairformer, seed: int, *, inverted: bool) -> float:
    """Largest difference between the score of turned spins and the turned score, over the size of the score."""
    codes, spins, time, mask = batch(seed)
    turn = torch.as_tensor(special_ortho_group.rvs(3, random_state=seed)) * (-1 if inverted else 1)
    with torch.no_grad():
        straight, turned = model(codes, spins, time, mask), model(codes, spins @ turn.T, time, mask)
    return float((turned - straight @ turn.T).abs().max() / straight.abs().max())


@settings(max_examples=10)
@given(seed=SEEDS, inverted=st.booleans())
def test_the_score_turns_with_the_spins(make, seed, inverted):
    assert equivariance_error(make(), seed, inverted=inverted) < 1e-11


def test_networks_that_break_the_symmetry_are_rejected(make):
    assert equivariance_error(make(Oriented), 1, inverted=False) > 1e-6
    assert equivariance_error(make(Chiral), 1, inverted=True) > 1e-6


def interaction_faults(model: Pairformer, seed: int) -> float:
    """Largest asymmetry of W, entry of its diagonal, or entry at a padded site."""
    codes, spins, time, mask = batch(seed)
    with torch.no_grad():
        w = model.interaction(codes, spins, time, mask)
    outside = w * ~(mask[:, :, None] & mask[:, None, :])
    return float(torch.stack([(w - w.mT).abs().max(), w.diagonal(dim1=1, dim2=2).abs().max(), outside.abs().max()]).max())


@settings(max_examples=10)
@given(seed=SEEDS)
def test_w_is_symmetric_with_a_zero_diagonal_and_no_padding(make, seed):
    assert interaction_faults(make(), seed) == 0


def test_a_lopsided_w_is_rejected(make):
    assert interaction_faults(make(Lopsided), 1) > 0.5


@settings(max_examples=10)
@given(seed=SEEDS)
def test_the_score_is_tangent(make, seed):
    codes, spins, time, mask = batch(seed)
    with torch.no_grad():
        score = make()(codes, spins, time, mask)
    assert float((score * spins).sum(-1).abs().max() / score.abs().max()) < 1e-13


def batching_error(model: Pairformer, seed: int) -> float:
    """Largest difference between a chain alone and the same chain padded, among others, with garbage in the padding codes."""
    codes, spins, time, mask = batch(seed)
    garbage = torch.where(mask, codes, 1 - codes)
    with torch.no_grad():
        together = model(garbage, spins, time, mask)
        worst = 0.0
        for row, length in enumerate(mask.sum(1).tolist()):
            alone = model(
                codes[row : row + 1, :length], spins[row : row + 1, :length], time[row : row + 1], mask[row : row + 1, :length]
            )
            worst = max(worst, float((together[row, :length] - alone[0]).abs().max() / alone.abs().max()))
            assert float(together[row, length:].abs().sum()) == 0
    return worst


@settings(max_examples=10)
@given(seed=SEEDS)
def test_padding_and_batch_mates_change_nothing(make, seed):
    assert batching_error(make(), seed) < 1e-11


def test_leaking_networks_are_rejected(make):
    assert batching_error(make(Gossiping), 1) > 1e-6
    assert batching_error(make(Unmasked), 1) > 1e-6


def test_reversal_of_the_chain_is_not_assumed(make):
    """Positions are absolute, so a reversed chain is another input: the network is free to answer otherwise."""
    codes, spins, time, mask = batch(3, (7,))
    with torch.no_grad():
        straight, reverse = make()(codes, spins, time, mask), make()(codes.flip(1), spins.flip(1), time, mask)
    assert float((reverse.flip(1) - straight).abs().max() / straight.abs().max()) > 1e-4


def test_the_paper_s_network_has_116369_parameters(paper):
    assert parameter_count(Pairformer(paper.record.architecture)) == 116_369
    assert parameter_count(Pairformer(attrs.evolve(paper.record.architecture, pair_hidden=65))) != 116_369


def test_building_depends_on_the_seed_alone(paper):
    before = torch.random.get_rng_state()
    first, again, other = (build(paper.record.architecture, seed).state_dict() for seed in (3, 3, 4))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["weight_head.1.weight"], other["weight_head.1.weight"])


def plain_score(t: dict[str, torch.Tensor], codes, spins, time, heads: int, blocks: int):
    """THEORY section 5 written out step by step under the authors' names, pairs concatenated, one chain at a time."""

    def linear(name, x):
        return functional.linear(x, t[f"{name}.weight"], t[f"{name}.bias"])

    def norm(name, x):
        return functional.layer_norm(x, x.shape[-1:], t[f"{name}.weight"], t[f"{name}.bias"])

    n = len(codes)
    i, j = torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij")
    s = (
        t["seq_emb.weight"][codes]
        + t["pos_emb.weight"][:n]
        + linear("time_emb.2", functional.gelu(linear("time_emb.0", time.view(1, 1))))
    )
    z = t["dist_emb.weight"][(i - j).abs()] + linear("inner_prod_proj", (spins @ spins.T)[..., None])
    for b in range(blocks):
        z = z + linear(f"blocks.{b}.s_to_z", torch.cat([s[i], s[j]], dim=-1))
        z = z + linear(f"blocks.{b}.z_mlp.2", functional.gelu(linear(f"blocks.{b}.z_mlp.0", norm(f"blocks.{b}.norm_z", z))))
        q, k, v = linear(f"blocks.{b}.qkv", norm(f"blocks.{b}.norm_s", s)).split(s.shape[-1], dim=-1)
        bias = linear(f"blocks.{b}.z_to_bias", z)
        width = s.shape[-1] // heads
        mixed = []
        for head in range(heads):
            part = slice(head * width, (head + 1) * width)
            mixed.append(torch.softmax(q[:, part] @ k[:, part].T / width**0.5 + bias[..., head], dim=-1) @ v[:, part])
        s = s + linear(f"blocks.{b}.attn_out", torch.cat(mixed, dim=-1))
    raw = linear("weight_head.3", functional.gelu(linear("weight_head.1", norm("weight_head.0", z))))[..., 0]
    w = (raw + raw.T) / 2 * (1 - torch.eye(n, dtype=raw.dtype))
    force = w @ spins
    return force - (force * spins).sum(-1, keepdim=True) * spins


def test_networks_built_by_several_threads_at_once_are_those_built_alone(paper):
    """torch's own generator is one for all threads."""
    seeds = [*range(12)] * 4
    with ThreadPoolExecutor(4) as executor:
        built = list(executor.map(lambda seed: build(paper.record.architecture, seed).state_dict(), seeds))
    alone = [build(paper.record.architecture, seed).state_dict() for seed in range(12)]
    for seed, state in zip(seeds, built, strict=True):
        assert all(torch.equal(state[name], alone[seed][name]) for name in state)


def test_the_network_is_the_one_written_in_the_theory(make):
    model = make()
    if model.shape.triangle_channels:
        return  # it is written out below
    theirs = {ours: name for name, ours in (INSIDE | OUTSIDE).items()}
    renamed = {".".join(theirs.get(part, part) for part in name.split(".")): value for name, value in model.state_dict().items()}
    codes, spins, time, mask = batch(11)
    with torch.no_grad():
        ours = model(codes, spins, time, mask)
        for row, length in enumerate(mask.sum(1).tolist()):
            plain = plain_score(renamed, codes[row, :length], spins[row, :length], time[row], model.shape.heads, model.shape.blocks)
            assert np.allclose(ours[row, :length], plain, rtol=1e-10, atol=1e-12)
        wrong = dict(renamed)
        wrong["blocks.1.s_to_z.weight"] = renamed["blocks.1.s_to_z.weight"].roll(64, dims=1)  # s_j and s_i exchanged
        wrong["blocks.1.norm_z.bias"] = renamed["blocks.1.norm_z.bias"] + 0.1
        assert not np.allclose(
            ours[0], plain_score(wrong, codes[0], spins[0], time[0], model.shape.heads, model.shape.blocks), rtol=1e-6
        )


def test_projecting_before_broadcasting_is_concatenating_the_pairs(make):
    """The reference of the benchmarks is the same network."""
    arguments = batch(7)
    if make().symmetric:
        return
    with torch.no_grad():
        assert torch.allclose(make()(*arguments), direct(make())(*arguments), rtol=1e-12, atol=1e-12)


def every_pair_by_itself(model: Pairformer, codes, spins, time, mask):
    """W of a refined network, from its blocks on all pairs (i, j) and (j, i), times the gain."""
    with torch.no_grad():
        single, pair = model.embed_singles(codes, time), model.embed_pairs((spins @ spins.mT)[..., None])
        for block in model.blocks:
            single, pair = block(single, pair, mask)
        raw = model.weight_head(pair)[..., 0]
        both = mask[:, :, None] & mask[:, None, :] & ~torch.eye(mask.shape[1], dtype=torch.bool)
        return torch.where(both, raw, 0.0) * model.output_scale(time)[:, None, None]


def refined_error(model: Pairformer, seed: int) -> float:
    arguments = batch(seed)
    with torch.no_grad():
        found = model.interaction(*arguments)
    wanted = every_pair_by_itself(model, *arguments)
    return float((found - wanted).abs().max() / wanted.abs().max())


class Twice(Pairformer):
    """A broken twin: a site's own pair is taken as any other, with one single only once."""

    def _each_pair_once(self, single, cosine, mask):
        return super()._each_pair_once(single * 1.01, cosine, mask)


def test_a_symmetric_track_that_computes_each_pair_once_is_the_track_of_all_pairs(refined):
    model = build(refined.architecture, 6).double().eval()
    assert refined_error(model, 3) < 1e-12
    model.__class__ = Twice
    assert refined_error(model, 3) > 1e-6


def test_the_time_enters_as_the_spec_says(paper, refined):
    time = torch.tensor([1e-3, 1.0])
    features = {
        RawTime(): [1e-3, 1.0], LogTime(): [math.log(1e-3), 0.0], ShiftedLogTime(0.03): [math.log(0.031), math.log(1.03)],
    }  # fmt: skip
    for feature, wanted in features.items():
        model = build(attrs.evolve(paper.record.architecture, time_feature=feature), 0)
        assert model.time_feature(time).tolist() == pytest.approx(wanted, abs=1e-6)
    assert torch.equal(build(paper.record.architecture, 0).output_scale(time), torch.ones(2))
    assert build(refined.architecture, 0).output_scale(time).tolist() == pytest.approx([0.5 / 0.031, 0.5 / 1.03])
    constant = attrs.evolve(refined.architecture, output_scale=ConstantScale(0.5))
    assert torch.equal(build(constant, 0).output_scale(time), torch.full((2,), 0.5))


MIXING = 2 * 32 + (32 * 6 + 6) + 2 * 6 + (6 * 32 + 32)  # weights of two norms and two maps


def test_a_constant_scale_of_one_is_the_published_network(paper, refined):
    scaled = attrs.evolve(paper.record.architecture, output_scale=ConstantScale(1.0))
    first, second = build(paper.record.architecture, 5), build(scaled, 5)
    assert torch.equal(first(*batch32(1)), second(*batch32(1)))
    assert parameter_count(second) == 116_369
    assert parameter_count(build(refined.architecture, 5)) == 116_369 - 4 * 64 * 32 + 7 + 3 * MIXING
    assert [block.triangle_channels for block in build(refined.architecture, 5).blocks] == [0, 6, 6, 6]


def batch32(seed: int):
    codes, spins, time, mask = batch(seed)
    return codes, spins.float(), time.float(), mask


def test_the_learned_gain_is_a_chebyshev_series_that_is_smooth_at_time_0(refined):
    model = build(refined.architecture, 0).double()
    with torch.no_grad():
        model.log_gain.copy_(torch.linspace(0.3, -0.3, 7))
    time = torch.tensor([0.0, 1e-4, 1e-3, 0.03, 0.5, 4.0], dtype=torch.float64)
    v = ((time - 0.03) / (time + 0.03)).numpy()
    wanted = 0.5 / (time.numpy() + 0.03) * np.exp(np.polynomial.chebyshev.chebval(v, model.log_gain.detach().numpy()))
    found = model.output_scale(time).detach().numpy()
    assert np.allclose(found, wanted, rtol=1e-12)
    assert not np.allclose(found, 0.5 / (time.numpy() + 0.03), rtol=0.1)
    slopes = np.diff(model.output_scale(torch.tensor([0.0, 1e-6, 2e-6], dtype=torch.float64)).detach().numpy())
    assert slopes[1] == pytest.approx(slopes[0], rel=1e-2)


def test_triangles_are_sums_over_the_third_site_that_is_there():
    generator = torch.Generator().manual_seed(4)
    side = torch.randn(2, 5, 5, 3, generator=generator, dtype=torch.float64)
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    wanted = torch.zeros_like(side)
    for chain, sites in enumerate((5, 3)):
        for i in range(sites):
            for j in range(sites):
                wanted[chain, i, j] = sum(side[chain, i, k] * side[chain, k, j] for k in range(sites))
    assert torch.allclose(triangle_multiplication(side, mask), wanted, rtol=1e-12, atol=0)
    assert not torch.allclose(triangle_multiplication(side, torch.ones_like(mask)), wanted)


def test_pairs_that_meet_know_of_a_spin_that_is_no_part_of_them(paper, refined):
    """What the published track cannot: with attention off, W_12 depends on S_3 by the triangle alone."""
    codes, spins, time, mask = batch(2, (3,))
    turned = spins.clone()
    turned[:, 2] *= -1
    for mixing, told in ((0, False), (6, True)):
        model = build(attrs.evolve(refined.architecture, triangle_channels=mixing), 3).double()
        with torch.no_grad():
            for block in model.blocks:
                for parameter in block.attention_output.parameters():
                    parameter.zero_()
            change = model.interaction(codes, turned, time, mask) - model.interaction(codes, spins, time, mask)
        assert bool(change[0, 0, 1].abs() > 1e-9) is told


def test_embeddings_begin_random_or_sinusoidal(paper, refined):
    model = build(refined.architecture, 3)
    for embedding, size, highest in ((model.position_embedding, 0.7, 1.5), (model.separation_embedding, 1.0, 3.0)):
        found = embedding.weight.detach().numpy()
        half = found.shape[1] // 2
        frequencies = highest * 60.0 ** -(np.arange(half) / (half - 1))
        angles = np.arange(100)[:, None] * frequencies
        assert np.allclose(found, size * np.concatenate([np.sin(angles), np.cos(angles)], 1), atol=1e-4)
        assert embedding.weight.requires_grad
    one, other = (build(attrs.evolve(refined.architecture, embeddings=kind), 3) for kind in ("sinusoidal", "random"))
    assert torch.equal(one.identity_embedding.weight, other.identity_embedding.weight)
    assert torch.equal(one.weight_head[1].weight, other.weight_head[1].weight)
    assert float(other.position_embedding.weight.detach().std()) == pytest.approx(1, abs=0.05)  # random: unit normals
