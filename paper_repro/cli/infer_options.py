"""The options of ``paper-repro infer``: those of files, and those of simulated snapshots."""

import re
from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Group, Parameter

from paper_repro.cli.checks import require_at_least
from paper_repro.cli.options import Whole
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
class FileOptions:
    """What is stated of snapshots in files, and of their law.

    Parameters
    ----------
    library
        The terms that the law may have, a TOML file (docs/libraries.md), or a packaged one such as candidates-42; by
        default exchange to separation, or shell, 4.
    discover
        Look for 42 kinds of terms: exchange to separation 6, biquadratic, four-spin, chirality, Dzyaloshinskii-Moriya, anisotropic
        exchange, anisotropy and field; on lattices those that exist there.
    range_
        Number of separations, or shells, with exchange, instead of 4.
    temperature
        In units of energy / k_B, for files without it or instead of theirs; couplings are then in units of energy.
    level
        Probability that any of the verdicts on terms is false, and that a sufficient library is called inadequate.
    moments
        Accept vectors of different lengths: each is divided by its own.
    one_run
        The files continue one run, in sorted order, instead of each being its own.
    species
        Species of the sites, one letter each, for files without them.
    periodic
        The cell vectors along which the sites are repeated, such as ab, or none, instead of what the files state.
    network
        The recipe of a score network, a spec such as witness.toml or refined.toml: networks are trained on the snapshots, given no
        terms, and their force is compared with the library; minutes to hours. Needs --out, where an interrupted training goes on.
    confirm
        Compare energies and correlations of the data with those of the fitted law: Markov chains continue from the data, seconds.
    """

    library: Path | None = None
    discover: Annotated[bool, Parameter(negative="")] = False
    range_: Annotated[Whole | None, Parameter(name="--range")] = None
    temperature: float | None = None
    level: float = 0.01
    moments: Annotated[bool, Parameter(negative="")] = False
    one_run: Annotated[bool, Parameter(negative="")] = False
    species: str | None = None
    periodic: str | None = None
    network: Path | None = None
    confirm: bool = True

    @property
    def repeated(self) -> tuple[bool, ...] | None:
        """Whether the sites are repeated along a, b and c; None for what the files state."""
        return None if self.periodic is None else tuple(letter in self.periodic for letter in _ALONG)

    def check(self) -> None:
        """Raise ``InputError`` for a value that no data can have."""
        if not 0 < self.level < 1:
            raise InputError("--level", f"{self.level:g}", "a probability between 0 and 1")
        stated = {"--library": self.library, "--range": self.range_, "--discover": self.discover or None}
        several = [name for name, value in stated.items() if value is not None]
        if len(several) > 1:
            raise InputError(several[1], f"given with {several[0]}", "one of them")
        if self.range_ is not None:
            require_at_least(1, range=self.range_)
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
        Seed of the sequences and the snapshots.
    weights
        A trained network, to be inverted on the same snapshots.
    """

    sequences: Whole | None = None
    snapshots: Whole | None = None
    seed: Whole = 0
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


def given(options: FileOptions | SimulationOptions | ExportOptions) -> str:
    """Return the names of the options that differ from their defaults, such as "--range, --level"."""
    fields = [field for field in attrs.fields(type(options)) if getattr(options, field.name) != field.default]
    return ", ".join(f"--{field.name.strip('_').replace('_', '-')}" for field in fields)
