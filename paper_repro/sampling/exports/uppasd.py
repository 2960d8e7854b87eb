"""Input of UppASD: inpsd.dat, posfile, momfile, jfile and kfile, in mRy (UppASD manual, "Input files").

    H = -Σ_{i≠j} e_i·J_ij·e_j + Σ_i K₁ (e_i·a)² - Σ_i m_i·B

The sum over i ≠ j counts each pair twice, so that J is half of the coupling of a pair that is counted once; a negative K₁ is an
easy axis. Tensors (do_jtensor) hold Dzyaloshinskii-Moriya and anisotropic exchange.
"""

from paper_repro.files import printable
from paper_repro.sampling.exports.exported import ONE_CELL, Exported, numbers, row, species_of
from paper_repro.sampling.exports.interactions import Interactions
from paper_repro.sampling.exports.units import EnergyUnit, tesla

UNIT: EnergyUnit = "mRy"
HELD = frozenset({"exchange", "dzyaloshinskii_moriya", "anisotropic_exchange", "anisotropy", "field"})


def write(law: Interactions) -> Exported:
    """Return the files; raises ``ValueError`` for a field that is not the same on all sites and an anisotropy of two axes."""
    kinds, sites = species_of(law.species), range(len(law.species))
    axes = [(site + 1, *law.one_axis(site)) for site in sites]
    files = {
        "posfile": [
            row(site + 1, kinds.index(law.species[site]) + 1, *place) for site, place in enumerate(law.places.fractions.tolist())
        ],
        "momfile": [f"{site + 1} 1 1.0 0.0 0.0 1.0" for site in sites],
        "jfile": [
            row(i + 1, j + 1, *shift, *([float(tensor[0, 0]) / 2] if law.isotropic else (tensor / 2).ravel().tolist()))
            for (i, j, *shift), tensor in law.directed()
        ],
        "kfile": [row(site, 1, -k, 0.0, *axis.tolist(), 0.0) for site, k, axis in axes if k],
    }
    absent = tuple(name for name, rows in files.items() if not rows)
    files = {name: rows for name, rows in files.items() if rows}
    files["inpsd.dat"] = [
        "simid law",
        "ncell 1 1 1",
        f"BC {' '.join('P' if along else '0' for along in law.places.periodic)}",
        *(f"{'cell' if k == 0 else '    '} {numbers(vector)}" for k, vector in enumerate(law.places.cell)),
        "Sym 0",
        "posfile ./posfile",
        "posfiletype D",
        "momfile ./momfile",
        *(("exchange ./jfile", "maptype 2", f"do_jtensor {0 if law.isotropic else 1}") if "jfile" in files else ()),
        *(("anisotropy ./kfile",) if "kfile" in files else ()),
        f"hfield {numbers(law.uniform_field() * tesla(UNIT))}",
    ]
    choices = (
        "UppASD: H = -Σ_{i≠j} e_i·J_ij·e_j + Σ K₁ (e_i·a)² - Σ m B·e_i, in mRy",
        "each pair is written from either end and counted twice: J is half of the coupling",
        "J > 0 is ferromagnetic, K₁ < 0 an easy axis",
        ONE_CELL,
        f"a type for each species: {', '.join(f'{k} is {printable(kind)!r}' for k, kind in enumerate(kinds, start=1))}",
        "inpsd.dat (ncell 1 1 1, maptype 2) has no simulation yet",
        "anisotropy without the energy that is the same for all configurations",
    )
    return Exported("uppasd", {name: "\n".join(rows) + "\n" for name, rows in files.items()}, choices, absent)
