"""What a training changes: the network, its optimisers, the EMA of its weights, and the losses so far."""

import attrs

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
    """The state after ``len(losses)`` steps; all of it is in a checkpoint."""

    model: Pairformer
    optimisers: Optimisers
    average: Average
    losses: list[float] = attrs.field(factory=list)

    @classmethod
    def start(cls, model: Pairformer, training: Training) -> "TrainingState":
        """Return the state before the first step of an untrained network."""
        return cls(model, make_optimisers(model, training.optimiser), start_average(model, training.ema_decay))

    def step(self, training: Training, total: int, loss: float) -> None:
        """Take one optimiser step out of ``total`` by the gradient in the parameters; signals wait for its end."""
        step = len(self.losses)
        share = learning_rate_factor(training.schedule, step, total)
        with uninterrupted():
            for optimiser, rate in self.optimisers:
                optimiser.param_groups[0]["lr"] = rate * share
                optimiser.step()
            update_average(self.average, self.model, training.ema_decay, step)
            self.losses.append(loss)
