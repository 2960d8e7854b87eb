"""The figures of a report: one file a figure, which takes a record of arrays and labels and knows nothing of where they come from.

matplotlib is imported here and nowhere else. The backend and the settings are ours, whatever the surroundings say: a backend that
a notebook names in MPLBACKEND, which matplotlib refuses where it is not installed, is hidden from the import, and ``style`` draws
in settings of its own.
"""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def _without_a_named_backend() -> Iterator[None]:
    stated = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if stated is not None:
            os.environ["MPLBACKEND"] = stated


with _without_a_named_backend():
    import matplotlib as mpl  # noqa: F401  (so that every later import finds it loaded)
