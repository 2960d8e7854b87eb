"""What a training changes: the network, its optimisers, the EMA of its weights, and the losses so far."""

from collections.abc import Collection

import attrs
import torch

from paper_repro.score.pairformer import Pairformer
from paper_repro.score.training.optimisers import (
    Average,
    Optimisers,
    learning_rate_factor,
    make_optimisers,
    start_average,
    update_average,
)
from paper_repro.score.training.signals import uninterrupted
from paper_repro.spec import Training


@attrs.define
class TrainingState:
    """The state after ``len(losses)`` steps; all of it is in a checkpoint.

    ``recorded`` are the weights at the end of epochs that were to be recorded, by the number of the epoch from 1.
    """

    model: Pairformer
    optimisers: Optimisers
    average: Average
    losses: list[float] = attrs.field(factory=list)
    recorded: dict[int, dict[str, torch.Tensor]] = attrs.field(factory=dict)

    @classmethod
    def start(cls, model: Pairformer, training: Training) -> "TrainingState":
        """Return the state before the first step of an untrained network."""
        return cls(model, make_optimisers(model, training.optimiser), start_average(model, training.ema_decay))

    def step(self, training: Training, total: int, loss: float, record: Collection[int] = ()) -> None:
        """Take one optimiser step out of ``total`` by the gradient in the parameters; signals wait for its end.

        Where the step ends an epoch of ``record``, the weights are recorded, or their EMA where one is taken.
        """
        step = len(self.losses)
        share = learning_rate_factor(training.schedule, step, total)
        with uninterrupted():
            for optimiser, rate in self.optimisers:
                optimiser.param_groups[0]["lr"] = rate * share
                optimiser.step()
            update_average(self.average, self.model, training.ema_decay, step)
            self.losses.append(loss)
            epoch, rest = divmod(step + 1, total // training.epochs)
            if rest == 0 and epoch in record:
                self.recorded[epoch] = self._weights()

    def _weights(self) -> dict[str, torch.Tensor]:
        """Return a copy of the weights, or of their EMA where one is taken, on the processor."""
        tensors = {name: tensor.detach() for name, tensor in self.model.state_dict().items()}
        if self.average:
            tensors |= dict(zip((name for name, _ in self.model.named_parameters()), self.average, strict=True))
        return {name: tensor.cpu().clone() for name, tensor in tensors.items()}
