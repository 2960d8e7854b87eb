"""``paper-repro simulate``: snapshots of a law, in the format that ``infer`` reads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from paper_repro.cli.checks import require_at_least, require_new, spec_path
from paper_repro.cli.console import console_beside, reporter_beside, write_json
from paper_repro.cli.options import JsonTarget, RunTarget, Whole
from paper_repro.files import InputError, require_output
from paper_repro.pipeline.progress import TerminalReporter
from paper_repro.report.terminal import say
from paper_repro.spec.reader import read_toml

if TYPE_CHECKING:
    from paper_repro.sampling.law_file import Subject
    from paper_repro.sampling.simulation import Simulation

_SHOWN = 4  # systems whose statements are printed
_LAW = "A law (terms, [couplings], temperature and [system] in TOML), or the spec of a run, whose systems are its test sequences."


def simulate(
    law: Annotated[Path, Parameter(help=_LAW)],
    /,
    *,
    snapshots: Whole,
    out: RunTarget,
    seed: Whole = 0,
    temperature: float | None = None,
    sequences: Whole | None = None,
    runs: Whole | None = None,
    thinning: Whole | None = None,
    json: JsonTarget = None,
) -> int:
    """Draw snapshots of a law and write them as npz: independent ones where it has an exact solution, else Markov chains.

    Parameters
    ----------
    snapshots
        Number of snapshots of each system: a chain, or the sites of the law.
    out
        The file, an npz archive that infer and pr.read take.
    seed
        Seed of the random numbers; the same seed gives the same bytes.
    temperature
        Temperature, in units of energy / k_B, instead of that of the file.
    sequences
        Number of chains, the first ones of the file.
    runs
        Number of independent Markov chains, for a law without exact solution; by default 8.
    thinning
        Sweeps between snapshots of a chain; by default two autocorrelation times, from pilot chains.
    """
    chains = {"runs": runs, "thinning": thinning}
    require_at_least(1, snapshots=snapshots, **{name: value for name, value in chains.items() if value is not None})
    require_at_least(0, seed=seed)
    require_output(out)
    for target in (out, json):
        require_new(target, [spec_path(law)])
    if json is not None and json.resolve() == out.resolve() and (out.is_file() or not out.exists()):
        raise InputError("--json", f"{json}, which is --out too", "another file")
    read_toml(spec_path(law))  # what cannot be read shows before anything slow is loaded
    from paper_repro.sampling.law_file import subject_at
    from paper_repro.sampling.readers.npz import write
    from paper_repro.sampling.simulate import require_chains

    subject = subject_at(spec_path(law), temperature, sequences)
    require_chains(subject, {f"--{name}": value for name, value in chains.items()})
    console = console_beside(json)
    made = _simulated(subject, snapshots, seed, runs, thinning, reporter_beside(console))
    write(out, [one.snapshots for one in made])
    count, sites = len(made), sum(len(species) for _, species in subject.systems)
    each = f"{snapshots:,} snapshots of {sites} sites"
    if count > 1:
        each = f"{snapshots * count:,} snapshots, {snapshots:,} of each of {count} chains ({sites:,} sites in all)"
    say(f"{subject.name} at T = {1 / subject.truth.beta:g} (energy / k_B): {each}", console)
    for line in _lines(made):
        say(line, console, indent=2)
    say(f"written to {out}", console, indent=2)
    write_json(json, _numbers(subject, made, snapshots, seed))
    return 0


def _simulated(
    subject: "Subject", snapshots: int, seed: int, runs: int | None, thinning: int | None, reporter: TerminalReporter
) -> "list[Simulation]":
    """Draw the snapshots of every system, and report the progress."""
    from paper_repro.numerics.parallel import available_cores
    from paper_repro.sampling.simulate import simulations

    done, total = 0, snapshots * len(subject.systems)

    def progress(more: int) -> None:
        nonlocal done
        done += more
        reporter.advance(min(done, total))

    with reporter:
        reporter.stage("snapshots", total)
        reporter.advance(0, "pilot chains first, where there is no exact solution")
        threads = available_cores()
        return list(simulations(subject, snapshots, seed=seed, runs=runs, thinning=thinning, threads=threads, progress=progress))


def _lines(made: "list[Simulation]") -> list[str]:
    """Return how the snapshots were drawn, once for systems of which the same is true, and what speaks against them."""
    said = list(dict.fromkeys(line for one in made for line in one.snapshots.notes))
    return said if len(said) <= _SHOWN else [*said[:_SHOWN], f"… and {len(said) - _SHOWN} lines of other chains: --json has all"]


def _numbers(subject: "Subject", made: "list[Simulation]", snapshots: int, seed: int) -> dict[str, Any]:
    import attrs

    couplings = dict(zip(subject.truth.terms.names, subject.truth.couplings.tolist(), strict=True))
    systems = [
        {"sites": one.snapshots.sites, "exact": one.markov is None, "notes": list(one.snapshots.notes)}
        | ({} if one.markov is None else {"markov": attrs.asdict(one.markov)})
        for one in made
    ]
    about = {"law": subject.name, "temperature": 1 / subject.truth.beta, "snapshots": snapshots, "seed": seed}
    return about | {"couplings": couplings, "systems": systems}
