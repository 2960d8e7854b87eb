"""The command line: arguments only; what the commands do is in ``cli.commands``."""

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

from cyclopts import App, CycloptsError, Parameter

from paper_repro import __version__
from paper_repro.files import InputError, printable

if TYPE_CHECKING:
    from rich.console import Console

app = App(
    name="paper-repro",
    version=__version__,
    suppress_keyboard_interrupt=False,
    help='Reproduce, audit and question "Autonomous Emergence of Hamiltonian in Deep Generative Models" (arXiv 2604.20821).',
)


def _spec(path: Path | None) -> Path:
    from paper_repro.spec.loading import specs_folder  # noqa: PLC0415  (heavy imports wait until a command needs them)

    return specs_folder() / "paper.toml" if path is None else path


def _console() -> "Console":
    from rich.console import Console, ConsoleOptions, RenderableType  # noqa: PLC0415
    from rich.segment import Segment  # noqa: PLC0415

    class Lasting(Console):
        """A console whose reader may go away without ending the work; no text out of a file or a name commands the terminal."""

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else "\n".join(map(printable, text.split("\n"))), style, control)

        def on_broken_pipe(self) -> None:
            with contextlib.suppress(SystemExit):
                super().on_broken_pipe()

    console = Lasting(highlight=False)
    if console.width < 1:  # COLUMNS=0
        console.width = 80
    return console


@app.command
def reproduce(
    spec: Path | None = None,
    /,
    *,
    out: Path,
    authors_weights: Annotated[Path | None, Parameter(env_var="PAPER_REPRO_AUTHORS_WEIGHTS")] = None,
    workers: int | None = None,
    scheduler: str | None = None,
    only: Literal["sample", "train"] | None = None,
) -> int:
    """Run a spec from sampling to report; started again, it goes on where it stopped.

    Parameters
    ----------
    spec
        The spec to run; the published run, specs/paper.toml, where none is given.
    out
        The run directory.
    authors_weights
        The authors' released weights as safetensors, to ask them what our own networks are asked (see REPRODUCE.md).
    workers
        Make the stages in this many processes, as many at a time; the results are the same bytes.
    scheduler
        Make the stages on the workers of the Dask scheduler at this address; the results are the same bytes. Needs
        dask.distributed (pip install 'paper-repro[cluster]') and a run directory that every worker sees.
    only
        Make the data sets only, or the networks only.
    """
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.reproduce(_spec(spec), out, _console(), authors_weights, workers, scheduler, only)


@app.command
def status(directory: Path, /) -> int:
    """Show which stages of a run are made.

    Parameters
    ----------
    directory
        The run directory.
    """
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.status(directory, _console())


@app.command
def report(directory: Path, /) -> int:
    """Judge the results of a run as far as it has come, and show and write the report.

    Parameters
    ----------
    directory
        The run directory.
    """
    from paper_repro.cli import commands  # noqa: PLC0415

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
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.verify(directory, _console())


@app.command
def constants(spec: Path | None = None, /) -> int:
    """Print every constant with its value, unit, meaning and origin.

    Parameters
    ----------
    spec
        A spec, or published.toml; specs/paper.toml where none is given.
    """
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.constants(_spec(spec), _console())


@app.command
def audit(
    weights: Path,
    /,
    *,
    sequences: int | None = None,
    snapshots: int | None = None,
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
        How many sequences; as many as the spec's test set where none is given.
    snapshots
        How many snapshots of each; as many as the spec's test set where none is given.
    seed
        Seed of the sequences, the snapshots and the resampling.
    spec
        Where couplings, lengths and temperature come from; specs/paper.toml where none is given.
    json
        A file for the figures, as JSON.
    """
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.audit(weights, _spec(spec), sequences, snapshots, seed, json, _console())


@app.command
def estimate(
    *,
    sequences: int | None = None,
    snapshots: int | None = None,
    seed: int = 0,
    weights: Path | None = None,
    spec: Path | None = None,
    json: Annotated[Path | None, Parameter(name="--json")] = None,
) -> int:
    """Estimate the couplings by maximum likelihood, pseudolikelihood and score matching, which are told the terms of H.

    Parameters
    ----------
    sequences
        How many fresh sequences, from the exact solution; as many as the spec's test set where none is given.
    snapshots
        How many snapshots of each; as many as the spec's test set where none is given.
    seed
        Seed of the sequences and the snapshots.
    weights
        A trained network, to be asked about the same snapshots.
    spec
        Where couplings, lengths and temperature come from; specs/paper.toml where none is given.
    json
        A file for the figures, as JSON.
    """
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.estimate(_spec(spec), sequences, snapshots, seed, weights, json, _console())


@app.command
def score(
    weights: Path,
    /,
    *others: Path,
    configurations: int = 128,
    seed: int = 0,
    spec: Path | None = None,
    json: Annotated[Path | None, Parameter(name="--json")] = None,
) -> int:
    """Compare the score of trained networks with the exact one, by diffusion time: where ln Z is lost.

    Parameters
    ----------
    weights
        A safetensors file of trained weights.
    others
        More of them.
    configurations
        How many configurations at each time.
    seed
        Seed of the configurations, the noise and the sampling of the exact score.
    spec
        Where the couplings, the chain and the end time come from; specs/paper.toml where none is given.
    json
        A file for the figures, as JSON.
    """
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.score([weights, *others], _spec(spec), configurations, seed, json, _console())


@app.command
def question(
    weights: Path,
    /,
    *others: Path,
    sequences: int = 200,
    snapshots: int = 2,
    seed: int = 0,
    run: Path | None = None,
    against: Path | None = None,
    spec: Path | None = None,
    json: Annotated[Path | None, Parameter(name="--json")] = None,
) -> int:
    """Measure what the paper says of its results, on trained networks, and give a verdict on each statement.

    Parameters
    ----------
    weights
        A safetensors file of trained weights.
    others
        More of them: independent trainings, whose scatter is part of the errors.
    sequences
        How many fresh sequences, from the exact solution.
    snapshots
        How many snapshots of each.
    seed
        Seed of sequences, snapshots and resampling.
    run
        The results.json of a run of these weights, for its plateau.
    against
        The results.json of a better training on data of the same temperature: what it leaves of the deviation at high energies.
    spec
        Where couplings, lengths and temperature come from; specs/paper.toml where none is given.
    json
        A file for verdicts and evidence, as JSON.
    """
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.question([weights, *others], _spec(spec), sequences, snapshots, seed, run, against, json, _console())


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
    from paper_repro.cli import commands  # noqa: PLC0415

    return commands.lnz(sequence, _spec(spec), temperature, json, _console())


class Terminated(BaseException):
    """The process was asked to end by SIGTERM."""


def _terminate(*_: object) -> None:
    raise Terminated


def _complain(line: str, status: int) -> int:
    if sys.stderr is not None:  # closed
        sys.stderr.write(f"paper-repro: {line}\n")
        sys.stderr.flush()
    return status


#: How torch and threads say that memory has run out.
_NO_MEMORY = ("can't allocate memory", "out of memory", "Storage size calculation overflowed", "can't start new thread")
_GO_ON = "the same command goes on where it stopped"
_ENDINGS = {signal.SIGINT: (f"interrupted; {_GO_ON}", 130), signal.SIGTERM: (f"terminated; {_GO_ON}", 143)}
_SECONDS_TO_STOP = 4.0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status.

    0 done, 1 found at fault, 2 unusable input or not enough memory or disk, 130 interrupted, 143 terminated.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without β shows ? instead of failing
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _complain(" ".join(str(error).split()), 2)
    except InputError as error:
        return _complain(str(error), 2)
    except OSError as error:
        return _complain(f"{error.filename or 'input or output'}: {error.strerror or error}", 2)
    except (MemoryError, RuntimeError) as error:
        line = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, RuntimeError) and not any(words in line for words in _NO_MEMORY):
            raise
        return _complain(f"not enough memory ({printable(line)[:200]}); expected smaller sizes", 2)
    except KeyboardInterrupt:
        return _complain(*_ENDINGS[signal.SIGINT])
    except Terminated:
        return _complain(*_ENDINGS[signal.SIGTERM])
    finally:
        signal.signal(signal.SIGTERM, before)
    return status if isinstance(status, int) else 0


@contextlib.contextmanager
def _stop_in_time() -> Iterator[None]:
    """End the process some seconds after a signal that has not ended it: a kernel cannot be interrupted, and need not be.

    What is on the disk is whole at any time, and what is not there yet is made again.
    """
    ended = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)  # written to at once, whatever the main thread does

    def watch() -> None:
        while number := os.read(reader, 1):
            if number[0] in _ENDINGS and not ended.wait(_SECONDS_TO_STOP):
                if os.isatty(1):
                    os.write(1, b"\x1b[?25h")  # the cursor, which a bar of progress hides
                os._exit(_complain(*_ENDINGS[signal.Signals(number[0])]))
        os.close(reader)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        os.close(writer)


def program() -> NoReturn:
    """Run the command line as a process of its own, which a signal ends in time; ``main`` says with what status."""
    with _stop_in_time():
        status = main()
        if status in {130, 143}:  # a thread may still be in a kernel: nobody waits for it
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError, AttributeError):  # closed
                    stream.flush()
            os._exit(status)
    sys.exit(status)
