"""The authors' released weights: our names for their tensors, and the architecture read off the shapes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from paper_repro.files import InputError
from paper_repro.spec import Architecture, structure
from paper_repro.spec.migration import architecture_from_old

#: The authors' names (b39e928) and ours, by prefix; within a block after "blocks.K.".
OUTSIDE = {
    "seq_emb": "identity_embedding",
    "pos_emb": "position_embedding",
    "time_emb": "time_mlp",
    "dist_emb": "separation_embedding",
    "inner_prod_proj": "cosine_projection",
    "weight_head": "weight_head",
}


INSIDE = {
    "s_to_z": "pair_update",
    "norm_z": "pair_norm",
    "z_mlp": "pair_transition",
    "norm_s": "single_norm",
    "qkv": "query_key_value",
    "z_to_bias": "pair_bias",
    "attn_out": "attention_output",
}


def from_authors(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the authors' tensors under our names; other names stay."""
    renamed = {}
    for name, tensor in tensors.items():
        parts = name.split(".")
        if parts[0] == "blocks" and len(parts) > 3 and parts[2] in INSIDE:
            parts[2] = INSIDE[parts[2]]
        elif parts[0] in OUTSIDE:
            parts[0] = OUTSIDE[parts[0]]
        renamed[".".join(parts)] = tensor
    return renamed


def sizes_of(path: Path, tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Read the sizes of the architecture off the shapes of tensors, under our names."""
    try:
        species, single = tensors["identity_embedding.weight"].shape
        positions, pair = tensors["separation_embedding.weight"].shape
        blocks = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
        return {
            "species": species,
            "positions": positions,
            "single_width": single,
            "pair_width": pair,
            "pair_hidden": tensors["blocks.0.pair_transition.0.weight"].shape[0],
            "heads": tensors["blocks.0.pair_bias.weight"].shape[0],
            "blocks": blocks,
        }
    except (KeyError, ValueError) as error:
        raise InputError(
            path, "neither this project's metadata nor the authors' tensor names", "weights of the Mini-AF3 network"
        ) from error


def authors_architecture(sizes: Mapping[str, Any], path: Path) -> Architecture:
    """Return the architecture of the authors' network: that of weights 1, which is the published one."""
    old = {**sizes, "identities": sizes["species"], "activation": "gelu", "time_input": "raw"}
    del old["species"]
    return structure(architecture_from_old(old, None, path), Architecture, path)
