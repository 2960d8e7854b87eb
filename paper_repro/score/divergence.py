"""The exact divergence of a network's score, from the derivatives of its interaction matrix W.

The score is s_i = (I - S_i S_iᵀ) Σ_j W_ij S_j, and W depends on the spins only through the cosines c_kl = S_k·S_l. With two
orthonormal tangents e_ia at each spin,

    div s = Σ_i Σ_a Σ_j (e_ia·S_j) ∂_ia W_ij - 2 Σ_ij W_ij c_ij,        ∂_ia c_kl = δ_ki e_ia·S_l + δ_li e_ia·S_k

which is Eq. 8 of the paper. The representation of a pair depends on the other pairs only through the singles, which are added to
it in each block. It is therefore differentiated in reverse mode, all pairs at once, with respect to its own cosine and additions;
only the singles, which are few, are differentiated in forward mode along all 2N directions. With triangle updates this does not
hold, and the score is differentiated directly.
"""

from typing import cast

import torch

from paper_repro.physics.sphere import divergence, tangent_basis
from paper_repro.score.pairformer import Pairformer, PairformerBlock

#: ∂_ia of the terms that the first and the second single of a pair add to it (i, a, chain, site, channel).
Additions = tuple[torch.Tensor, torch.Tensor]


def _slopes(readout: torch.Tensor, leaves: list[torch.Tensor]) -> list[torch.Tensor]:
    """Return the slopes of a readout (chain, site, site, head) by each leaf of the same pair (chain, site, site, head, channel)."""
    with torch.enable_grad():
        sums = [head.sum() for head in readout.unbind(-1)]
    heads = [torch.autograd.grad(total, leaves, retain_graph=True) for total in sums]
    return [torch.stack(of_leaf, dim=-2) for of_leaf in zip(*heads, strict=True)]


def _attention_along(
    block: PairformerBlock,
    single: torch.Tensor,
    bias: torch.Tensor,
    mask: torch.Tensor,
    moved: torch.Tensor,
    moved_bias: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the singles after attention and their derivatives along the directions (direction, …) of singles and bias.

    The slopes u·∂ of the result are linear in u, and their derivative by u is the one wanted: forward mode of torch is not made
    for several threads, this is.
    """
    single, bias = single.detach().requires_grad_(), bias.detach().requires_grad_()
    with torch.enable_grad():
        result = block.attend(single, bias, mask)
        u = torch.zeros_like(result).requires_grad_()
        slopes = torch.autograd.grad(result, (single, bias), u, create_graph=True)
        (derivative,) = torch.autograd.grad(slopes, u, (moved, moved_bias), is_grads_batched=True)
    return result.detach(), derivative


def _along_all_directions(slopes: list[torch.Tensor], along: torch.Tensor, additions: list[Additions]) -> torch.Tensor:
    """Return ∂_ia of a readout (i, a, chain, site, site, head) from its slopes, by the cosine first, then by each addition."""
    by_cosine, *by_addition = slopes
    result = along.new_zeros(*along.shape, *by_cosine.shape[-3:-1])
    for slope, (first, second) in zip(by_addition, additions, strict=True):
        result += torch.einsum("bklhc,iabkc->iabklh", slope, first)
        result += torch.einsum("bklhc,iablc->iabklh", slope, second)
    # the cosines that move with spin i are those of row i and of column i
    result.diagonal(dim1=0, dim2=3).add_(torch.einsum("bilh,iabl->ablhi", by_cosine[..., 0], along))
    result.diagonal(dim1=0, dim2=4).add_(torch.einsum("bkih,iabk->abkhi", by_cosine[..., 0], along))
    return result


@torch.no_grad()
def score_divergence(model: Pairformer, species: torch.Tensor, spins: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """Return div s (chain,) at ``spins`` (chain, site, 3), chains without padding; the other arguments as in ``Pairformer``.

    Equal to ``physics.sphere.divergence`` of the network, at a fraction of the cost unless it has triangle updates.
    """
    mask = torch.ones_like(species, dtype=torch.bool)
    if any(block.triangle_channels for block in cast(list[PairformerBlock], list(model.blocks))):
        return divergence(lambda x: model(species, x, time, mask), spins)
    along = torch.einsum("biac,blc->iabl", tangent_basis(spins), spins)  # e_ia·S_l (i, a, chain, l)
    cosine = (spins @ spins.mT)[..., None]
    single = model.embed_singles(species, time)
    moved = along.new_zeros(*along.shape, single.shape[-1])  # ∂_ia of the singles (i, a, chain, site, channel)
    leaves, additions = [cosine.requires_grad_()], []
    with torch.enable_grad():
        pair = model.embed_pairs(cosine)
    blocks = cast(list[PairformerBlock], list(model.blocks))
    for index, block in enumerate(blocks):
        added = block.added_to_pairs(single)
        if index > 0:  # the singles before the first block do not depend on the spins
            of_first, of_second = block.pair_maps
            leaves.append(added.requires_grad_())
            additions.append((moved @ of_first.mT, moved @ of_second.mT))
        last = index == len(blocks) - 1
        with torch.enable_grad():
            pair = block.refine_pairs(pair, added)
            readout = model.weight_head(pair) if last else block.pair_bias(pair)
        moved_readout = _along_all_directions(_slopes(readout, leaves), along, additions)
        if not last:
            directions = moved.flatten(0, 1), moved_readout.flatten(0, 1)
            single, flat = _attention_along(block, single, readout, mask, *directions)
            moved = flat.view_as(moved)
    row, column = moved_readout.diagonal(dim1=0, dim2=3), moved_readout.diagonal(dim1=0, dim2=4)  # (a, chain, l, 1, i)
    trace = 0.5 * torch.einsum("iabl,ablui->b", along, row + column)  # W is half the sum of the readout and its transpose
    w: torch.Tensor = model.read_interaction(pair, time, mask)
    return trace * model.output_scale(time) - 2 * (w * cosine[..., 0]).sum((-1, -2))
