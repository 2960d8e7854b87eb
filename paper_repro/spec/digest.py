"""What identifies a spec: its values as plain data, their SHA-256, and the values in which two specs differ."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from paper_repro.spec.plain import converter


def canonical(record: Any) -> dict[str, Any]:
    """Return the values of a spec as plain data."""
    data: dict[str, Any] = converter.unstructure(record)
    return data


def digest(record: Any) -> str:
    """Return the SHA-256 over the values of a spec; citations do not enter."""
    return digest_of_plain(canonical(record))


def digest_of_plain(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 over the values of a spec that is given as plain data."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


#: The sections of a spec that determine the training set and what is trained on it.
_OF_THE_TRAINING = (
    "hamiltonian", "target", "chains", "ladder", "sampler", "training_set", "seeds", "diffusion", "architecture", "training",
)  # fmt: skip


def training_digest(spec: Any) -> str:
    """Return the SHA-256 over the values of a spec that determine its networks, apart from the seed of each.

    The test set, the query times, the likelihood and the number of trainings do not enter: specs that differ in them alone have the
    same networks.
    """
    values = {name: section for name, section in canonical(spec).items() if name in _OF_THE_TRAINING}
    values["training"] = {name: value for name, value in values["training"].items() if name != "seeds"}
    return digest_of_plain(values)


def differences(first: Any, second: Any, prefix: str = "") -> list[str]:
    """Return a line "path: a → b" for every value in which two specs, as plain data, differ."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        keys = list(dict.fromkeys([*first, *second]))
        return [line for key in keys for line in differences(first.get(key), second.get(key), f"{prefix}{key}.")]
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        first_named, second_named = ({item["name"]: item for item in side if isinstance(item, Mapping)} for side in (first, second))
        if first_named and second_named:
            return differences(first_named, second_named, prefix)
        if list(first) == list(second):
            return []
    return [] if first == second else [f"{prefix[:-1]}: {first} → {second}"]
