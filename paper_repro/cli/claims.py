"""``paper-repro claims``: the statements of the paper about its results, measured on trained networks."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from paper_repro.cli.checks import require_device, require_sizes, require_weights, spec_at
from paper_repro.cli.console import console_beside, reporter_beside, write_json
from paper_repro.cli.options import JsonTarget, SpecFile, Whole
from paper_repro.files import InputError, input_error, sha256
from paper_repro.pipeline.progress import TerminalReporter
from paper_repro.report.document import Section, Text
from paper_repro.report.terminal import show
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.protocol import published_protocol

if TYPE_CHECKING:
    from paper_repro.analysis.claim_tests.evidence import Evidence, WitnessEvidence
    from paper_repro.analysis.claim_tests.plateau import PlateauOfTraining
    from paper_repro.score.field import NetworkForce
    from paper_repro.studies.reproduction.statements import Decision


_MINUTES = 100.0  # seconds from which a time is given in minutes


def claims(
    weights: Path,
    /,
    *others: Path,
    sequences: Whole = 200,
    snapshots: Whole = 2,
    seed: Whole = 0,
    run: Path | None = None,
    reference_run: Path | None = None,
    witness: Path | None = None,
    spec: SpecFile = None,
    device: str = "cpu",
    json: JsonTarget = None,
) -> int:
    """Test the statements of the paper about its results on trained networks, and give a verdict on each.

    Parameters
    ----------
    weights
        A safetensors file of trained weights.
    others
        Further independent trainings, whose scatter is part of the errors.
    sequences
        Number of fresh sequences, from the exact solution.
    snapshots
        Number of snapshots of each.
    seed
        Seed of sequences, snapshots and resampling.
    run
        The results.json of the run of these weights, in its run directory, for its plateau.
    reference_run
        The results.json of a better training on the same law, in its run directory: whether the deviation at high energies
        persists.
    witness
        Worlds in which networks and the closed-form test looked for an unlisted term, such as golden/witness.json.
    device
        Device on which the networks are evaluated: cpu, cuda or cuda:n.
    """
    settings, files = spec_at(spec), [weights, *others]
    published, protocol = published_protocol()
    require_sizes(sequences, snapshots, seed)
    if sequences < 2:
        raise InputError("--sequences", str(sequences), "two or more, for an error bar")
    require_weights(files)
    require_device(device)
    from paper_repro.studies.reproduction.statements import CONVERTER, StatementsReport, decide_all

    console = console_beside(json)
    plateaus = [_plateaus(run, settings, files), _plateaus(reference_run, settings)]
    worlds = _worlds(witness)
    networks = _networks(files, settings, device)
    found = _evidence(files, networks, settings, (sequences, snapshots, seed), plateaus, reporter_beside(console))
    found = attrs.evolve(found, witness=worlds)
    decisions = decide_all(published, found)
    count = f"{len(files)} networks" if others else "1 network"
    size = f"{count}, {sequences} sequences × {snapshots} snapshots from the exact solution"
    if settings.hamiltonian != protocol.hamiltonian:
        size += ". The Hamiltonian of this spec is not the paper's: the verdicts are on its statements for another law"
    show(_sections(decisions, found, size), f"paper_repro · {settings.name}", console)
    made = StatementsReport(decisions, found, tuple(map(sha256, files)), sequences, snapshots, seed, settings.name)
    write_json(json, CONVERTER.unstructure(made))
    return 0


def _plateaus(run: Path | None, spec: Spec, weights: Sequence[Path] = ()) -> "list[PlateauOfTraining]":
    """Return the plateaus of a run of the law of ``spec``, and of ``weights`` where some are given; none where there is no run."""
    from paper_repro.studies.reproduction.other_run import results_of_same_law
    from paper_repro.studies.reproduction.statements import plateaus_of

    if run is None:
        return []
    try:
        found = plateaus_of(results_of_same_law(run, spec, weights), spec)
    except ValueError as error:
        raise input_error(run, error, "the results.json of a run with these temperatures") from error
    if not found:
        raise InputError(run, "no gap of a plateau in it", "the results.json of a run with calibrated networks")
    return found


def _worlds(path: Path | None) -> "WitnessEvidence | None":
    """Return the evidence of the worlds of a file; None where there is no file."""
    from paper_repro.analysis.claim_tests.witness import World, measure_witness
    from paper_repro.pipeline.codec import read_json

    return None if path is None else measure_witness(read_json(path, tuple[World, ...], "a list of worlds"))


def _networks(files: Sequence[Path], spec: Spec, device: str) -> "list[NetworkForce]":
    from paper_repro.sampling.exact_data import require_exact_solution, require_exchange
    from paper_repro.score.field import force_of
    from paper_repro.score.network_for import network_for

    require_exact_solution(spec)
    require_exchange(spec)
    return [force_of(*network_for(file, spec, device), spec.inversion.query_times) for file in files]


def _evidence(
    files: Sequence[Path],
    networks: "Sequence[NetworkForce]",
    spec: Spec,
    sizes: tuple[int, int, int],
    plateaus: "Sequence[Sequence[PlateauOfTraining]]",
    reporter: TerminalReporter,
) -> "Evidence":
    from paper_repro.analysis.claim_tests.claim_tests import ClaimTests
    from paper_repro.analysis.claim_tests.duration import expected_seconds
    from paper_repro.analysis.claim_tests.measure import measure_evidence
    from paper_repro.analysis.identifiability import NotIdentifiableError
    from paper_repro.numerics.parallel import available_cores

    with reporter:
        tests, (ours, reference) = ClaimTests(networks, spec, *sizes, available_cores()), plateaus
        expected = expected_seconds(tests)
        whole = sum(expected.values())
        reporter.say(f"about {whole:.0f} s" if whole < _MINUTES else f"about {whole / 60:.0f} min")
        reporter.stage("evidence (s)", round(whole))
        begun = dict(zip([*expected, ""], itertools.accumulate(expected.values(), initial=0.0), strict=True))
        try:
            return measure_evidence(tests, ours, reference, lambda _, name: reporter.advance(round(begun[name]), name))
        except NotIdentifiableError as error:
            where = f"spec {spec.name}: --sequences {sizes[0]} --snapshots {sizes[1]} --seed {sizes[2]}"
            raise input_error(where, error, "snapshots that fix the couplings") from error
        except ValueError as error:
            raise input_error(", ".join(map(str, files)), error, "force fields that can be inverted") from error


def _sections(decisions: "Sequence[Decision]", found: "Evidence", size: str) -> list[Section]:
    from paper_repro.studies.reproduction.sections.statements import evidence, statements

    text = (
        f"{size}. SUPPORTED or NOT SUPPORTED: beyond the bound by more than the error bar; else UNDECIDED. The measurements, the"
        " bounds and their reasons are in specs/published.toml; what needs a plateau is measured with --run alone."
    )
    return [
        Section("What was measured", (Text("± is one standard error."), evidence(found))),
        Section("Statements of the paper about its results", (Text(text), statements(decisions)), summary=True),
    ]
