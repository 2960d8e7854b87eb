"""The last epochs of each training, whose weights are kept and inverted: the fluctuations of a converged training."""

from paper_repro.spec import Spec
from paper_repro.studies.reproduction.networks import Network

#: Epochs whose weights are kept, the last among them.
RECORDED = 8
#: Test sequences, or all where there are fewer, on which the weights of an epoch are inverted.
SEQUENCES = 400


def recorded_epochs(spec: Spec) -> range:
    """Return the numbers, from 1, of the epochs whose weights are kept; the last are the weights of the trained network."""
    last = spec.training.epochs
    return range(max(1, last - RECORDED + 1), last + 1)


def weights_of_epoch(network: Network, epoch: int, spec: Spec) -> str:
    """Return the name of the file of a network's weights at the end of an epoch."""
    return network.weights if epoch == spec.training.epochs else f"weights/seed-{network.name}-epoch-{epoch}.safetensors"
