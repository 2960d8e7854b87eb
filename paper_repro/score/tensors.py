"""Tensors on disk: safetensors with a SHA-256 over names, types, shapes and values; the same content is the same bytes."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from paper_repro.files import DamagedError, write_bytes
from paper_repro.score.header import read_metadata


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
    """Read a safetensors file; raises ``DamagedError`` for a truncated or altered one, ``InputError`` where it cannot be read.

    The tensors are copied into memory of torch's own alignment: in the file they begin where the length of the header puts them,
    and a product of matrices rounds differently for another alignment.
    """
    metadata = read_metadata(path)
    try:
        with safe_open(path, framework="pt") as stream:
            tensors = {name: stream.get_tensor(name).clone() for name in stream.keys()}  # noqa: SIM118  (not a mapping)
    except (OSError, SafetensorError) as error:
        raise DamagedError(path, f"cannot be read as safetensors ({error})", "a complete safetensors file") from error
    expected = metadata.get("tensors_sha256")
    if expected is not None and tensors_digest(tensors) != expected:
        raise DamagedError(path, "its tensors do not match the SHA-256 in its header", "an undamaged file")
    return tensors, metadata
