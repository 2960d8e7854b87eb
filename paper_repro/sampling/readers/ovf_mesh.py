"""The mesh of an OVF segment: how many sites it has, how many numbers each, and where they are."""

import math
import re

import attrs
import numpy as np

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats
from paper_repro.sampling.readers.frames import Layout

_AXES = "xyz"


@attrs.frozen(eq=False)
class Mesh:
    """Cells of a mesh, ``sites`` of them, with ``columns`` numbers each; vectors are multiplied by ``multiplier``.

    ``nodes``, ``step`` and ``base`` (3,) are those of a rectangular mesh; an irregular one has no ``nodes``.
    """

    sites: int
    columns: int
    multiplier: float = 1.0
    nodes: tuple[int, ...] | None = None
    step: tuple[float, ...] = ()
    base: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    def split(self, values: Floats) -> tuple[Floats, Layout]:
        """Return the vectors (site, 3) of values (site, column), and where the sites are."""
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused with its place
            vectors = values[:, -3:] if self.multiplier == 1 else values[:, -3:] * self.multiplier
            if self.nodes is None:
                return vectors, Layout(positions=values[:, :3].copy())
            z, y, x = np.unravel_index(np.arange(self.sites), self.nodes[::-1])
            positions = np.array(self.base) + np.array(self.step) * np.stack([x, y, z], axis=-1)
            return vectors, Layout(positions=positions, cell=np.diag(np.array(self.nodes) * np.array(self.step)))


def mesh_of(header: dict[str, str], version: int, at: str) -> Mesh:
    """Return the mesh that a header states; raises ``InputError`` for what is missing or none."""
    components = _integer(header, "valuedim", at) if version == 2 else 3
    if components != 3:
        raise InputError(at, f"valuedim: {components}", "3, vectors")
    multiplier = _number(header, "valuemultiplier", at, 1.0) if version == 1 else 1.0
    if multiplier == 0:
        raise InputError(at, "valuemultiplier: 0", "a number that is not 0")
    kind = header.get("meshtype", "rectangular").casefold()
    if kind == "irregular":
        return Mesh(_integer(header, "pointcount", at), 6, multiplier)
    if kind != "rectangular":
        raise InputError(at, f"meshtype: {kind[:40]}", "rectangular or irregular")
    nodes = tuple(_integer(header, f"{axis}nodes", at) for axis in _AXES)
    step, notes = _steps(header, nodes, at)
    base = tuple(_number(header, f"{axis}base", at, 0.0) for axis in _AXES)
    return Mesh(math.prod(nodes), 3, multiplier, nodes, step, base, notes)


def _steps(header: dict[str, str], nodes: tuple[int, ...], at: str) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return the distances of neighbouring cells along each axis: 1 where none is stated."""
    stated = [_number(header, f"{axis}stepsize", at, 0.0) for axis in _AXES]
    for axis, step in zip(_AXES, stated, strict=True):
        if step < 0:
            raise InputError(at, f"{axis}stepsize: {step:g}", "a number > 0")
    needed = [step for step, count in zip(stated, nodes, strict=True) if count > 1]
    if any(needed) and not all(needed):
        raise InputError(
            at, f"step sizes {', '.join(f'{step:g}' for step in stated)}", "numbers > 0 along each axis with several nodes"
        )
    notes = () if all(needed) else ("the mesh has no step sizes: they are taken as 1 along each axis",)
    return tuple(step or max(stated) or 1.0 for step in stated), notes


def _integer(header: dict[str, str], key: str, at: str) -> int:
    text = header.get(key)
    if text is None or not re.fullmatch(r"0*[1-9]\d{0,8}", text):
        found = f"no {key}" if text is None else f"{key}: {text[:40]}"
        raise InputError(at, found, "an integer ≥ 1")
    return int(text)


def _number(header: dict[str, str], key: str, at: str, absent: float) -> float:
    text = header.get(key, "")
    if not text:
        return absent
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(at, f"{key}: {text[:40]}", "a finite number")
    return value
