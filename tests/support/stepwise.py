"""The broken twin of discovery: forward selection by a score test, one term after the other until p reaches the level."""

import numpy as np

from paper_repro.analysis.adequacy import adequacy
from paper_repro.analysis.coupling_fit import RunCorrelation
from paper_repro.analysis.site_contributions import equations
from paper_repro.physics.terms import Terms


def stepwise(data, terms, level=0.01):
    """Return the names of the terms that are taken, the first by the gain that it alone has."""
    independent = RunCorrelation(1.0, 0.0, 1, resolved=True)
    system = equations(data, terms)
    chosen = [terms.terms[int(np.argmax(system.drive**2 / np.diagonal(system.gram)))]]
    while len(chosen) < len(terms):
        others = {term.name: term for term in terms.terms if term not in chosen}
        found = adequacy(data, Terms(chosen, terms.species_names), independent, tuple(others.values()), level)
        if found.p >= level:
            break
        chosen.append(others[found.alternatives[0].name])
    return {term.name for term in chosen}
