"""Optimisers, the course of their learning rate, and the exponential moving average (EMA) of the weights."""

import math

import torch

from paper_repro.score.pairformer import Pairformer
from paper_repro.spec import AdamW, ConstantRate, CosineRate, MuonAdamW


def learning_rate_factor(schedule: ConstantRate | CosineRate, step: int, total: int) -> float:
    """Return the fraction of the peak learning rate at a step out of ``total``: (step + 1) / warm-up, then 1 or a cosine.

    The cosine is ½ (1 + cos πx), with x from 0 at the end of the warm-up to 1 at the end of the last step.
    """
    warm, done = schedule.warmup_fraction * total, step + 1
    if done <= warm:
        return done / warm
    if schedule.kind == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(total - warm, 1)))


#: Each optimiser with its learning rate; together they have every parameter once.
Optimisers = list[tuple[torch.optim.Optimizer, float]]


def make_optimisers(model: Pairformer, settings: AdamW | MuonAdamW) -> Optimisers:
    """Return AdamW for all parameters; or Muon for the matrices of linear layers, except single rows or columns, and AdamW."""
    matrices: list[torch.Tensor] = []
    if isinstance(settings, MuonAdamW):
        layers = (layer.weight for layer in model.modules() if isinstance(layer, torch.nn.Linear))
        matrices = [matrix for matrix in layers if min(matrix.shape) > 1]
    chosen = {id(matrix) for matrix in matrices}
    others = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    rate, decay = settings.learning_rate, settings.weight_decay
    fused = others[0].is_cuda or None  # one kernel for all parameters; torch's own choice elsewhere
    made: Optimisers = [(torch.optim.AdamW(others, lr=rate, weight_decay=decay, fused=fused), rate)]
    if isinstance(settings, MuonAdamW) and matrices:
        muon_rate = settings.muon_learning_rate
        made.append((torch.optim.Muon(matrices, lr=muon_rate, weight_decay=decay), muon_rate))
    return made


#: The EMA of each weight, in the order of the network's parameters; empty where none is taken.
Average = list[torch.Tensor]


def start_average(model: Pairformer, decay: float) -> Average:
    """Return the EMA before the first step; none for a decay of 0."""
    return [parameter.detach().clone() for parameter in model.parameters()] if decay > 0 else []


def update_average(average: Average, model: Pairformer, decay: float, step: int) -> None:
    """Update the EMA with the weights after a step; the decay is smaller in the first steps, so that the start is forgotten."""
    if average:
        share = 1 - min(decay, (step + 1) / (step + 10))
        for mean, parameter in zip(average, model.parameters(), strict=True):
            mean.lerp_(parameter.detach(), share)


def take_average(average: Average, model: Pairformer) -> None:
    """Replace the weights by their EMA, where one is taken."""
    if average:
        with torch.no_grad():
            for mean, parameter in zip(average, model.parameters(), strict=True):
                parameter.copy_(mean)
