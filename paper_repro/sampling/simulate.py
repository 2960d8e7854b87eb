"""``simulate``: snapshots of the law in a file, on every system that the file states."""

from collections.abc import Iterator
from pathlib import Path

from paper_repro.files import InputError, input_error
from paper_repro.numerics.arguments import Count, Seed, checked_arguments
from paper_repro.physics.exact import has_exact_solution
from paper_repro.sampling.engines import Progress
from paper_repro.sampling.law_file import Subject, subject_at
from paper_repro.sampling.simulation import Simulation, simulate_system
from paper_repro.sampling.snapshots import Snapshots

_RUNS = 8  # Markov chains of a law without an exact solution


@checked_arguments
def simulate(
    law: str | Path,
    snapshots: Count,
    *,
    temperature: float | None = None,
    sequences: Count | None = None,
    seed: Seed = 0,
    runs: Count | None = None,
    thinning: Count | None = None,
    threads: Count = 1,
) -> tuple[Snapshots, ...]:
    r"""Return snapshots of a law, a record for each system; how they were drawn is the first of ``notes`` of each.

    Args:
        law: a law file (terms, ``[couplings]``, ``temperature``, ``[system]``), or the spec of a run, whose systems are the
            sequences of its test set.
        snapshots: how many of each system.
        temperature: in units of energy / k_B, instead of that of the file.
        sequences: only so many of the systems, the first.
        seed: of the random numbers; the same seed gives the same snapshots.
        runs: how many Markov chains; 8 where none is given. Of a law with an exact solution the snapshots are independent.
        thinning: sweeps between snapshots of a run; two autocorrelation times, as found by pilot runs, where none is given.
        threads: which change nothing but the time.

    Raises ``InputError``, one line, for a file or sizes that cannot be served, and for ``runs`` or ``thinning`` of a law that needs
    no Markov chains.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "law.toml"
    ...     _ = path.write_text('temperature = 0.5\n[system]\nspecies = "ABBA"\n[exchange]\nseparations = [1]\n'
    ...                         '[couplings]\n"exchange 1" = 1.0\n')
    ...     (data,) = pr.simulate(path, 100)
    >>> data.spins.shape, data.notes
    ((100, 4, 3), ('exact solution: the snapshots are independent',))
    """
    subject = subject_at(Path(law), temperature, sequences)
    require_chains(subject, {"runs": runs, "thinning": thinning})
    made = simulations(subject, snapshots, seed=seed, runs=runs, thinning=thinning, threads=threads)
    return tuple(one.snapshots for one in made)


def require_chains(subject: Subject, given: dict[str, int | None]) -> None:
    """Raise ``InputError`` for arguments of Markov chains, by their names, where every system has an exact solution."""
    names = ", ".join(name for name, value in given.items() if value is not None)
    if names and all(has_exact_solution(subject.truth.terms, geometry) for geometry, _ in subject.systems):
        raise InputError(names, f"given for {subject.name}, which has an exact solution", "a law that needs Markov chains")


def simulations(
    subject: Subject,
    snapshots: int,
    *,
    seed: int,
    runs: int | None,
    thinning: int | None,
    threads: int,
    progress: Progress | None = None,
) -> Iterator[Simulation]:
    """Yield the simulation of each system of a subject; raises ``InputError`` for sizes and temperatures that cannot be served."""
    if seed < 0:
        raise InputError("seed", str(seed), "an integer ≥ 0")
    for number, (geometry, species) in enumerate(subject.systems):
        try:
            yield simulate_system(
                subject.truth, geometry, species, snapshots, seed=seed, system=number, runs=_RUNS if runs is None else runs,
                thinning=thinning, threads=threads, progress=progress,
            )  # fmt: skip
        except ValueError as error:
            raise input_error(f"law {subject.name}", error, "sizes and a temperature that can be served") from error
