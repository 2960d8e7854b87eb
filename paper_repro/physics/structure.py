"""Sites with positions: which pairs of them are at the same distance, the shortest distance first, images of the cell included.

The first shell holds the pairs at the shortest distance anywhere, the second those at the next, and so on. Distances that differ by
less than a relative tolerance are equal. A pair is written along its direction: of its displacement the first component that is not
zero is positive, so that equal bonds of a lattice have equal directions wherever they are.
"""

import functools
import importlib
import itertools
from typing import Any, Self

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats, Integers

#: Distances that differ by less than this part are equal where nothing else is stated: text has positions to 6 digits or more.
TOLERANCE = 1e-4
_SPREAD = 10  # tolerances: equal distances that follow one another this far are no shell


def _same(one: Floats | None, other: Floats | None) -> bool:
    return other is None if one is None else other is not None and np.array_equal(one, other)


@attrs.frozen(eq=False)
class Shell:
    """The ``pairs`` (pair, 2) of one distance, and their ``displacements`` (pair, 3) from the first site to the second.

    Two sites of a small cell may be a pair several times, each time by another image.
    """

    pairs: Integers
    displacements: Floats

    @property
    def lengths(self) -> Floats:
        """The distance of each pair (pair,)."""
        lengths: Floats = np.linalg.norm(self.displacements, axis=1)
        return lengths


@attrs.frozen(hash=False)
class Structure:
    """Where sites are: ``positions`` (site, 3) and a ``cell`` (3, 3), rows a, b, c, of which those count that are ``periodic``.

    Lengths are in any one unit; two distances are equal within the relative ``tolerance``. Made by ``of``.
    """

    positions: Floats = attrs.field(eq=attrs.cmp_using(eq=_same))
    cell: Floats | None = attrs.field(eq=attrs.cmp_using(eq=_same))
    periodic: tuple[bool, bool, bool]
    tolerance: float

    @classmethod
    def of(
        cls, positions: npt.ArrayLike, cell: npt.ArrayLike | None, periodic: npt.ArrayLike, tolerance: float = TOLERANCE
    ) -> Self:
        """Return the structure of plain arrays.

        Raises ``ValueError`` for other shapes, numbers that are not finite, and a direction that is periodic and has no vector.
        """
        places = _numbers(positions, "positions", "(site, 3)")
        vectors = None if cell is None else _numbers(cell, "cell", "(3, 3), rows a, b, c", rows=3)
        flags: npt.NDArray[Any] = np.asarray(periodic)
        if flags.shape != (3,) or not np.isin(flags, (False, True)).all():
            found = " ".join(repr(flags.tolist()).split())[:80]
            raise ValueError(f"periodic = {found}; expected three, each true or false")
        if flags.any() and vectors is None:
            raise ValueError("periodic without a cell; expected a cell (3, 3), rows a, b, c")
        if not 0 < tolerance < 0.1:
            raise ValueError(f"tolerance = {tolerance!r}; expected a relative difference of distances, above 0 and below 0.1")
        along = tuple(bool(flag) for flag in flags)
        made = cls(places, vectors, (along[0], along[1], along[2]), tolerance)
        if np.linalg.matrix_rank(made.vectors, rtol=1e-9) < len(made.vectors):
            raise ValueError(f"periodic along {made.vectors.tolist()}; expected independent vectors of the cell")
        return made

    @property
    def sites(self) -> int:
        """The number of sites."""
        return len(self.positions)

    @functools.cached_property
    def vectors(self) -> Floats:
        """The vectors of the cell along which it is periodic (vector, 3)."""
        return np.zeros((0, 3)) if self.cell is None else self.cell[np.array(self.periodic)]

    def shells(self, count: int) -> tuple[Shell, ...]:
        """Return the first shells, ``count`` of them or as many as there are.

        Raises ``ValueError`` for two sites at one place, for distances that run into one another, and for a shell that binds a site
        to its own image, for which the cell is too small.
        """
        found = self._found(count)
        for number, shell in enumerate(found, start=1):
            _require_sound(shell, number, self.tolerance)
        return found

    def sound_shells(self, count: int) -> tuple[Shell, ...]:
        """Return the first shells, at most ``count``, before the first that ``shells`` refuses; raises where that is shell 1."""
        found = self._found(count)
        for number, shell in enumerate(found, start=1):
            try:
                _require_sound(shell, number, self.tolerance)
            except ValueError:
                if number == 1:
                    raise
                return found[: number - 1]
        return found

    @functools.cached_property
    def _known(self) -> dict[int, tuple[Shell, ...]]:
        """The shells that were found already, by their number."""
        return {}

    def _found(self, count: int) -> tuple[Shell, ...]:
        """Return the first shells, ``count`` of them or as many as there are up to that of a site and its own image."""
        if count not in self._known:
            self._known[count] = self._search(count)
        return self._known[count]

    def _search(self, count: int) -> tuple[Shell, ...]:
        """Find pairs within a radius that grows until it holds ``count`` distances and a longer one, or all that there may be."""
        if self.sites < 2 and not len(self.vectors):
            return ()
        lengths = np.linalg.norm(self.vectors if len(self.vectors) else np.ptp(self.positions, axis=0)[None], axis=1)
        farthest = 1.01 * float(lengths.min())
        radius = 1.01 * self._shortest()
        while True:
            every = self._within(radius)
            ends = _ends(every.lengths, self.tolerance)
            if (
                len(ends) > count or radius >= farthest
            ):  # at the end the last group is whole: nothing is beyond, or an image is in it
                parts = [slice(start, stop) for start, stop in itertools.pairwise([0, *ends[:count]])]
                return tuple(_in_order(Shell(every.pairs[rows], every.displacements[rows])) for rows in parts)
            radius = min(1.3 * radius, farthest)

    def _shortest(self) -> float:
        """Return a length that the shortest distance does not exceed."""
        lengths = [float(np.linalg.norm(vector)) for vector in self.vectors]
        if self.sites > 1:
            nearest: Any = _tree(self.positions).query(self.positions, k=2)[0]
            lengths.append(float(nearest[:, 1].min()))
        shortest = min(lengths)
        if not shortest > 1e-9 * np.abs(self.positions).max(initial=0.0):
            raise ValueError("two sites at one place; expected different positions")
        return shortest

    def _within(self, radius: float) -> Shell:
        """Return all pairs up to a distance, each once, in its direction, by length."""
        inverse = np.linalg.pinv(self.vectors)  # (3, vector): fractional coordinates
        base = self.positions - np.floor(self.positions @ inverse) @ self.vectors
        reach = [int(radius * np.linalg.norm(column)) + 1 for column in inverse.T]
        steps = np.array(list(itertools.product(*(range(-most, most + 1) for most in reach))), dtype=np.float64)
        images = (steps @ self.vectors)[:, None, :] + base
        site = np.broadcast_to(np.arange(self.sites), images.shape[:2])
        near = ((images > base.min(0) - radius) & (images < base.max(0) + radius)).all(-1)
        found: Any = _tree(base).sparse_distance_matrix(_tree(images[near]), radius, output_type="ndarray")
        displacements = images[near][found["j"]] - base[found["i"]]
        pairs = np.stack([found["i"], site[near][found["j"]]], axis=1).astype(np.int64)
        kept = _is_forward(displacements, self.tolerance)
        shell = Shell(pairs[kept], displacements[kept])
        order = np.argsort(shell.lengths, kind="stable")
        return Shell(shell.pairs[order], shell.displacements[order])


def _numbers(given: npt.ArrayLike, name: str, shape: str, rows: int | None = None) -> Floats:
    array: npt.NDArray[Any] = np.asarray(given)
    if array.dtype.kind not in "fiu" or array.ndim != 2 or array.shape[1] != 3 or len(array) != (rows or max(len(array), 1)):
        raise ValueError(f"{name} of {array.dtype} and shape {array.shape}; expected numbers {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} that are not finite; expected finite numbers {shape}")
    return array.astype(np.float64)


def _tree(points: Floats) -> Any:
    """Return a k-d tree of points; SciPy's is loaded when it is used, in a quarter of a second."""
    return importlib.import_module("scipy.spatial").cKDTree(points)


def _ends(lengths: Floats, tolerance: float) -> list[int]:
    """Return where each group of equal lengths ends, for lengths that ascend."""
    apart = np.flatnonzero(np.diff(lengths) > tolerance * lengths[:-1]) + 1
    return [*apart.tolist(), len(lengths)] if len(lengths) else []


def _is_forward(displacements: Floats, tolerance: float) -> npt.NDArray[np.bool_]:
    """Return whether the first component that is not zero is positive; a displacement of length zero has none."""
    length = np.linalg.norm(displacements, axis=1, keepdims=True)
    counts = np.abs(displacements) > tolerance * length
    first = counts.argmax(1)
    forward: npt.NDArray[np.bool_] = (np.take_along_axis(displacements, first[:, None], 1)[:, 0] > 0) & counts.any(1)
    return forward


def _in_order(shell: Shell) -> Shell:
    order = np.lexsort((*shell.displacements.T[::-1], shell.pairs[:, 1], shell.pairs[:, 0]))
    return Shell(shell.pairs[order], shell.displacements[order])


def _require_sound(shell: Shell, number: int, tolerance: float) -> None:
    shortest, longest = shell.lengths.min(), shell.lengths.max()
    if longest > (1 + _SPREAD * tolerance) * shortest:
        raise ValueError(
            f"distances {shortest:.6g} to {longest:.6g} of shell {number} run into one another at tolerance = {tolerance:g}; "
            f"expected equal distances and gaps"
        )
    own = np.flatnonzero(shell.pairs[:, 0] == shell.pairs[:, 1])
    if len(own):
        raise ValueError(
            f"shell {number}, distance {shortest:.6g}, binds site {shell.pairs[own[0], 0]} to its own image; "
            f"expected a larger cell or fewer shells"
        )
