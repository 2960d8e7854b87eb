"""Code of the user's own: a model by FILE.py:name, and its errors in one line that names the user's file and line."""

import importlib.util
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from paper_repro.files import InputError

T = TypeVar("T")

_NAME = "paper_repro_own_model"
_LONGEST = 300  # letters of an error of the user's code
_OURS = str(Path(__file__).resolve().parents[1])
_INSTALLED = (_OURS, *(sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")), "<frozen", "<__array")


def own_name(text: str) -> tuple[Path, str] | None:
    """Return the file and the name of FILE.py:name; None for any other text, such as the path of weights."""
    found = re.fullmatch(r"(.*\.py):(\w+)", text)
    return None if found is None else (Path(found[1]), found[2])


def require_file(file: Path) -> None:
    """Raise ``InputError`` where there is no such file."""
    if not file.is_file():
        raise InputError(file, "cannot be read (no such file)", "a file of Python")


def load_own(file: Path, name: str) -> object:
    """Run a file of Python and return what it defines as ``name``.

    The file's folder is where its imports are looked for first, as when it is run by Python itself. Raises ``InputError`` in one
    line for a file that cannot be read, an error while it runs, and a name that it does not define.
    """
    require_file(file)
    found = importlib.util.spec_from_file_location(_NAME, file)
    if found is None or found.loader is None:
        raise InputError(file, "cannot be run", "a file of Python")
    module, loader = importlib.util.module_from_spec(found), found.loader
    sys.modules[_NAME] = module
    sys.path.insert(0, str(file.resolve().parent))
    in_own_code(f"{file}", lambda: loader.exec_module(module))
    if not hasattr(module, name):
        defined = [other for other in vars(module) if not other.startswith("_") and callable(vars(module)[other])]
        raise InputError(file, f"no name {name!r}", f"one that it defines{': ' if defined else ''}{', '.join(defined[:8])}")
    return getattr(module, name)


def in_own_code(where: str, work: Callable[[], T]) -> T:
    """Return what some work of the user's code gives; its error becomes an ``InputError`` that names the line it arose in."""
    try:
        return work()
    except (InputError, MemoryError):
        raise
    except SystemExit as error:
        raise InputError(_place(error, where), f"the program ends itself, SystemExit({error.code})", "code that returns") from error
    except SyntaxError as error:
        raise InputError(f"{error.filename}: line {error.lineno}", f"{type(error).__name__}: {error.msg}", "Python") from error
    except Exception as error:
        raise InputError(_place(error, where), f"{type(error).__name__}: {str(error)[:_LONGEST]}", _remedy(error)) from error


def _place(error: BaseException, where: str) -> str:
    """Return file and line of the deepest frame of the user's own code; ``where`` where no frame is."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_INSTALLED)]
    return f"{own[-1].filename}: line {own[-1].lineno}" if own else where


def _remedy(error: Exception) -> str:
    if "does not require grad" in str(error):
        return "spins.requires_grad_() before the energy is computed"
    return "code that runs"


def described(thing: Any) -> str:
    """Return what a thing is, in a few words."""
    return f"a {type(thing).__name__}" if not isinstance(thing, type) else f"the class {thing.__name__}"
