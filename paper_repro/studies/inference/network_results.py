"""The results of a network trained on a user's own snapshots, as records."""

from typing import Literal

import attrs

from paper_repro.analysis.witness import NetworkLearning, Witness
from paper_repro.physics.terms.label import TermLabel

WarningKind = Literal["too few snapshots", "training too short"]


@attrs.frozen
class NetworkCoupling:
    """A coupling of the network's force, with one standard error and the 95 % interval, in the unit of the inference."""

    term: TermLabel
    estimate: float
    error: float
    low: float
    high: float


@attrs.frozen
class NetworkWarning:
    """Why the network gives little evidence: its kind, and a sentence with its numbers."""

    kind: WarningKind
    text: str


@attrs.frozen(eq=False)
class NetworkResult:
    """The network compared with the closed form: ``steps`` optimiser steps of ``recipe`` with each of the ``seeds``."""

    recipe: str
    seeds: tuple[int, ...]
    steps: int
    couplings: tuple[NetworkCoupling, ...]
    witness: Witness
    learning: NetworkLearning
    warnings: tuple[NetworkWarning, ...]
