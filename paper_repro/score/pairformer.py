"""Mini-AF3: the O(3)-equivariant Pairformer of the paper (S3).

Only the species, the positions, the time and the scalar products S_i·S_j enter; the force is F_i = Σ_j W_ij S_j with a
symmetric, zero-diagonal W, and the score its tangent part. Shapes: chain, site, channel; pairs are (chain, site, site, channel).

Beyond the published network an architecture can have a logarithmic time feature; an output scale 1 / (t + τ) times a learned
function of t; a symmetric pair update, where (i, j) and (j, i) are one pair, computed once; and the triangle multiplicative update
of AlphaFold, which Mini-AF3 leaves out: products of (i, k) and (k, j), summed over k, are added to (i, j).
"""

import threading
from itertools import pairwise
from typing import cast

import torch
from torch import nn

from paper_repro.physics.sphere import project
from paper_repro.spec import Architecture, ConstantScale, LearnedScale, ShiftedLogTime

_GAIN_TERMS = 7  # of the logarithm of the learned gain: it resolves times that differ by a factor of two to four
_ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU, "silu": nn.SiLU}


def _mlp(activation: str, *widths: int) -> nn.Sequential:
    """Linear layers with an activation between them."""
    layers: list[nn.Module] = []
    for first, second in pairwise(widths):
        layers += [nn.Linear(first, second), _ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])


def _sinusoids(count: int, width: int, highest: float) -> torch.Tensor:
    """Return sines and cosines of 0, 1, … (count, width) at frequencies from ``highest`` to a sixtieth of it in equal ratios."""
    frequencies = highest * 60.0 ** -torch.linspace(0, 1, (width + 1) // 2)
    angles = torch.arange(count)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width]


def triangle_multiplication(projected: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return Σ_k A_ik A_kj (chain, site, site, channel) of ``projected`` pairs A, over the sites k of ``mask`` (chain, site)."""
    both = mask[:, :, None] & mask[:, None, :]
    matrix = projected.masked_fill(~both[..., None], 0.0).permute(0, 3, 1, 2).contiguous()
    return (matrix @ matrix).permute(0, 2, 3, 1)


class PairformerBlock(nn.Module):
    """One block: the pairs are updated from the singles, then the singles attend to each other, biased by the pairs."""

    def __init__(self, shape: Architecture, *, triangle_channels: int = 0) -> None:
        super().__init__()
        single, pair = shape.single_width, shape.pair_width
        self.heads = shape.heads
        self.symmetric = shape.pair_update == "symmetric"
        self.pair_update = nn.Linear(single if self.symmetric else 2 * single, pair)
        self.pair_norm = nn.LayerNorm(pair)
        self.pair_transition = _mlp(shape.activation, pair, shape.pair_hidden, pair)
        self.single_norm = nn.LayerNorm(single)
        self.query_key_value = nn.Linear(single, 3 * single)
        self.pair_bias = nn.Linear(pair, shape.heads)
        self.attention_output = nn.Linear(single, single)
        self.triangle_channels = triangle_channels
        if triangle_channels:  # the names of the parameters are those of every weights file
            self.mixing_norm = nn.LayerNorm(pair)
            self.mixing_input = nn.Linear(pair, triangle_channels)
            self.mixing_output = nn.Sequential(nn.LayerNorm(triangle_channels), nn.Linear(triangle_channels, pair))

    @property
    def pair_maps(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The linear maps of the first and of the second single of a pair (pair channel, channel): one where it is symmetric."""
        if self.symmetric:
            return self.pair_update.weight, self.pair_update.weight
        of_first, of_second = self.pair_update.weight.chunk(2, dim=1)
        return of_first, of_second

    def added_to_pairs(self, single: torch.Tensor) -> torch.Tensor:
        """Return the linear map of both singles of a pair (chain, site, site, channel)."""
        # the linear map of [s_i, s_j] is the sum of two maps: project first, broadcast afterwards
        of_first, of_second = self.pair_maps
        added: torch.Tensor = (single @ of_first.T)[:, :, None] + (single @ of_second.T + self.pair_update.bias)[:, None, :]
        return added

    def refine_pairs(self, pair: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
        """Return the updated pairs (chain, site, site, channel); each pair by itself."""
        pair = pair + added
        updated: torch.Tensor = pair + self.pair_transition(self.pair_norm(pair))
        return updated

    def triangle_projection(self, pair: torch.Tensor) -> torch.Tensor:
        """Return the projection of pairs (…, channel) that the triangle multiplication takes (…, triangle channel)."""
        projected: torch.Tensor = self.mixing_input(self.mixing_norm(pair))
        return projected

    def refined_pairs(self, single: torch.Tensor, pair: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the pairs updated from the singles and by the triangle multiplication (chain, site, site, channel)."""
        added = self.added_to_pairs(single)
        if self.triangle_channels:
            added = added + self.mixing_output(triangle_multiplication(self.triangle_projection(pair), mask))
        return self.refine_pairs(pair, added)

    def forward(self, single: torch.Tensor, pair: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the refined ``single`` (chain, site, channel) and ``pair`` (chain, site, site, channel)."""
        pair = self.refined_pairs(single, pair, mask)
        return self.attend(single, self.pair_bias(pair), mask), pair

    def attend(self, single: torch.Tensor, bias: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the singles (chain, site, channel) after attention with logits biased by ``bias`` (chain, site, site, head)."""
        chains, sites, width = single.shape
        qkv = self.query_key_value(self.single_norm(single)).view(chains, sites, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (chain, head, site, channel)
        logits = query @ key.transpose(-1, -2) / (width // self.heads) ** 0.5 + bias.permute(0, 3, 1, 2)
        attention = logits.masked_fill(~mask[:, None, None, :], -torch.inf).softmax(-1)
        mixed = (attention @ value).transpose(1, 2).reshape(chains, sites, width)
        result: torch.Tensor = single + self.attention_output(mixed)
        return result


class Pairformer(nn.Module):
    """The network: species, spins and time to an interaction matrix W and a score."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        self.symmetric = shape.pair_update == "symmetric"
        self.identity_embedding = nn.Embedding(shape.species, shape.single_width)
        self.position_embedding = nn.Embedding(shape.positions, shape.single_width)
        self.time_mlp = _mlp(shape.activation, 1, shape.single_width, shape.single_width)
        self.separation_embedding = nn.Embedding(shape.positions, shape.pair_width)
        self.cosine_projection = nn.Linear(1, shape.pair_width)
        self.blocks = nn.ModuleList(  # no triangles in the first block, whose pairs depend on their own two sites alone
            PairformerBlock(shape, triangle_channels=shape.triangle_channels if block else 0) for block in range(shape.blocks)
        )
        head = _mlp(shape.activation, shape.pair_width, shape.pair_width, 1)
        self.weight_head = nn.Sequential(nn.LayerNorm(shape.pair_width), *head)
        if isinstance(shape.output_scale, LearnedScale):
            self.log_gain = nn.Parameter(torch.zeros(_GAIN_TERMS))
        if shape.embeddings == "sinusoidal":
            positions = shape.positions  # those of sites are smaller: the force hardly depends on where a pair lies
            self.position_embedding.weight = nn.Parameter(0.7 * _sinusoids(positions, shape.single_width, 1.5))
            self.separation_embedding.weight = nn.Parameter(_sinusoids(positions, shape.pair_width, 3.0))

    def interaction(self, species: torch.Tensor, spins: torch.Tensor, time: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return W (chain, site, site): symmetric, zero on the diagonal and at padded sites.

        ``species`` (chain, site) are integers, ``spins`` (chain, site, 3), ``time`` (chain,), ``mask`` (chain, site) is True
        at valid sites. For a perfect network W_ij → β J_ij as the time goes to 0.
        """
        single = self.embed_singles(species, time)
        cosine = (spins @ spins.transpose(-1, -2))[..., None]
        *blocks, last = (cast(PairformerBlock, block) for block in self.blocks)
        if self.symmetric:
            return self.symmetrised(self._each_pair_once(single, cosine, mask), mask) * self.output_scale(time)[:, None, None]
        pair = self.embed_pairs(cosine)
        for block in blocks:
            single, pair = block(single, pair, mask)
        return self.read_interaction(last.refined_pairs(single, pair, mask), time, mask)  # nothing reads the last singles

    def _each_pair_once(self, single: torch.Tensor, cosine: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the output of the head (chain, site, site) for a symmetric pair update, each pair computed once."""
        chains, sites = mask.shape
        first, second = torch.triu_indices(sites, sites, device=mask.device)
        number = torch.zeros(sites, sites, dtype=torch.long, device=mask.device)
        number[first, second] = torch.arange(len(first), device=mask.device)
        number = (number + number.triu(1).T).reshape(-1)  # of the pair (i, j) among those that are computed

        def spread(values: torch.Tensor) -> torch.Tensor:
            return values.index_select(1, number).reshape(chains, sites, sites, -1)

        pair = self.separation_embedding(second - first) + self.cosine_projection(cosine[:, first, second])
        *blocks, last = (cast(PairformerBlock, block) for block in self.blocks)
        for block in (*blocks, last):
            of_site = single @ block.pair_maps[0].T
            added = of_site.index_select(1, first) + of_site.index_select(1, second) + block.pair_update.bias
            if block.triangle_channels:
                multiplied = triangle_multiplication(spread(block.triangle_projection(pair)), mask)
                added = added + block.mixing_output(multiplied[:, first, second])
            pair = block.refine_pairs(pair, added)
            if block is not last:
                single = block.attend(single, spread(block.pair_bias(pair)), mask)
        return spread(self.weight_head(pair))[..., 0]

    def embed_singles(self, species: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """Return the first singles (chain, site, channel): species, position and time."""
        sites = torch.arange(species.shape[1], device=species.device)
        embedded: torch.Tensor = (
            self.identity_embedding(species)
            + self.position_embedding(sites)
            + self.time_mlp(self.time_feature(time)[:, None])[:, None]
        )
        return embedded

    def time_feature(self, time: torch.Tensor) -> torch.Tensor:
        """Return the feature of the times (chain,) that enters the network: t itself (paper), ln t, or ln(t + τ)."""
        feature = self.shape.time_feature
        if feature.kind == "raw":
            return time
        return torch.log(time + (feature.time_scale if isinstance(feature, ShiftedLogTime) else 0.0))

    def output_scale(self, time: torch.Tensor) -> torch.Tensor:
        """Return the factor on W (chain,): 1 (paper), a constant c, or c / (t + τ) exp Σ_k a_k T_k(v) with learned a.

        The T_k are Chebyshev polynomials of v = (t - τ) / (t + τ), which is smooth at t = 0 and reaches 1 as t → ∞.
        """
        scale = self.shape.output_scale
        if not isinstance(scale, LearnedScale):
            return torch.full_like(time, scale.scale if isinstance(scale, ConstantScale) else 1.0)
        shifted = time + scale.time_scale
        angle = torch.arccos(((time - scale.time_scale) / shifted).clamp(-1.0, 1.0))
        orders = torch.arange(_GAIN_TERMS, device=time.device)
        return scale.scale / shifted * torch.exp(torch.cos(angle[:, None] * orders) @ self.log_gain)

    def embed_pairs(self, cosine: torch.Tensor) -> torch.Tensor:
        """Return the first pairs (chain, site, site, channel): separation, and S_i·S_j, given as (chain, site, site, 1)."""
        sites = torch.arange(cosine.shape[1], device=cosine.device)
        embedded: torch.Tensor = self.separation_embedding((sites[:, None] - sites).abs()) + self.cosine_projection(cosine)
        return embedded

    def read_interaction(self, pair: torch.Tensor, time: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return W (chain, site, site) of the last pairs, symmetrised, 0 on the diagonal and at padded sites."""
        raw: torch.Tensor = self.weight_head(pair).squeeze(-1)
        return self.symmetrised(raw, mask) * self.output_scale(time)[:, None, None]

    def symmetrised(self, raw: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return half the sum of a matrix (chain, site, site) and its transpose, 0 on the diagonal and at padded sites."""
        sites = torch.arange(raw.shape[1], device=raw.device)
        both = mask[:, :, None] & mask[:, None, :] & (sites[:, None] != sites)
        symmetric: torch.Tensor = 0.5 * (raw + raw.transpose(-1, -2))
        return symmetric.masked_fill(~both, 0.0)

    def forward(self, species: torch.Tensor, spins: torch.Tensor, time: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the score (chain, site, 3) = (I - S_i S_iᵀ) Σ_j W_ij S_j; see ``interaction`` for the arguments."""
        return project(spins, self.interaction(species, spins, time, mask) @ spins)


_GLOBAL_GENERATOR = threading.Lock()  # one thread at a time uses torch's own random state


def build(shape: Architecture, seed: int) -> Pairformer:
    """Return an untrained network whose initial weights depend on ``seed`` alone; the global random state is left as it was."""
    with _GLOBAL_GENERATOR, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # inside the fork: the layers draw from the global generator
        return Pairformer(shape)


def parameter_count(model: nn.Module) -> int:
    """Return the number of trained parameters."""
    return sum(parameter.numel() for parameter in model.parameters())
