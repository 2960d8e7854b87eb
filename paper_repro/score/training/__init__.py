"""Training of a score network by denoising score matching: data in, a trained network out."""

from paper_repro.score.training.batches import Noised, TrainingData, batch_at, noised
from paper_repro.score.training.checkpoint import previous
from paper_repro.score.training.gradient import groups_of, loss_and_gradient
from paper_repro.score.training.loop import Trained, smoothed, train
from paper_repro.score.training.optimisers import learning_rate_factor

__all__ = [
    "Noised",
    "Trained",
    "TrainingData",
    "batch_at",
    "groups_of",
    "learning_rate_factor",
    "loss_and_gradient",
    "noised",
    "previous",
    "smoothed",
    "train",
]
