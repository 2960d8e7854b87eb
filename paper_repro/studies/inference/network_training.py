"""Trains a score network on a user's own snapshots; resumable, and not repeated if its file exists."""

import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import numpy as np

from paper_repro.files import InputError, write_bytes
from paper_repro.pipeline.environment import maker
from paper_repro.pipeline.manifest import key_of
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score import training
from paper_repro.score.execution import execution
from paper_repro.score.field import NetworkForce
from paper_repro.score.pairformer import Pairformer
from paper_repro.score.training import TrainingData
from paper_repro.score.weights import load_weights, weights_as_bytes
from paper_repro.spec import Spec, canonical, digest
from paper_repro.spec import Training as Recipe

#: Snapshots of one system that an epoch takes one of, at most, as in the paper; batches of an epoch, at least.
_TOGETHER, _BATCHES = 10, 4


@attrs.frozen
class NetworkTraining:
    """One training of a recipe on some snapshots; ``name`` is that of its file in ``folder``, None where none is kept."""

    spec: Spec
    seed: int
    data: Sequence[Snapshots]
    name: str
    folder: Path | None
    threads: int

    @property
    def entries(self) -> TrainingData:
        """The snapshots as the training takes them: an epoch takes one of each entry, at most ten of one system."""
        count = sum(map(len, self.data))
        together = max(1, min(_TOGETHER, count // (_BATCHES * self.spec.training.clean_batch)))
        pieces = [(part, spins) for part in self.data for spins in np.array_split(part.spins, math.ceil(len(part) / together))]
        return TrainingData([part.species for part, _ in pieces], [spins.astype(np.float32) for _, spins in pieces])

    def recipe(self, entries: TrainingData) -> Recipe:
        """The training of the spec with as many epochs of these ``entries`` as make its number of steps."""
        steps = self.spec.training.steps(self.spec.training_set.sequences)
        per_epoch = self.spec.training.steps_in_epoch(len(entries.species))
        return attrs.evolve(self.spec.training, epochs=math.ceil(steps / per_epoch), seeds=(self.seed,))

    @property
    def steps(self) -> int:
        """The number of optimiser steps."""
        entries = self.entries
        return self.recipe(entries).steps(len(entries.species))

    def __call__(self, advance: Callable[[int, str], None], say: Callable[[str], None]) -> NetworkForce:
        """Return the network's force; from its file where that was made from the same snapshots by the same recipe."""
        entries, times = self.entries, self.spec.inversion.query_times
        recipe, key = self.recipe(entries), self._key(entries)
        kept = self._kept(key)
        if kept is not None:
            return NetworkForce(kept, times)
        path = None if self.folder is None else self.folder / f"{self.name}.checkpoint.safetensors"
        where = execution("cpu", self.threads)
        done = training.train(
            entries, self.spec.architecture, self.spec.diffusion, recipe, self.seed, checkpoint=path, key=key,
            progress=lambda step, _, loss: advance(step, f"loss {loss:.4f}"), say=say, where=where,
        )  # fmt: skip
        if self.folder is not None and path is not None:
            made = maker(where.name) | {"training": key}
            data = weights_as_bytes(
                done.model, query_times=times, spec_sha256=digest(self.spec), seed=self.seed, steps=len(done.losses), made=made
            )
            write_bytes(self.folder / f"{self.name}.safetensors", data)
            for left in (path, training.previous(path)):
                left.unlink(missing_ok=True)
        return NetworkForce(done.model, times)

    def _key(self, entries: TrainingData) -> str:
        """Return what the weights depend on, hashed: the recipe, the seed and the snapshots."""
        sha = hashlib.sha256()
        for species, spins in zip(entries.species, entries.spins, strict=True):
            sha.update(np.asarray([len(spins), *species], dtype="<i8").tobytes() + spins.astype("<f4").tobytes())
        parts = [canonical(part) for part in (self.spec.architecture, self.spec.diffusion, self.recipe(entries))]
        return key_of(parts, self.seed, sha.hexdigest())

    def _kept(self, key: str) -> Pairformer | None:
        path = None if self.folder is None else self.folder / f"{self.name}.safetensors"
        if path is None or not path.exists():
            return None
        try:
            model, info = load_weights(path)
        except InputError:
            return None  # damaged: it is repeated
        return model if info.made.get("training") == key else None
