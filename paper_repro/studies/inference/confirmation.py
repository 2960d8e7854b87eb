"""The confirmation run: chains continue from the data under the fitted law, and energies and correlations are compared."""

from collections.abc import Callable, Sequence

import numpy as np

from paper_repro.analysis.confirmation import Confirmation, confirm
from paper_repro.analysis.coupling_fit import CouplingFit
from paper_repro.numerics.streams import data_key
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.terms import Terms
from paper_repro.sampling.continued import continued
from paper_repro.sampling.snapshots import Snapshots

#: Sweeps of the chains, chains of each snapshot, of each system at least and at most, and systems, those of most snapshots.
SWEEPS, COPIES, FEWEST, MOST, SYSTEMS = 100, 4, 256, 2048, 8


def confirmation(
    records: Sequence[Snapshots], terms: Terms, fit: CouplingFit, level: float, progress: Callable[[int], None]
) -> Confirmation:
    """Return how the data compare with the fitted law; ``progress`` is called with the number of systems done."""
    chosen = sorted(records, key=len, reverse=True)[:SYSTEMS]

    def sample(system: Snapshots, number: int) -> Snapshots:
        lanes = min(max(FEWEST, COPIES * len(system)), MOST)
        generator = np.random.default_rng(data_key(0, "confirmation", system.checksum))
        made = continued(system, SpinHamiltonian(system.bind(terms), fit.coefficients), 1.0, SWEEPS, lanes, generator)
        progress(number + 1)
        return made

    return confirm(chosen, terms, fit, sample, level)
