"""The commands and their names."""

from collections.abc import Sequence

from cyclopts import App

from paper_repro import __version__
from paper_repro.cli.audit import audit
from paper_repro.cli.claims import claims
from paper_repro.cli.compare import compare
from paper_repro.cli.constants import constants
from paper_repro.cli.infer import infer
from paper_repro.cli.infer_options import OUTPUT, USAGE
from paper_repro.cli.logz import logz
from paper_repro.cli.report import report
from paper_repro.cli.reproduce import reproduce
from paper_repro.cli.score_error import score_error
from paper_repro.cli.simulate import simulate
from paper_repro.cli.status import status
from paper_repro.cli.verify import verify
from paper_repro.files import InputError

app = App(
    name="paper-repro",
    version=__version__,
    suppress_keyboard_interrupt=False,
    help='Reproduce, audit and test "Autonomous Emergence of Hamiltonian in Deep Generative Models" (arXiv 2604.20821), '
    "and find the Hamiltonian behind other snapshots of spins.",
)
for _command in (status, report, verify, simulate, logz):
    app.command(_command)
app.command(reproduce, usage="Usage: paper-repro reproduce [SPEC] --out DIR [OPTIONS]")
app.command(compare, usage="Usage: paper-repro compare RUN [RUN…] [OPTIONS]")
app.command(constants, usage="Usage: paper-repro constants [SPEC] [OPTIONS]")
app.command(audit, usage="Usage: paper-repro audit MODEL [DATA…] [OPTIONS]")
app.command(claims, usage="Usage: paper-repro claims WEIGHTS [WEIGHTS…] [OPTIONS]")
app.command(score_error, usage="Usage: paper-repro score-error WEIGHTS [WEIGHTS…] [OPTIONS]")
app.command(infer, usage=USAGE, group_parameters=OUTPUT)

_OLD_COMMANDS = {"question": "claims", "score": "score-error", "lnz": "logz", "estimate": "infer --simulated SPEC"}
_OLD_OPTIONS = {"claims": {"--against": "--reference-run"}, "reproduce": {"--only": "--stage"}}


def refuse_old_names(arguments: Sequence[str]) -> None:
    """Raise ``InputError`` naming the new name of a command or option that had another."""
    name = arguments[0] if arguments else ""
    if name in _OLD_COMMANDS:
        raise InputError(name, "the old name of a command", f"'{_OLD_COMMANDS[name]}'")
    for argument in arguments[1:]:
        option = argument.partition("=")[0]
        if option in _OLD_OPTIONS.get(name, {}):
            raise InputError(f"{name} {option}", "the old name of an option", f"'{_OLD_OPTIONS[name][option]}'")
