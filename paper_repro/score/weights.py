"""Weights on disk: safetensors that say what they are, and the authors' files through a name map."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from paper_repro.files import DamagedError, InputError, require_format, write_bytes
from paper_repro.score.header import read_metadata
from paper_repro.score.pairformer import Pairformer
from paper_repro.spec import Architecture, canonical, structure
from paper_repro.spec.migration import architecture_from_old

FORMAT = "paper_repro weights 4"
#: Without a refinement, with one, and with one that has triangles: ``spec.migration`` has their architectures in today's form.
_OLD_FORMATS = ("paper_repro weights 1", "paper_repro weights 2", "paper_repro weights 3")

#: The authors' names (b39e928) and ours, by prefix; within a block after "blocks.K.".
_OUTSIDE = {
    "seq_emb": "identity_embedding",
    "pos_emb": "position_embedding",
    "time_emb": "time_mlp",
    "dist_emb": "separation_embedding",
    "inner_prod_proj": "cosine_projection",
    "weight_head": "weight_head",
}
_INSIDE = {
    "s_to_z": "pair_update",
    "norm_z": "pair_norm",
    "z_mlp": "pair_transition",
    "norm_s": "single_norm",
    "qkv": "query_key_value",
    "z_to_bias": "pair_bias",
    "attn_out": "attention_output",
}


@attrs.frozen
class WeightsInfo:
    """What a weights file says of itself: where it is from, its architecture, and at which times the network is evaluated."""

    source: str
    architecture: Architecture
    query_times: tuple[float, ...] | None
    spec_sha256: str
    seed: int | None
    steps: int | None


def tensors_digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """Return the SHA-256 over names, types, shapes and values of tensors."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)};".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def tensors_as_bytes(tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return tensors and metadata as the content of a safetensors file, with the digest of the tensors in the metadata."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    data = save(plain, {**metadata, "tensors_sha256": tensors_digest(plain)})
    # the library writes the metadata in an order of its own each time: the same content must be the same bytes
    size = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + size]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors and metadata to a safetensors file, atomically."""
    write_bytes(path, tensors_as_bytes(tensors, metadata))


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read a safetensors file; raises ``DamagedError`` for a truncated or altered one, ``InputError`` where it cannot be read."""
    metadata = read_metadata(path)
    try:
        with safe_open(path, framework="pt") as stream:
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118  (not a mapping)
    except (OSError, SafetensorError) as error:
        raise DamagedError(path, f"cannot be read as safetensors ({error})", "a complete safetensors file") from error
    expected = metadata.get("tensors_sha256")
    if expected is not None and tensors_digest(tensors) != expected:
        raise DamagedError(path, "its tensors do not match the SHA-256 in its header", "an undamaged file")
    return tensors, metadata


def weights_as_bytes(model: Pairformer, *, query_times: tuple[float, ...], spec_sha256: str, seed: int, steps: int) -> bytes:
    """Return a network's weights as a file: with its architecture, its query times, and the spec hash."""
    metadata = {
        "format": FORMAT,
        "architecture": json.dumps(canonical(model.shape)),
        "query_times": json.dumps(query_times),
        "spec_sha256": spec_sha256,
        "seed": str(seed),
        "steps": str(steps),
    }
    return tensors_as_bytes(model.state_dict(), metadata)


def save_weights(path: Path, model: Pairformer, *, query_times: tuple[float, ...], spec_sha256: str, seed: int, steps: int) -> None:
    """Write what ``weights_as_bytes`` returns, atomically."""
    write_bytes(path, weights_as_bytes(model, query_times=query_times, spec_sha256=spec_sha256, seed=seed, steps=steps))


def _from_authors(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    renamed = {}
    for name, tensor in tensors.items():
        parts = name.split(".")
        if parts[0] == "blocks" and len(parts) > 3 and parts[2] in _INSIDE:
            parts[2] = _INSIDE[parts[2]]
        elif parts[0] in _OUTSIDE:
            parts[0] = _OUTSIDE[parts[0]]
        renamed[".".join(parts)] = tensor
    return renamed


def _sizes_of(path: Path, tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
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


def _authors_architecture(sizes: Mapping[str, Any], path: Path) -> Architecture:
    """Return the architecture of the authors' network: that of weights 1, which is the published one."""
    old = {**sizes, "identities": sizes["species"], "activation": "gelu", "time_input": "raw"}
    del old["species"]
    return structure(architecture_from_old(old, None, path), Architecture, path)


def _number(path: Path, metadata: Mapping[str, str], key: str, kind: type, *, above: float) -> Any:
    try:
        value = kind(metadata[key])
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: metadata {key}", repr(metadata.get(key)), "a number") from error
    if not above < value < 1e15:
        raise InputError(f"{path}: metadata {key}", repr(metadata[key]), f"a finite number > {above:g}")
    return value


def _json(path: Path, metadata: Mapping[str, str], key: str) -> Any:
    try:
        return json.loads(metadata.get(key, ""))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: metadata {key}", "not JSON", f"the {key} of the network in JSON") from error


def _query_times(path: Path, stated: Any) -> tuple[float, ...]:
    where = f"{path}: metadata query_times"
    times = structure(stated, tuple[float, ...], where)
    if not times or len(set(times)) != len(times) or not all(0 < time < 1e15 for time in times):
        raise InputError(where, repr(stated)[:60], "one or more different finite numbers > 0")
    return times


def _network_of(path: Path, metadata: Mapping[str, str]) -> tuple[Architecture, tuple[float, ...]]:
    """Read the architecture and the query times that a file states, in the form of its format."""
    where = f"{path}: metadata architecture"
    stated = _json(path, metadata, "architecture")
    if metadata["format"] == FORMAT:
        return structure(stated, Architecture, where), _query_times(path, _json(path, metadata, "query_times"))
    time = _number(path, metadata, "query_time", float, above=0)
    if metadata["format"] == _OLD_FORMATS[0]:
        return structure(architecture_from_old(stated, None, where), Architecture, where), (time,)
    refinement = _json(path, metadata, "refinement")
    times = refinement.get("query_times") if isinstance(refinement, dict) else None
    shape = architecture_from_old(stated, refinement, f"{path}: metadata refinement")
    return structure(shape, Architecture, where), _query_times(path, times)


def _described(path: Path, metadata: Mapping[str, str], sizes: Mapping[str, Any]) -> WeightsInfo:
    """Read what a file of this project says of itself; the sizes that it states must be those of its tensors."""
    if "tensors_sha256" not in metadata:
        raise InputError(f"{path}: metadata tensors_sha256", "missing", "the SHA-256 of the tensors")
    shape, times = _network_of(path, metadata)
    differing = [f"{name}: {value} → {sizes[name]}" for name, value in canonical(shape).items() if value != sizes.get(name, value)]
    if differing:
        raise InputError(f"{path}: metadata architecture", "; ".join(differing), "the architecture of the tensors")
    return WeightsInfo(
        "paper_repro",
        shape,
        times,
        metadata.get("spec_sha256", ""),
        _number(path, metadata, "seed", int, above=-1),
        _number(path, metadata, "steps", int, above=0),
    )


def load_weights(path: str | Path) -> tuple[Pairformer, WeightsInfo]:
    """Load a network from this project's format or the authors' (recognised by their tensor names).

    Raises ``InputError`` for a file that cannot be read, an unknown format, metadata that contradict the tensors, or tensors that
    are missing, too many, of another shape, or not finite.
    """
    path = Path(path)
    tensors, metadata = read_tensors(path)
    stated = metadata.get("format")
    if stated is not None or metadata.keys() & {"architecture", "query_times", "query_time", "tensors_sha256"}:
        require_format(f"{path}: metadata format", stated, FORMAT, *_OLD_FORMATS)
        info = _described(path, metadata, _sizes_of(path, tensors))
    else:
        tensors = _from_authors(tensors)
        info = WeightsInfo("authors", _authors_architecture(_sizes_of(path, tensors), path), None, "", None, None)
    with torch.device("meta"):  # shapes alone: no random number is drawn
        model = Pairformer(info.architecture)
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    for name in sorted(wanted.keys() | tensors.keys()):
        if name not in tensors:
            raise InputError(path, f"no tensor {name!r}", f"one of shape {wanted[name]}")
        if name not in wanted:
            raise InputError(path, f"tensor {name!r}", "only tensors of the Mini-AF3 network")
        if tuple(tensors[name].shape) != wanted[name]:
            raise InputError(path, f"tensor {name!r} has shape {tuple(tensors[name].shape)}", f"shape {wanted[name]}")
        if not tensors[name].is_floating_point() or not bool(torch.isfinite(tensors[name]).all()):
            raise InputError(path, f"tensor {name!r} holds values that are not finite numbers", "finite weights")
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return model.eval(), info
