"""Ensembles: random sequences, their equilibrium snapshots, how well these were sampled, and the file they are kept in."""

import functools
import io
import itertools
import math
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, Literal

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.files import DamagedError, InputError, NotFiniteError, write_bytes
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.streams import data_key
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
from paper_repro.physics.species import as_species
from paper_repro.physics.sphere import normalise
from paper_repro.sampling import replica_exchange
from paper_repro.sampling.ladder import temperatures
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.spec import Chains, Spec

Which = Literal["training", "test"]

_REJECTIONS = 100  # of a sequence that was drawn before, after which the ones left of its length are counted
_FILE = "an ensemble written by this project (npz)"


def _different(generator: np.random.Generator, letters: str, length: int, seen: set[str]) -> str:
    """Return a sequence of a length that is not in ``seen``, uniformly: by rejection, or among those left where few are.

    Raises ``InputError`` where all of that length are in ``seen``.
    """
    alphabet = np.array(list(letters))
    for _ in range(_REJECTIONS):
        sequence = "".join(alphabet[generator.integers(len(letters), size=length)])
        if sequence not in seen:
            return sequence
    left = len(letters) ** length - sum(len(other) == length for other in seen)
    if left == 0:
        raise InputError(
            "chains.repeats",
            f"false, and more sequences of {length} sites than the {len(letters) ** length} different ones",
            "longer chains, smaller sets, or true",
        )
    unseen = (word for word in map("".join, itertools.product(letters, repeat=length)) if word not in seen)
    return next(itertools.islice(unseen, int(generator.integers(left)), None))


@functools.lru_cache(maxsize=8)
def _draw(seed: int, chains: Chains, letters: str, training: int, test: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    seen: set[str] = set()
    drawn: list[str] = []
    keys = [("training sequences", k) for k in range(training)] + [("test sequences", k) for k in range(test)]
    for key in keys:
        generator = np.random.default_rng(data_key(seed, *key))
        length = int(generator.integers(chains.shortest, chains.longest, endpoint=True))
        sequence = _different(generator, letters, length, seen)
        if not chains.repeats:
            seen.add(sequence)  # one drawn again has the same length: the distribution of the lengths stays uniform
        drawn.append(sequence)
    return tuple(drawn[:training]), tuple(drawn[training:])


def draw_sequences(spec: Spec) -> tuple[list[str], list[str]]:
    """Return the training and the test sequences: lengths uniform on N_min..N_max, the species of each site uniform.

    Each is drawn by a generator keyed by (stage, index). They depend on ``seeds.data``, ``chains``, ``hamiltonian.species`` and the
    two sizes, and on nothing else. All are different unless ``chains.repeats``; raises ``InputError`` where a length was drawn for
    more sequences than there are different ones.
    """
    training, test = _draw(
        spec.seeds.data, spec.chains, spec.hamiltonian.species, spec.training_set.sequences, spec.test_set.sequences
    )
    return list(training), list(test)


def require_sequences(spec: Spec) -> None:
    """Raise ``InputError`` where the sequences cannot all be different: they are drawn only where that may be."""
    wanted = spec.training_set.sequences + spec.test_set.sequences
    if not spec.chains.repeats and len(spec.hamiltonian.species) ** min(spec.chains.shortest, 64) < wanted:
        draw_sequences(spec)


@attrs.frozen(eq=False)
class Ensemble:
    """Sequences, their equilibrium snapshots, and the diagnostics of the sampling of each sequence.

    ``spins`` (snapshot, total sites, 3) holds the chains one after the other. ``energies`` and ``end_cosines`` are the traces of
    H and of S_1·S_N at the coldest temperature, one step every ``step_sweeps`` sweeps (0 for independent samples). Energies are in
    units of energy, ``autocorrelation`` and ``thinning`` in sweeps; ``mean_energy`` averages the trace of the energy and
    ``mean_energy_error`` is its standard error, autocorrelation included. NaN where something does not apply: swaps, round trips
    and autocorrelation of independent exact samples (``thinning`` is then 0), an exact energy beyond separation 2, an error or
    autocorrelation of a trace too short to tell.
    """

    sequences: tuple[str, ...]
    identities: str
    thinning: int
    step_sweeps: int
    spins: npt.NDArray[np.float32]
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
        if not self.sequences or not all(self.sequences) or set("".join(self.sequences)) - set(self.identities):
            raise ValueError(f"sequences; expected one or more, of letters of {self.identities!r}")
        if self.spins.ndim != 3 or self.spins.shape[1:] != (sum(self.lengths), 3) or self.spins.dtype != np.float32:
            raise ValueError(
                f"spins of shape {self.spins.shape}, {self.spins.dtype}; expected (snapshot, {sum(self.lengths)}, 3), float32"
            )
        if not np.all(np.abs((self.spins * self.spins).sum(-1) - 1) < 1e-5):
            raise ValueError("spins; expected unit vectors")
        for name in _PER_SEQUENCE:
            values, axes = getattr(self, name), 2 if name in _TRACES else 1
            if values.ndim != axes or len(values) != len(self) or values.dtype != np.float64:
                raise ValueError(f"{name} of shape {values.shape}, {values.dtype}; expected one per sequence, {len(self)}, float64")
        if self.energies.shape != self.end_cosines.shape:
            raise ValueError(f"traces of shapes {self.energies.shape} and {self.end_cosines.shape}; expected the same")

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
        return Snapshots.of(spins, sequence, species_names=tuple(self.identities), origin=f"chain {k}, {sequence}")


_TRACES = ("swap_rates", "energies", "end_cosines")
_PER_SEQUENCE = (*_TRACES, "round_trips", "autocorrelation", "mean_energy", "mean_energy_error", "exact_energy")


def _generate_one(spec: Spec, which: Which, sequence: str, index: int) -> Ensemble:
    generator = np.random.default_rng(data_key(spec.seeds.data, f"{which} snapshots", index))
    matrix = coupling_matrix(as_species(sequence, spec.hamiltonian.species), spec.hamiltonian)
    snapshots = (spec.training_set if which == "training" else spec.test_set).snapshots
    exact = ExactChain(matrix, spec.beta) if spec.hamiltonian.range <= 2 else None
    thinning, step_sweeps, tau = 0, 0, np.nan
    swap_rates, round_trips = np.full(spec.ladder.replicas - 1, np.nan), np.nan
    if spec.sampler.method == "exact":
        if exact is None:
            raise InputError(
                "sampler.method", f"'exact' with couplings up to separation {spec.hamiltonian.range}", "'replica-exchange' beyond 2"
            )
        spins = exact.sample(snapshots, generator)
        trace = np.asarray(exchange_energy(spins, matrix), dtype=np.float64)
        end_cosines = (spins[:, 0] * spins[:, -1]).sum(-1)
        effective = len(trace) if len(trace) > 1 else np.nan
    else:
        run = replica_exchange.sample(matrix, temperatures(spec.temperature, spec.ladder), spec.sampler, snapshots, generator)
        spins, trace, end_cosines = run.spins, run.cold_energies, run.end_cosines
        swap_rates, round_trips = run.swap_rates, float(run.round_trips)
        steps = replica_exchange.autocorrelation_time(trace)
        effective = len(trace) / steps
        thinning, step_sweeps = spec.sampler.thinning, spec.sampler.swap_interval
        tau = steps * step_sweeps
    if not (np.isfinite(trace).all() and np.isfinite(spins).all()):
        where = f"{which} sequence {index}, data seed {spec.seeds.data}"
        raise NotFiniteError(where, "energies or spins of the sampler that are not finite")
    error = np.nan if np.isnan(effective) else np.std(trace, ddof=1) / np.sqrt(effective)
    return Ensemble(
        sequences=(sequence,),
        identities=spec.hamiltonian.species,
        thinning=thinning,
        step_sweeps=step_sweeps,
        spins=spins.astype(np.float32),
        swap_rates=swap_rates[None],
        round_trips=np.array([round_trips]),
        autocorrelation=np.array([tau]),
        energies=trace[None],
        end_cosines=end_cosines[None],
        mean_energy=np.array([np.mean(trace)]),
        mean_energy_error=np.array([error]),
        exact_energy=np.array([np.nan if exact is None else exact.mean_energy]),
    )


def generate(
    spec: Spec, which: Which, first: int, last: int, *, progress: Callable[[int], None] | None = None, threads: int = 2
) -> Ensemble:
    """Return the sequences ``first`` ≤ k < ``last`` of a data set with their snapshots at the coldest temperature.

    A pure function of (spec, which, k) for each sequence: neither threads nor the division into shards change a byte.
    ``progress`` is called with the number of sequences done. Raises ``InputError`` for exact sampling of couplings beyond
    separation 2, ``ValueError`` for a range outside the data set, and ``NotFiniteError`` where an energy is not a finite number.
    """
    sequences = draw_sequences(spec)[0 if which == "training" else 1]
    if not 0 <= first < last <= len(sequences):
        raise ValueError(f"sequences {first}..{last} of the {which} set; expected a range within 0..{len(sequences)}")
    parts: list[Ensemble] = []
    with ThreadPoolExecutor(threads) as executor:
        for part in executor.map(lambda k: _generate_one(spec, which, sequences[k], k), range(first, last)):
            parts.append(part)
            if progress is not None:
                progress(len(parts))
    return concatenate(parts)


def concatenate(shards: Sequence[Ensemble]) -> Ensemble:
    """Join shards, in their order; raises ``ValueError`` for none, or for shards that were made differently."""
    made = {
        (
            shard.identities,
            shard.thinning,
            shard.step_sweeps,
            len(shard.spins),
            *(getattr(shard, name).shape[1] for name in _TRACES),
        )
        for shard in shards
    }
    if len(made) != 1:
        raise ValueError(f"{len(shards)} shards made in {len(made)} ways; expected one or more, all made in the same way")
    return Ensemble(
        sequences=tuple(sequence for shard in shards for sequence in shard.sequences),
        identities=shards[0].identities,
        thinning=shards[0].thinning,
        step_sweeps=shards[0].step_sweeps,
        spins=np.concatenate([shard.spins for shard in shards], axis=1),
        **{name: np.concatenate([getattr(shard, name) for shard in shards]) for name in _PER_SEQUENCE},
    )


def as_bytes(ensemble: Ensemble) -> bytes:
    """Return an ensemble as the content of an npz file, without pickled objects."""
    arrays: dict[str, npt.NDArray[Any]] = {
        field.name: np.asarray(getattr(ensemble, field.name)) for field in attrs.fields(Ensemble)
    }
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def save(ensemble: Ensemble, path: Path) -> None:
    """Write an ensemble to a file; raises ``InputError`` when that cannot be done."""
    write_bytes(path, as_bytes(ensemble))


def _require_declared_sizes(stream: BinaryIO) -> None:
    """Raise ``ValueError`` unless every array is as large as the file holds bytes for it: before any memory is taken."""
    size = stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > size or any(member.compress_type for member in members):
            raise ValueError("members that are compressed or larger than the file")
        for member in members:
            with archive.open(member) as part:
                version = np.lib.format.read_magic(part)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(part)
                declared = math.prod(shape) * dtype.itemsize
                if dtype.hasobject or min(shape, default=0) < 0 or part.tell() + declared != member.file_size:
                    raise ValueError(f"{member.filename} declares {declared:,} bytes in a member of {member.file_size:,}")
    stream.seek(0)


def _read(path: Path) -> Ensemble:
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise ValueError("not a whole npz archive")
        _require_declared_sizes(stream)
        with np.load(stream, allow_pickle=False) as stored:
            fields = {field.name for field in attrs.fields(Ensemble)}
            missing, more = sorted(fields - set(stored.files)), sorted(set(stored.files) - fields)
            if missing or more:
                other = f"without {', '.join(missing)}" if missing else f"with {', '.join(more)}"
                raise _OtherFormatError(f"an ensemble of {'an earlier' if missing else 'a newer'} format, {other}")
            arrays = {name: stored[name] for name in fields}
    names = ("sequences", "identities", "thinning", "step_sweeps")
    sequences, identities, thinning, step_sweeps = (arrays.pop(name) for name in names)
    return Ensemble(tuple(map(str, sequences)), str(identities), int(thinning), int(step_sweeps), **arrays)


class _OtherFormatError(ValueError):
    """The file holds other arrays than this version writes."""


def load(path: Path) -> Ensemble:
    """Read an ensemble; raises ``InputError`` for a file that is missing, damaged (``DamagedError``), or something else."""
    try:
        return _read(path)
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror or error})", _FILE) from error
    except _OtherFormatError as error:
        raise InputError(path, str(error), _FILE) from error
    except Exception as error:  # a damaged archive raises many kinds; each means that the file cannot be used
        raise DamagedError(path, f"not usable ({error})", _FILE) from error
