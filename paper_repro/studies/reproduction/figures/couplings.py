"""The ratios of the couplings (paper, Table 1), and |W| against the separation (paper, Fig. 2)."""

import attrs
import numpy as np

from paper_repro.report.figures.interaction import Decay, Interaction
from paper_repro.report.figures.ratios import Ratios
from paper_repro.studies.reproduction.figures.argument import estimates
from paper_repro.studies.reproduction.results import AUTHORS_NAME
from paper_repro.studies.reproduction.subject import Subject


def ratios_of_couplings(subject: Subject) -> Ratios | None:
    """Return the ratios to the reference coupling but its own; None without an inversion, and for a law that has no ratios."""
    truth = subject.ratios
    if not subject.results.inversion or truth is None:
        return None
    reference = subject.reference
    kept = np.arange(len(subject.terms)) != reference
    terms = [term for term, is_kept in zip(subject.terms, kept, strict=True) if is_kept]
    published = np.array([subject.published_value(f"inversion.ratios.{term}") for term in terms])
    found = [attrs.evolve(item, values=item.values[kept], errors=item.errors[kept]) for item in estimates(subject, ratios=True)]
    return Ratios(terms, truth[kept], published, found, f"coupling / {subject.terms[reference]}")


def interaction_by_separation(subject: Subject) -> Interaction | None:
    """Return |W| of every network, and the size of each true coupling at its separation."""
    if not subject.results.readout:
        return None
    networks = [
        Decay(name, part.separations.astype(float), part.quartiles, reference=name == AUTHORS_NAME)
        for name, part in subject.results.named(subject.results.readout)
    ]
    separations = np.array([term.separation for term in subject.spec.hamiltonian.terms], dtype=float)
    return Interaction(networks, separations, subject.spec.beta * np.abs(subject.couplings))
