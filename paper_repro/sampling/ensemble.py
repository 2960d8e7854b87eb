"""Ensembles: sequences with their equilibrium snapshots, and how each was sampled."""

import functools
from collections.abc import Collection, Sequence
from typing import Literal, Self

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.sphere import normalise
from paper_repro.sampling.snapshots import Snapshots

Which = Literal["training", "test"]

_TRACES = ("swap_rates", "energies", "end_cosines")
#: The arrays of ``Diagnostics``, each with the sequence as its first axis, in the order in which the file has them.
PER_SEQUENCE = (
    "swap_rates", "round_trips", "autocorrelation", "energies", "end_cosines", "mean_energy", "mean_energy_error", "exact_energy",
)  # fmt: skip


@attrs.frozen(eq=False)
class Diagnostics:
    """How each sequence of an ensemble was sampled.

    ``energies`` and ``end_cosines`` are the traces of H and of S_1·S_N at the coldest temperature, one step every ``step_sweeps``
    sweeps (0 for independent samples). Energies are in units of energy, ``autocorrelation`` and ``thinning`` in sweeps;
    ``mean_energy`` averages the trace of the energy and ``mean_energy_error`` is its standard error, autocorrelation included. NaN
    where something does not apply: swaps, round trips and autocorrelation of independent exact samples (``thinning`` is then 0), an
    exact energy of a law without exact solution, an error or autocorrelation of a trace too short to tell.
    """

    thinning: int
    step_sweeps: int
    swap_rates: Floats  # (sequence, replica-1)
    round_trips: Floats  # (sequence,)
    autocorrelation: Floats  # (sequence,)
    energies: Floats  # (sequence, step)
    end_cosines: Floats  # (sequence, step)
    mean_energy: Floats  # (sequence,)
    mean_energy_error: Floats  # (sequence,)
    exact_energy: Floats  # (sequence,)

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` where the parts do not belong together."""
        for name in PER_SEQUENCE:
            values, axes = getattr(self, name), 2 if name in _TRACES else 1
            if values.ndim != axes or len(values) != len(self) or values.dtype != np.float64:
                raise ValueError(f"{name} of shape {values.shape}, {values.dtype}; expected one per sequence, {len(self)}, float64")
        if self.energies.shape != self.end_cosines.shape:
            raise ValueError(f"traces of shapes {self.energies.shape} and {self.end_cosines.shape}; expected the same")

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.exact_energy)

    def without_traces(self) -> Self:
        """Return the same without a step of the traces: what is left of each sequence is a few numbers."""
        none = np.zeros((len(self), 0))
        return attrs.evolve(self, energies=none, end_cosines=none)


@attrs.frozen(eq=False)
class Ensemble:
    """Sequences of species, their snapshots, and the ``diagnostics`` of the sampling of each.

    ``spins`` (snapshot, total sites, 3) holds the chains one after the other; ``species_names`` are the letters of the sequences.
    """

    sequences: tuple[str, ...]
    species_names: str
    spins: npt.NDArray[np.float32]
    diagnostics: Diagnostics

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` where the parts do not belong together."""
        if not self.sequences or not all(self.sequences) or set("".join(self.sequences)) - set(self.species_names):
            raise ValueError(f"sequences; expected one or more, of letters of {self.species_names!r}")
        if self.spins.ndim != 3 or self.spins.shape[1:] != (sum(self.lengths), 3) or self.spins.dtype != np.float32:
            raise ValueError(
                f"spins of shape {self.spins.shape}, {self.spins.dtype}; expected (snapshot, {sum(self.lengths)}, 3), float32"
            )
        if not np.all(np.abs((self.spins * self.spins).sum(-1) - 1) < 1e-5):
            raise ValueError("spins; expected unit vectors")
        if len(self.diagnostics) != len(self):
            raise ValueError(f"diagnostics of {len(self.diagnostics)} sequences; expected those of {len(self)}")

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.sequences)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Number of sites of each sequence."""
        return tuple(len(sequence) for sequence in self.sequences)

    @functools.cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        return np.cumsum(self.lengths)

    def chain(self, k: int) -> Snapshots:
        """Return the snapshots of sequence ``k``, unit vectors in double precision."""
        sequence = self.sequences[k]
        end = int(self._ends[k])
        spins = normalise(self.spins[:, end - len(sequence) : end].astype(np.float64))
        return Snapshots.of(spins, sequence, species_names=tuple(self.species_names), origin=f"chain {k}, {sequence}")


def joined(parts: Sequence[Diagnostics]) -> Diagnostics:
    """Join the diagnostics of shards, in their order; raises ``ValueError`` for none, or for shards that were made differently."""
    made = {(part.thinning, part.step_sweeps, *(getattr(part, name).shape[1] for name in _TRACES)) for part in parts}
    _require_one(made, len(parts))
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in PER_SEQUENCE}
    return Diagnostics(parts[0].thinning, parts[0].step_sweeps, **arrays)


def _require_one(made: Collection[object], shards: int) -> None:
    if len(made) != 1:
        raise ValueError(f"{shards} shards made in {len(made)} ways; expected one or more, all made in the same way")


def concatenate(shards: Sequence[Ensemble]) -> Ensemble:
    """Join shards, in their order; raises ``ValueError`` for none, or for shards that were made differently."""
    _require_one({(shard.species_names, len(shard.spins)) for shard in shards}, len(shards))
    return Ensemble(
        sequences=tuple(sequence for shard in shards for sequence in shard.sequences),
        species_names=shards[0].species_names,
        spins=np.concatenate([shard.spins for shard in shards], axis=1),
        diagnostics=joined([shard.diagnostics for shard in shards]),
    )
