"""Ensembles compared with each other."""

import attrs
import numpy as np


def same(first, second):
    """Equal to the byte in every field."""
    parts = [
        {**attrs.asdict(item, recurse=False), **attrs.asdict(item.diagnostics), "diagnostics": None} for item in (first, second)
    ]
    return all(np.asarray(parts[0][name]).tobytes() == np.asarray(parts[1][name]).tobytes() for name in parts[0])
