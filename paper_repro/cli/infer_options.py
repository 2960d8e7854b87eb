"""The options of ``paper-repro infer``: those of files, and those of simulated snapshots."""

import re
from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Group, Parameter

from paper_repro.cli.options import Whole
from paper_repro.cli.own_files import OwnFiles, require_one
from paper_repro.files import InputError
from paper_repro.sampling.exports.units import ENERGY_UNITS, Code, EnergyUnit

FILES = Group("Snapshots in files", sort_key=1)
SIMULATED = Group("Simulated snapshots, instead of DATA", sort_key=2)
EXPORT = Group("Input of other programs", sort_key=3)
OUTPUT = Group("Output", sort_key=4)
USAGE = "Usage: paper-repro infer (DATA... | --simulated SPEC) [OPTIONS]"
_ALONG = ("a", "b", "c")


@Parameter(name="*", group=FILES)
@attrs.frozen
class FileOptions(OwnFiles):
    """What is stated of snapshots in files, and of their law.

    Parameters
    ----------
    discover
        Look for 42 kinds of terms: exchange to separation 6, biquadratic, four-spin, chirality, Dzyaloshinskii-Moriya, anisotropic
        exchange, anisotropy and field; on lattices those that exist there.
    temperature
        In units of energy / k_B, for files without it or instead of theirs; couplings are then in units of energy.
    level
        Probability that any of the verdicts on terms is false, and that a sufficient library is called inadequate; by default 0.01.
    periodic
        The cell vectors along which the sites are repeated, such as ab, or none, instead of what the files state.
    network
        The recipe of a score network, a spec such as witness.toml or refined.toml: networks are trained on the snapshots, given no
        terms, and their force is compared with the library; minutes to hours. Needs --out, where an interrupted training goes on.
    confirm
        Compare energies and correlations of the data with those of the fitted law, unless --no-confirm is given: Markov chains
        continue from the data, seconds.
    """

    discover: Annotated[bool, Parameter(negative="")] = False
    temperature: float | None = None
    level: float | None = None
    periodic: str | None = None
    network: Path | None = None
    confirm: bool | None = None

    @property
    def repeated(self) -> tuple[bool, ...] | None:
        """Whether the sites are repeated along a, b and c; None for what the files state."""
        return None if self.periodic is None else tuple(letter in self.periodic for letter in _ALONG)

    def check(self) -> None:
        """Raise ``InputError`` for a value that no data can have."""
        if self.level is not None and not 0 < self.level < 1:
            raise InputError("--level", f"{self.level:g}", "a probability between 0 and 1")
        require_one(library=self.library, range=self.range_, discover=self.discover or None)
        super().check()
        if self.network is not None and self.moments:
            raise InputError("--moments", "given with --network", "spins of one length for a network")
        if self.periodic is not None and not re.fullmatch("none|a?b?c?", self.periodic or "-"):
            raise InputError("--periodic", repr(self.periodic), "cell vectors such as a, ab or abc, or none")


@Parameter(name="*", group=SIMULATED)
@attrs.frozen
class SimulationOptions:
    """What is drawn from the exact solution of a spec, and what the estimators are compared with.

    Parameters
    ----------
    sequences
        Number of fresh sequences; by default that of the spec's test set.
    snapshots
        Number of snapshots of each; by default that of the spec's test set.
    seed
        Seed of the sequences and the snapshots; by default 0.
    weights
        A trained network, to be inverted on the same snapshots.
    """

    sequences: Whole | None = None
    snapshots: Whole | None = None
    seed: Whole | None = None
    weights: Path | None = None


@Parameter(name="*", group=EXPORT)
@attrs.frozen
class ExportOptions:
    """The law found, as input of a program of spin dynamics.

    Parameters
    ----------
    export
        Write the terms that are present into OUT/spirit, OUT/vampire or OUT/uppasd, with the signs, factors and unit of energy of
        that program, which are printed. Couplings must be in units of energy: the snapshots state their temperature, or
        --temperature does.
    energy_unit
        What one unit of energy of the couplings is, that of k_B × temperature: K where the temperature is in kelvin.
    """

    export: Code | None = None
    energy_unit: EnergyUnit | None = None

    def check(self, out: Path | None) -> None:
        """Raise ``InputError`` where something is missing that an export needs."""
        if self.export is None:
            if self.energy_unit is not None:
                raise InputError("--energy-unit", "given without --export", "--export spirit, vampire or uppasd")
            return
        if out is None:
            raise InputError("--export", f"{self.export} without --out", "--out, the folder that its files go into")
        if self.energy_unit is None:
            raise InputError("--export", f"{self.export} without --energy-unit", f"--energy-unit {', '.join(ENERGY_UNITS)}")
