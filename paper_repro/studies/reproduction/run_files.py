"""What the stages read of a run: its data sets, networks, random streams, and the chain of the likelihood."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from paper_repro.numerics.streams import data_key
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.truth import Truth
from paper_repro.sampling import storage
from paper_repro.sampling.ensemble import Which
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.field import NetworkForce
from paper_repro.score.weights import load_weights
from paper_repro.spec import Spec, canonical
from paper_repro.spec.migration import spec_as_in_run_3
from paper_repro.studies.reproduction.networks import Network

#: Sequences in a file of a data set.
SHARD = 200


def sequences_of(spec: Spec, which: Which) -> int:
    """Return the number of sequences of a data set."""
    return (spec.training_set if which == "training" else spec.test_set).sequences


def shards(spec: Spec, which: Which) -> tuple[str, ...]:
    """Return the names of the files of a data set."""
    return tuple(f"ensemble/{which}-{number:05d}.npz" for number in range(math.ceil(sequences_of(spec, which) / SHARD)))


def chains_of(folder: Path, spec: Spec, which: Which, snapshots: int | None = None) -> Iterator[Snapshots]:
    """Yield the snapshots of every sequence of a data set, of each the first ``snapshots``, all where that is None."""
    for name in shards(spec, which):
        shard = storage.load(folder / name)
        for index in range(len(shard)):
            yield shard.chain(index).part(slice(snapshots))


def force_of_network(folder: Path, spec: Spec, network: Network) -> NetworkForce:
    """Return a network of the run as a force field on its device, at the query times of the spec."""
    return force_of_weights(folder, spec, network, network.weights)


def force_of_weights(folder: Path, spec: Spec, network: Network, weights: str) -> NetworkForce:
    """Return the force field of a network with the weights of one file of the run."""
    model, _ = load_weights(folder / weights)
    return NetworkForce(model.to(network.device), spec.inversion.query_times)


def likelihood_chain(spec: Spec) -> SpinHamiltonian:
    """Return the law on the chain of the likelihood."""
    chain = spec.likelihood.chain
    return Truth.of(spec.hamiltonian, spec.beta).on(Geometry.open_chain(len(chain)), chain)


def stream(spec: Spec, name: str, *index: int) -> np.random.SeedSequence:
    """Return the key of a random generator of a stream of ``numerics.streams``."""
    return data_key(spec.seeds.data, name, *index)


def device_constant(device: str) -> dict[str, str]:
    """Return what the key of a stage covers of a device: that it is a GPU, whose numbers differ from those of a processor."""
    return {} if device == "cpu" else {"device": "cuda"}


def constants_of(spec: Spec, *names: str) -> dict[str, Any]:
    """Return sections of a spec as plain data: what the key of a stage covers.

    They have the form of runs 3 if that can express them, so that the data sets of such a run stay valid.
    """
    values = canonical(spec)
    return {name: (spec_as_in_run_3(values) or values)[name] for name in names}
