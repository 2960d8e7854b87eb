"""The force of any model: a score model near t = 0, or a force field without time.

What is called with four arguments is a score model (``score.model``): tensors of species (chain, site), spins (chain, site, 3),
time (chain,) and mask (chain, site), on the device and in the precision of its first parameter. What is called with two is a force
field: arrays of species (site,) and spins (snapshot, site, 3). Both get copies, and answer for the shape of the spins.
"""

import inspect
from typing import Any, Literal, cast

import attrs
import numpy as np
import numpy.typing as npt
import torch

from paper_repro.numerics.arrays import Floats
from paper_repro.score.field import as_batch, extrapolation
from paper_repro.score.model import ScoreModel, place_of
from paper_repro.score.own_code import described, in_own_code

Kind = Literal["score", "force"]
_ARGUMENTS: dict[int, Kind] = {4: "score", 2: "force"}
_EXPECTED = "a function of (species, spins, time, mask) or (species, spins)"
#: Largest relative difference between the answers for a snapshot alone and among others: rounding in single precision is less.
_DEPENDS = 1e-3


@attrs.frozen
class OwnForce:
    """β × force of a ``model``: (species (site,), spins (snapshot, site, 3)) → (snapshot, site, 3), in float64.

    ``times`` are the diffusion times at which a score model is evaluated, extrapolated to t = 0 where there are several
    (``score.field``); a force field has none. ``name`` is the head of every message.
    """

    model: Any
    kind: Kind
    times: tuple[float, ...]
    name: str

    def __call__(self, species: npt.NDArray[Any], spins: npt.NDArray[Any]) -> Floats:
        """Return the force; ``InputError`` for an error in the model's code, ``ValueError`` for an answer that is not numbers."""
        answers = [numbers_of(self.raw(species, spins, time), "the model") for time in self.times or (0.0,)]
        result: Floats = np.tensordot(extrapolation(self.times), np.stack(answers), 1) if len(answers) > 1 else answers[0]
        return result

    def raw(self, species: npt.NDArray[Any], spins: npt.NDArray[Any], time: float | None = None, method: str = "__call__") -> Any:
        """Return what the model, or a ``method`` of it, answers at one diffusion time, the first where none is given."""
        call = self.model if method == "__call__" else getattr(self.model, method)
        if self.kind == "force":
            return in_own_code(self.name, lambda: call(species.copy(), spins.copy()))
        device, dtype = place_of(cast(ScoreModel, self.model))
        at = torch.tensor(spins, dtype=dtype, device=device)  # a copy
        arguments = as_batch(species.copy(), at, self.times[0] if time is None else time)
        return in_own_code(self.name, lambda: call(*arguments))

    def interaction(self, species: npt.NDArray[Any], spins: npt.NDArray[Any]) -> Floats:
        """Return the model's W (snapshot, site, site) at the first of the times."""
        return numbers_of(self.raw(species, spins, method="interaction"), "'interaction'")

    def require_independent(self, species: npt.NDArray[Any], spins: npt.NDArray[Any]) -> None:
        """Raise ``ValueError`` where the answer for a snapshot is another alone than among others, or when it is computed again."""
        if not len(spins):
            return
        alone, among = self(species, spins[:1]), self(species, spins[[0, *range(len(spins))]])
        if among.shape != (len(spins) + 1, *spins.shape[1:]) or alone.shape != spins[:1].shape or not np.isfinite(among).all():
            return  # reported by the caller
        size, changes = np.abs(among[0]).max(initial=0.0), np.abs(np.stack([alone[0], among[1]]) - among[0])
        if changes.max(initial=0.0) > _DEPENDS * size:
            raise ValueError(
                "the answer for a snapshot changes with the others, or from call to call; "
                "expected one for each snapshot by itself, such as that of a torch module after .eval()"
            )


def own_force(model: object, times: tuple[float, ...], name: str) -> OwnForce:
    """Return any model as a force; what takes no argument is called once, for the model that it returns.

    Raises ``ValueError`` for what cannot be called with the arguments of a score model or of a force field.
    """
    for _ in range(2):
        if not callable(model):
            raise ValueError(f"{described(model)}; expected {_EXPECTED}, or one without arguments that returns it")
        fewest, most = _arguments(model)
        if most == 0:
            made: Any = model
            model = in_own_code(name, made)
            continue
        for count, kind in _ARGUMENTS.items():
            if fewest <= count <= most:
                return OwnForce(model, kind, times if kind == "score" else (), name)
        raise ValueError(f"{described(model)} of {fewest}{f' to {most}' if most > fewest else ''} arguments; expected {_EXPECTED}")
    raise ValueError(f"{described(model)} that returns {described(model)}; expected {_EXPECTED}")


def _arguments(model: Any) -> tuple[int, int]:
    """Return the fewest and the most arguments by position; of a torch module those of its ``forward``."""
    called = model.forward if isinstance(model, torch.nn.Module) else model
    try:
        parameters = inspect.signature(called).parameters.values()
    except (TypeError, ValueError) as error:
        raise ValueError(f"{described(model)} whose arguments cannot be found; expected {_EXPECTED}") from error
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        raise ValueError(f"{described(model)} of any number of arguments; expected {_EXPECTED}")
    if unnamed := [each.name for each in parameters if each.kind is each.KEYWORD_ONLY and each.default is each.empty]:
        raise ValueError(f"{described(model)} that needs {', '.join(unnamed)} by keyword; expected {_EXPECTED}")
    by_position = [each for each in parameters if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}]
    return sum(each.default is each.empty for each in by_position), len(by_position)


def numbers_of(answer: Any, what: str) -> Floats:
    """Return an answer as an array, without the graph by which torch would differentiate it; ``what`` is blamed for another."""
    if isinstance(answer, torch.Tensor):
        answer = answer.detach().to("cpu", torch.float64 if answer.is_floating_point() else None).numpy()
    if isinstance(answer, np.ma.MaskedArray) and answer.mask.any():
        raise ValueError(f"{what} answered with {int(answer.mask.sum())} masked numbers; expected none")
    try:
        given = np.asarray(answer)
    except ValueError:
        given = np.asarray(None)
    if given.dtype.kind not in "fiu":
        raise ValueError(f"{what} answered with {described(answer)} of {given.dtype}; expected real numbers")
    result: Floats = given.astype(np.float64)
    return result
