"""Mini-AF3: the O(3)-equivariant Pairformer of the paper (S3).

Only the identities, the positions, the time and the scalar products S_i·S_j enter; the force is F_i = Σ_j W_ij S_j with a
symmetric, zero-diagonal W, and the score its tangent part. Shapes: chain, site, channel; pairs are (chain, site, site, channel).
"""

import threading
from itertools import pairwise
from typing import cast

import torch
from torch import nn

from paper_repro.physics.sphere import project
from paper_repro.spec import Architecture


def _mlp(*widths: int) -> nn.Sequential:
    """Linear layers with GELU between them."""
    layers: list[nn.Module] = []
    for first, second in pairwise(widths):
        layers += [nn.Linear(first, second), nn.GELU()]
    return nn.Sequential(*layers[:-1])


class PairformerBlock(nn.Module):
    """One refinement: the pairs are updated from the singles, then the singles attend to each other, biased by the pairs."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        single, pair = shape.single_width, shape.pair_width
        self.heads = shape.heads
        self.pair_update = nn.Linear(2 * single, pair)
        self.pair_norm = nn.LayerNorm(pair)
        self.pair_transition = _mlp(pair, shape.pair_hidden, pair)
        self.single_norm = nn.LayerNorm(single)
        self.query_key_value = nn.Linear(single, 3 * single)
        self.pair_bias = nn.Linear(pair, shape.heads)
        self.attention_output = nn.Linear(single, single)

    @property
    def pair_maps(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The linear maps of the first and of the second single of a pair (pair channel, channel)."""
        of_first, of_second = self.pair_update.weight.chunk(2, dim=1)
        return of_first, of_second

    def added_to_pairs(self, single: torch.Tensor) -> torch.Tensor:
        """Return what both singles of a pair add to it (chain, site, site, channel)."""
        # the linear map of [s_i, s_j] is the sum of two maps: project first, broadcast afterwards
        of_first, of_second = self.pair_maps
        added: torch.Tensor = (single @ of_first.T)[:, :, None] + (single @ of_second.T + self.pair_update.bias)[:, None, :]
        return added

    def refine_pairs(self, pair: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
        """Return the updated pairs (chain, site, site, channel); each pair by itself."""
        pair = pair + added
        updated: torch.Tensor = pair + self.pair_transition(self.pair_norm(pair))
        return updated

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

    def forward(self, single: torch.Tensor, pair: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the refined ``single`` (chain, site, channel) and ``pair`` (chain, site, site, channel)."""
        pair = self.refine_pairs(pair, self.added_to_pairs(single))
        return self.attend(single, self.pair_bias(pair), mask), pair


class Pairformer(nn.Module):
    """The network: identities, spins and time to an interaction matrix W and a score."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        self.identity_embedding = nn.Embedding(shape.identities, shape.single_width)
        self.position_embedding = nn.Embedding(shape.positions, shape.single_width)
        self.time_mlp = _mlp(1, shape.single_width, shape.single_width)
        self.separation_embedding = nn.Embedding(shape.positions, shape.pair_width)
        self.cosine_projection = nn.Linear(1, shape.pair_width)
        self.blocks = nn.ModuleList(PairformerBlock(shape) for _ in range(shape.blocks))
        self.weight_head = nn.Sequential(nn.LayerNorm(shape.pair_width), *_mlp(shape.pair_width, shape.pair_width, 1))

    def interaction(self, codes: torch.Tensor, spins: torch.Tensor, time: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return W (chain, site, site): symmetric, zero on the diagonal and at padded sites.

        ``codes`` (chain, site) are identities, ``spins`` (chain, site, 3), ``time`` (chain,), ``mask`` (chain, site) is True
        at valid sites. For a perfect network W_ij → β J_ij as the time goes to 0.
        """
        single = self.embed_singles(codes, time)
        pair = self.embed_pairs((spins @ spins.transpose(-1, -2))[..., None])
        *blocks, last = (cast(PairformerBlock, block) for block in self.blocks)
        for block in blocks:
            single, pair = block(single, pair, mask)
        # nothing reads the singles after the last block: its attention is left out
        return self.read_interaction(last.refine_pairs(pair, last.added_to_pairs(single)), mask)

    def embed_singles(self, codes: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """Return the first singles (chain, site, channel): identity, position and time."""
        sites = torch.arange(codes.shape[1], device=codes.device)
        embedded: torch.Tensor = (
            self.identity_embedding(codes) + self.position_embedding(sites) + self.time_mlp(time[:, None])[:, None]
        )
        return embedded

    def embed_pairs(self, cosine: torch.Tensor) -> torch.Tensor:
        """Return the first pairs (chain, site, site, channel): separation, and S_i·S_j, given as (chain, site, site, 1)."""
        sites = torch.arange(cosine.shape[1], device=cosine.device)
        embedded: torch.Tensor = self.separation_embedding((sites[:, None] - sites).abs()) + self.cosine_projection(cosine)
        return embedded

    def read_interaction(self, pair: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return W (chain, site, site) of the last pairs, symmetrised, 0 on the diagonal and at padded sites."""
        sites = torch.arange(pair.shape[1], device=pair.device)
        raw = self.weight_head(pair).squeeze(-1)
        both = mask[:, :, None] & mask[:, None, :] & (sites[:, None] != sites)
        symmetric: torch.Tensor = 0.5 * (raw + raw.transpose(-1, -2))
        return symmetric.masked_fill(~both, 0.0)

    def forward(self, codes: torch.Tensor, spins: torch.Tensor, time: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the score (chain, site, 3) = (I - S_i S_iᵀ) Σ_j W_ij S_j; see ``interaction`` for the arguments."""
        return project(spins, self.interaction(codes, spins, time, mask) @ spins)


_GLOBAL_GENERATOR = threading.Lock()  # one thread at a time uses torch's own random state


def build(shape: Architecture, seed: int) -> Pairformer:
    """Return an untrained network whose initial weights depend on ``seed`` alone; the global random state is left as it was."""
    with _GLOBAL_GENERATOR, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # inside the fork: the layers draw from the global generator
        return Pairformer(shape)


def parameter_count(model: nn.Module) -> int:
    """Return the number of trained parameters."""
    return sum(parameter.numel() for parameter in model.parameters())
