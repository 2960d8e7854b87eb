"""The network in its direct form, kept as a reference: pairs [s_i, s_j] written out before the linear map of S3 acts on them."""

import torch

from paper_repro.score.pairformer import Pairformer, PairformerBlock


class DirectBlock(PairformerBlock):
    """The same parameters and the same map, with the pairs concatenated."""

    def added_to_pairs(self, single):
        sites = single.shape[1]
        first = single[:, :, None].expand(-1, -1, sites, -1)
        return self.pair_update(torch.cat([first, first.transpose(1, 2)], dim=-1))


def direct(model: Pairformer) -> Pairformer:
    """Turn the blocks of a network into their direct form, in place."""
    for block in model.blocks:
        block.__class__ = DirectBlock
    return model
