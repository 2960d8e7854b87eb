"""Compiled functions, and the cache that keeps their machine code between processes.

numba's own cache looks at the file of the function called first and at no other, and ends with a traceback where a cached file
is damaged. Here a cached file carries a SHA-256 over the machine code and all that it was made from, the sources of every compiled
function called and the constants they read: what is not exactly what was written, or was made from something else, is compiled
again. Functions and constants are seen where they are used by a name of the module itself, not as ``module.name``.
"""

import contextlib
import hashlib
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import njit
from numba.core.caching import FunctionCache, NullCache
from numba.core.dispatcher import Dispatcher
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps

from paper_repro.files import InputError, write_bytes

Function = TypeVar("Function", bound=Callable[..., Any])


def _dependencies(function: Any, seen: dict[str, Any]) -> dict[str, Any]:
    """Return what the machine code of a function is made from: source files by path, and the constants that they read."""
    path = function.__code__.co_filename
    seen.setdefault(path, Path(path).read_bytes())
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        key = f"{function.__module__}.{function.__qualname__}: {name}"
        if isinstance(value, Dispatcher):
            if key not in seen:
                seen[key] = "compiled"
                _dependencies(value.py_func, seen)
        elif value is not None and not isinstance(value, types.ModuleType | types.FunctionType | type):
            seen[key] = repr(value)
    return seen


class _Cache(FunctionCache):
    """One file for each function, argument types and processor; a damaged or outdated one is as good as none."""

    def _file(self, signature: Any, codegen: Any) -> Path:
        key = repr((signature, codegen.magic_tuple(), sys.version_info, numba.__version__))
        name = f"{self._py_func.__module__}.{self._py_func.__qualname__}"
        return Path(self.cache_path) / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.nbc"

    def _seal(self, code: bytes) -> bytes:
        made_from = repr(sorted(_dependencies(self._py_func, {}).items()))
        return hashlib.sha256(hashlib.sha256(made_from.encode()).digest() + code).digest()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)  # what a refresh of the context adds to this is for compiling: a quarter of a second
        try:
            stored = self._file(sig, target_context.codegen()).read_bytes()
        except OSError:
            return None
        seal, code = stored[:32], stored[32:]
        if self._seal(code) != seal:
            return None
        return self._impl.rebuild(target_context, pickle.loads(code))  # noqa: S301 -- our own machine code, by its seal

    def save_overload(self, sig: Any, data: Any) -> None:
        if not self._impl.check_cachable(data):
            return
        code = dumps(self._impl.reduce(data))  # type: ignore[no-untyped-call]
        with contextlib.suppress(InputError):  # a cache that cannot be written costs time at the next start, and nothing else
            write_bytes(self._file(sig, data.codegen), self._seal(code) + code)


def jit(function: Function) -> Function:
    """Compile a kernel without the interpreter lock and without fastmath: every sum is done in the order in which it is written.

    Division by zero gives an infinity, as in NumPy: a check at each division would keep the loops from being vectorised. The
    machine code is kept in the folder of the source, in the user's cache folder if that cannot be written, or not at all.
    """
    return _dispatcher(function, inline=False)


def jit_inline(function: Function) -> Function:
    """Compile a part of a kernel as ``jit`` does, and put its code wherever it is called: a call in a loop keeps it scalar."""
    return _dispatcher(function, inline=True)


def _dispatcher(function: Function, *, inline: bool) -> Function:
    dispatcher: Any = njit(nogil=True, error_model="numpy", forceinline=inline)(function)
    try:
        dispatcher._cache = _Cache(function)  # type: ignore[no-untyped-call]
    except RuntimeError:  # no folder can be written
        dispatcher._cache = NullCache()
    return cast(Function, dispatcher)
