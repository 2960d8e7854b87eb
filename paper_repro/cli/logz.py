"""``paper-repro logz``: the exact solution of one chain."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from paper_repro.cli.checks import spec_at
from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.files import InputError, input_error
from paper_repro.report.terminal import say
from paper_repro.spec import Spec

if TYPE_CHECKING:
    from paper_repro.numerics.arrays import Integers
    from paper_repro.physics.truth import Exact

_MEASURE = "Z = ∫ e^(-βH) dΩ_1 … dΩ_N over the unit sphere of each spin, (4π)^N at β = 0"
_UNITS = {"temperature": "energy / k_B", "beta": "1 / energy", "mean_energy": "energy", "heat_capacity": "k_B", "ln_z": "1"}


def logz(sequence: str, /, *, temperature: float, spec: Path | None = None, json: JsonTarget = None) -> int:
    """Print the exact ln Z, mean energy and heat capacity of an open chain, with the measure in which Z is defined.

    Parameters
    ----------
    sequence
        The species along the chain, such as ABBA.
    temperature
        Temperature T = 1/β, in units of energy / k_B; energies are in the unit of the spec's couplings.
    spec
        The spec of the couplings; by default specs/paper.toml.
    """
    loaded = spec_at(spec)
    if not (math.isfinite(temperature) and temperature > 0 and math.isfinite(1 / temperature)):
        raise InputError("--temperature", str(temperature), "a finite temperature > 0")
    from paper_repro.physics.species import as_species

    try:
        species = as_species(sequence, loaded.hamiltonian.species)
    except ValueError as error:
        raise input_error("SEQUENCE", error, f"letters of {loaded.hamiltonian.species!r}") from error
    try:
        law = _exact(species, loaded, 1 / temperature)
    except ValueError as error:
        raise input_error(f"--temperature {temperature:g} of spec {loaded.name}", error, "a higher temperature") from error
    console = console_beside(json)
    _show(law, sequence, loaded, temperature, console)
    about = {"sequence": sequence, "temperature": temperature, "beta": 1 / temperature, "spec": loaded.name}
    numbers = {"ln_z": law.ln_z, "mean_energy": law.mean_energy, "heat_capacity": law.heat_capacity}
    more = {"ln_z_per_spin": law.ln_z / len(sequence), "measure": _MEASURE, "units": _UNITS}
    write_json(json, numbers | about | more)
    return 0


def _show(law: "Exact", sequence: str, spec: Spec, temperature: float, console: Console) -> None:
    """Print the numbers with their units, and what they mean."""
    where = f"open chain of {len(sequence)} sites at T = {temperature:g} (energy / k_B), β = {1 / temperature:g}"
    say(f"Exact solution of spec {spec.name}: {where}", console, "bold")
    rows = (
        ("ln Z", law.ln_z, ""),
        ("ln Z per spin", law.ln_z / len(sequence), ""),
        ("⟨H⟩", law.mean_energy, "energy"),
        ("heat capacity / k_B", law.heat_capacity, ""),
    )
    for label, value, unit in rows:
        console.print(Text(f"  {label:<20}{value:.13g} {unit}".rstrip()), soft_wrap=True)
    say(f"{_MEASURE}. Heat capacity: β²(⟨H²⟩ - ⟨H⟩²), of the whole chain. {_energy(spec)}", console, "dim")


def _energy(spec: Spec) -> str:
    """Return the unit of energy in words: that of the couplings, one of which may be 1."""
    unit = next((term.name for term in spec.hamiltonian.terms if term.coupling == 1), None)
    return f"Energies are in the unit of the couplings{'' if unit is None else f' ({unit} = 1)'}."


def _exact(species: "Integers", spec: Spec, beta: float) -> "Exact":
    """Return the exact solution of a chain, of exchange without its matrix: the chain may be long."""
    from paper_repro.physics.exact import EXACT_TERMS, ExactChain, without_exact_solution
    from paper_repro.physics.geometry import Geometry
    from paper_repro.physics.hamiltonian import coupling_band
    from paper_repro.physics.truth import Truth

    truth = Truth.of(spec.hamiltonian, beta)
    band = coupling_band(species, spec.hamiltonian) if truth.terms.is_exchange else None
    unsolved = without_exact_solution(truth.terms)
    if unsolved if band is None else band[2:].any():
        raise InputError(f"spec {spec.name}: hamiltonian", f"no exact solution with {', '.join(unsolved)}", EXACT_TERMS)
    return truth.exact(Geometry.open_chain(len(species)), species) if band is None else ExactChain.of_band(band, beta)
