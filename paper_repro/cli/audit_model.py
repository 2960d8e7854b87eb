"""``paper-repro audit`` of a model of the user's own, or on snapshots of the user's own."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs
from cyclopts import Group, Parameter
from rich.console import Console

from paper_repro.cli.checks import require_sizes, require_weights
from paper_repro.cli.console import reporter_beside
from paper_repro.cli.own_files import OwnFiles
from paper_repro.files import InputError, input_error
from paper_repro.report.terminal import show
from paper_repro.score.own_code import require_file
from paper_repro.spec import Spec

if TYPE_CHECKING:
    from paper_repro.physics.terms.library import Library
    from paper_repro.physics.truth import Truth
    from paper_repro.sampling.snapshots import Snapshots
    from paper_repro.score.own_force import OwnForce


@Parameter(name="*", group=Group("Own snapshots", sort_key=1))
@attrs.frozen
class OwnDataOptions(OwnFiles):
    """What is stated of snapshots in files, and the terms to which the force is fitted."""

    def of(self, data: Sequence[Path]) -> "OwnData":
        """Return what is in files, once it is read; raises ``InputError`` as ``check``."""
        self.check()
        return OwnData(tuple(data), self)


@attrs.frozen
class OwnData:
    """Snapshots in files; they and the resampling of the errors have the ``seed`` 0."""

    files: tuple[Path, ...]
    options: OwnDataOptions
    seed: int = 0

    def draw(self, _: Spec) -> "tuple[tuple[Snapshots, ...], Library]":
        """Return the snapshots, and the library to which the force is fitted."""
        terms = self.options.terms()
        return self.options.read(self.files), terms


@attrs.frozen
class Simulated:
    """Snapshots of fresh sequences from the exact solution of a spec: how many, and their seed."""

    sequences: int
    snapshots: int
    seed: int

    @classmethod
    def of(cls, spec: Spec, sequences: int | None, snapshots: int | None, seed: int | None) -> Self:
        """Return the sizes given, by default those of the spec's test set; raises ``InputError`` for an invalid size."""
        test = spec.test_set
        count, each = test.sequences if sequences is None else sequences, test.snapshots if snapshots is None else snapshots
        made = cls(count, each, seed or 0)
        require_sizes(made.sequences, made.snapshots, made.seed)
        return made

    def draw(self, spec: Spec) -> "tuple[tuple[Snapshots, ...], Truth]":
        """Return the snapshots and their law."""
        from paper_repro.physics.truth import Truth
        from paper_repro.sampling.exact_data import exact_data

        return tuple(exact_data(spec, self.sequences, self.snapshots, self.seed)), Truth.of(spec.hamiltonian, spec.beta)


def audit_model(
    model: Path,
    code: tuple[Path, str] | None,
    data: OwnData | Simulated,
    spec: Spec,
    query_times: Sequence[float] | None,
    console: Console,
) -> dict[str, Any]:
    """Show the couplings in the force of weights, or of the model of a FILE.py, on some data; return the numbers."""
    if code is None:
        require_weights([model])
    else:
        require_file(code[0])
    from paper_repro.pipeline.codec import plain
    from paper_repro.studies.model_audit.audit import audit
    from paper_repro.studies.model_audit.sections import TITLE, sections

    own = None if code is None else _loaded(code, str(model), console)  # what is wrong with it shows before the work
    if own is not None and own.kind == "force" and query_times is not None:
        raise InputError("--query-times", f"given with {model}, a force field, which knows no diffusion time", "a score model")
    snapshots, library = data.draw(spec)
    made, stated = _of_weights(model, snapshots) if own is None else (own.model, None)
    times = None if own is not None and own.kind == "force" else query_times or stated or spec.inversion.query_times
    with reporter_beside(console) as reporter, _printing_beside(console):
        reporter.stage("audit", len(snapshots))
        found = audit(made, snapshots, library, query_times=times, seed=data.seed, name=str(model), progress=reporter.advance)
    show(sections(found), TITLE, console)
    about = {"seed": data.seed} | ({} if found.truth is None else {"spec": spec.name})
    numbers: dict[str, Any] = plain(found.as_results() | about)
    return numbers


def _of_weights(weights: Path, data: "Sequence[Snapshots]") -> tuple[object, tuple[float, ...] | None]:
    """Return the network of a file, for the sites of some data, and the query times that the file states."""
    from paper_repro.sampling.snapshots import names_of
    from paper_repro.score.weights import load_weights

    network, info = load_weights(weights)
    sites, species = max(part.sites for part in data), len(names_of(data))
    if info.architecture.positions < sites or info.architecture.species < species:
        found = f"serves {info.architecture.positions} sites and {info.architecture.species} species"
        raise InputError(weights, found, f"at least {sites} sites and {species} species")
    return network.requires_grad_(False), info.query_times


def _loaded(code: tuple[Path, str], name: str, console: Console) -> "OwnForce":
    """Return the model of a FILE.py:NAME; raises ``InputError`` if it is not one."""
    from paper_repro.score.own_code import load_own
    from paper_repro.score.own_force import own_force

    with _printing_beside(console):
        found = load_own(*code)
        try:
            return own_force(found, (), name)
        except ValueError as error:
            raise input_error(name, error, "a score model or a force field") from error


@contextlib.contextmanager
def _printing_beside(console: Console) -> Iterator[None]:
    """Let what the user's code prints go to standard error where the JSON goes to standard output."""
    if console.stderr:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    else:
        yield
