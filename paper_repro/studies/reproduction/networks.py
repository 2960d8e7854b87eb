"""The networks of a run: one of each training seed, and the authors' where their weights are given."""

import attrs


@attrs.frozen
class Network:
    """A trained network: its name in files, its label in names of stages, the key of its random streams, and where it computes."""

    name: str
    label: str
    key: tuple[int, ...]
    device: str = "cpu"

    @property
    def weights(self) -> str:
        """The name of the file of its weights."""
        return "weights/authors.safetensors" if self.name == "authors" else f"weights/seed-{self.name}.safetensors"


def trained(seed: int, device: str = "cpu") -> Network:
    """Return the network of one training seed."""
    return Network(str(seed), f"seed {seed}", (seed,), device)


#: The authors' released weights; the key is longer than that of any seed, so that no stream is shared.
AUTHORS = Network("authors", "authors", (0, 0))
