"""The command line: arguments only; what the commands do is in ``artifact.commands``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter

from paper_repro import __version__
from paper_repro.files import InputError

if TYPE_CHECKING:
    from rich.console import Console

app = App(
    name="paper-repro",
    version=__version__,
    help='Reproduce, audit and question "Autonomous Emergence of Hamiltonian in Deep Generative Models" (arXiv 2604.20821).',
)


def _spec(path: Path | None) -> Path:
    from paper_repro.spec.loading import specs_folder  # noqa: PLC0415  (heavy imports wait until a command needs them)

    return specs_folder() / "paper.toml" if path is None else path


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415

    return Console(highlight=False)


@app.command
def reproduce(spec: Path | None = None, /, *, out: Path) -> int:
    """Run a spec from sampling to report; started again, it goes on where it stopped.

    Parameters
    ----------
    spec
        The spec to run; the published run, specs/paper.toml, where none is given.
    out
        The run directory.
    """
    from paper_repro.artifact import commands  # noqa: PLC0415

    return commands.reproduce(_spec(spec), out, _console())


@app.command
def status(directory: Path, /) -> int:
    """Show which stages of a run are made.

    Parameters
    ----------
    directory
        The run directory.
    """
    from paper_repro.artifact import commands  # noqa: PLC0415

    return commands.status(directory, _console())


@app.command
def report(directory: Path, /) -> int:
    """Judge the results of a run as far as it has come, and show and write the report.

    Parameters
    ----------
    directory
        The run directory.
    """
    from paper_repro.artifact import commands  # noqa: PLC0415

    commands.make_report(directory, _console())
    return 0


@app.command
def verify(directory: Path, /) -> int:
    """Recompute the SHA-256 of every output of a run; exit status 1 when one is missing or altered.

    Parameters
    ----------
    directory
        The run directory.
    """
    from paper_repro.artifact import commands  # noqa: PLC0415

    return commands.verify(directory, _console())


@app.command
def constants(spec: Path | None = None, /) -> int:
    """Print every constant with its value, unit, meaning and origin.

    Parameters
    ----------
    spec
        A spec, or published.toml; specs/paper.toml where none is given.
    """
    from paper_repro.artifact import commands  # noqa: PLC0415

    return commands.constants(_spec(spec), _console())


@app.command
def audit(
    weights: Path,
    /,
    *,
    sequences: int = 2000,
    snapshots: int = 5,
    seed: int = 0,
    spec: Path | None = None,
    json: Annotated[Path | None, Parameter(name="--json")] = None,
) -> int:
    """Read the couplings out of trained weights, on fresh sequences drawn from the exact solution.

    Parameters
    ----------
    weights
        A safetensors file: ours, or the authors' released weights under their own names.
    sequences
        How many sequences.
    snapshots
        How many snapshots of each.
    seed
        Seed of the sequences, the snapshots and the resampling.
    spec
        Where couplings, lengths and temperature come from; specs/paper.toml where none is given.
    json
        A file for the figures, as JSON.
    """
    from paper_repro.artifact import commands  # noqa: PLC0415

    return commands.audit(weights, _spec(spec), sequences, snapshots, seed, json, _console())


@app.command
def lnz(sequence: str, /, *, temperature: float, spec: Path | None = None, json: bool = False) -> int:
    """Print the exact ln Z, mean energy and heat capacity of a chain.

    Parameters
    ----------
    sequence
        The identities along the chain, such as ABBA.
    temperature
        Temperature in units of J_AA / k_B.
    spec
        Where the couplings come from; specs/paper.toml where none is given.
    json
        Print one JSON object instead.
    """
    from paper_repro.artifact import commands  # noqa: PLC0415

    return commands.lnz(sequence, _spec(spec), temperature, json, _console())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 done, 1 found at fault, 2 unusable input, 130 interrupted."""
    try:
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        line = " ".join(str(error).split())
        sys.stderr.write(f"paper-repro: {line}\n")
        return 2
    except InputError as error:
        sys.stderr.write(f"paper-repro: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"paper-repro: {error.filename or 'input or output'}: {error.strerror or error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("paper-repro: interrupted; the same command goes on where it stopped\n")
        return 130
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    sys.exit(main())
