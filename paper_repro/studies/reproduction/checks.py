"""What would end a run after hours of work, found before it: one function a check, each raises ``InputError``."""

from paper_repro.files import InputError, input_error
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import adjacency, strongest_bonds
from paper_repro.physics.species import as_species
from paper_repro.sampling.sequences import draw_sequences, require_sequences
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.capabilities import EXACT_SOLUTION, missing


def check_sampler(spec: Spec) -> None:
    """Refuse exact sampling of a law that has no exact solution."""
    if spec.sampler.method == "exact" and EXACT_SOLUTION in missing(spec):
        found = f"'exact' with couplings to separation {spec.hamiltonian.range}"
        raise InputError(f"spec {spec.name}: sampler.method", found, "'replica-exchange' beyond separation 2")


def check_temperatures(spec: Spec) -> None:
    """Refuse temperatures that the exact solution cannot serve."""
    if EXACT_SOLUTION in missing(spec):
        return
    named = [("target.temperature", spec.temperature)]
    named += [(f"likelihood.higher_temperatures[{k}]", value) for k, value in enumerate(spec.likelihood.higher_temperatures)]
    for path, temperature in named:
        try:
            ExactChain(strongest_bonds(spec.hamiltonian), 1 / temperature)
        except (ValueError, ZeroDivisionError) as error:
            raise input_error(f"spec {spec.name}: {path}", error, "a higher temperature") from error


def check_terms(spec: Spec) -> None:
    """Refuse a term that acts on no bond of the test sequences: the inversion could not fit it."""
    absent = {term.name: term for term in spec.hamiltonian.terms}
    for sequence in draw_sequences(spec)[1]:
        species = as_species(sequence, spec.hamiltonian.species)
        for term, bonds in zip(spec.hamiltonian.terms, adjacency(species, spec.hamiltonian), strict=True):
            if bonds.any():
                absent.pop(term.name, None)
        if not absent:
            return
    for term in absent.values():
        where = f"spec {spec.name}: hamiltonian.terms.{term.name}"
        found = f"no bond {term.pair} at separation {term.separation} in the {spec.test_set.sequences} test sequences"
        raise InputError(where, found, f"a term that acts on chains of {spec.chains.shortest} to {spec.chains.longest} sites")


#: Before ``check_terms``, which draws the sequences.
CHECKS = (check_sampler, check_temperatures, require_sequences, check_terms)
