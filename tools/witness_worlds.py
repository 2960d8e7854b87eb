"""Worlds that decide whether the network is the better witness: python -m tools.witness_worlds FILE [SEED | OTHER_FILE …].

Each has exchange and, but for the worlds of size 0, a three-spin term outside the library. Networks of specs/witness.toml and the
closed-form test look for it in the same snapshots, which are drawn from the exact solution. FILE keeps what it has; the worlds of
the seeds are made, those of other files are taken over.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import paper_repro as pr
from paper_repro.analysis.adequacy import adequacy
from paper_repro.analysis.claim_tests.witness import Kind, World
from paper_repro.analysis.coupling_fit import fit_couplings
from paper_repro.files import write_bytes
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.terms import BondProduct, Term
from paper_repro.pipeline.codec import as_json, read_json
from paper_repro.studies.inference.network import NetworkStudy
from paper_repro.studies.inference.steps import Steps

#: The law: J and K of the paper's AA, at a temperature where its three-spin terms are told apart from exchange.
SITES, TEMPERATURE, COUPLINGS = 8, 0.25, (1.0, -0.45)
SNAPSHOTS, LEVEL = 8_000, 0.01
#: Worlds in the order of their seeds: at 10 % most.
CASES: tuple[tuple[Kind, float], ...] = (
    ("unlisted", 0.1), ("listed", 0.1), ("unlisted", 0.1), ("unlisted", 0.0),
    ("unlisted", 0.2), ("unlisted", 0.1), ("listed", 0.05), ("unlisted", 0.05),
)  # fmt: skip


def _ends(spins: Floats) -> Floats:
    """Return (S_1·S_3)(S_1·S_2 + S_2·S_3) (…) of spins (…, 3, 3)."""
    first, middle, last = (spins[..., k, :] for k in range(3))
    value: Floats = (first * last).sum(-1) * ((first * middle).sum(-1) + (middle * last).sum(-1))
    return value


def term_of(kind: Kind) -> Term:
    """Return the three-spin term of a world."""
    if kind == "listed":
        return BondProduct("bond_product")
    return pr.own_term("three spins", _ends, lambda geometry: geometry.runs(3), rotation_invariant=True, inversion=1)


def world(seed: int) -> World:
    """Make the world of a seed, and look for what its library lacks."""
    kind, size = CASES[seed % len(CASES)]
    chain, species = pr.Geometry.open_chain(SITES), SITES * "A"
    law = pr.library(range=2, biquadratic=False).terms("A", chain).with_terms([term_of(kind)])
    truth = pr.Truth(law, [*COUPLINGS, size], 1 / TEMPERATURE)
    spins = truth.exact(chain, species).sample(SNAPSHOTS, np.random.default_rng([17, seed]))
    data = (pr.Snapshots.of(spins, species, run=range(SNAPSHOTS), temperature=TEMPERATURE),)
    terms = pr.library(range=2).terms("A", chain)
    fit = fit_couplings(data, terms)
    spec = pr.load_spec(pr.specs_folder() / "witness.toml").record
    found = NetworkStudy(data, terms, fit, spec, LEVEL, None, 1, Steps(None)).witness()
    closed = adequacy(data, terms, fit.correlation, level=LEVEL)
    return World(kind, size, seed, SNAPSHOTS, found.p, closed.p, found.excess)


def main(path: Path, parts: Sequence[str]) -> None:
    """Add the worlds of seeds and of other files to a file, in the order of their seeds."""
    found = {made.seed: made for made in _read(path)}
    for part in parts:
        for made in [world(int(part))] if part.isdigit() else _read(Path(part)):
            found[made.seed] = made
        write_bytes(path, as_json([found[seed] for seed in sorted(found)]))


def _read(path: Path) -> tuple[World, ...]:
    return read_json(path, tuple[World, ...], "a list of worlds") if path.exists() else ()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
