"""The evidence on the statements of the paper in REPRODUCE.md: sentences, in which a path of the evidence stands for its value."""

import re
from collections.abc import Sequence
from pathlib import Path

from paper_repro.analysis.claim_tests.evidence import Discovery
from paper_repro.analysis.claim_tests.witness import SIZE, World
from paper_repro.analysis.witness import evidence as deviations
from paper_repro.numerics.measured import Measured
from paper_repro.pipeline import codec
from paper_repro.report.numbers import fixed, number
from paper_repro.studies.reproduction.statements import CONVERTER, StatementsReport, listed
from tools.findings import given

_LEVEL = 0.01  # at which a network sees what a library lacks

_OURS = """\
- **The residual.** The exact force is a combination of the six terms, so that any residual is an error of the network. The
  smallest residual of a training is {residual.smallest} of the variance; the paper states 0.13. The residual fields of
  different trainings are strongly correlated ({residual.correlation}): most of the residual is common to trainings of one
  recipe on one data set, and is not the noise of a training. The refined networks have {refined.residual.smallest}.
- **The scale.** J and T cannot be read separately from snapshots. βJ can: maximum likelihood on {snapshots} snapshots gives
  {scale.over_beta} of it. The data determine the scale; the missing factor of two is an error of the network.
- **Sampling.** At T₀ the autocorrelation time of the energy is {exchange.energy} sweeps with the ladder of 40 temperatures
  and {exchange.energy_alone} without exchange, that of S_1·S_N {exchange.ends} and {exchange.ends_alone}: a time of about 10
  sweeps means no measurable correlation after one step. Sweeps are heat bath and over-relaxation. Plain Metropolis alone
  (Gaussian moves of standard deviation √T, 56 % accepted) takes {exchange.energy_metropolis} and {exchange.ends_metropolis}
  sweeps, the latter {exchange.gain_over_metropolis} times as long as with the ladder: small moves make it slow. With the heat
  bath exchange is not needed; exchange of Metropolis chains was not tested.
- **The cutoff.** Σ|W| beyond separation 2 is {interaction.beyond} of the whole. W is not unique; the force is, and in a fit
  with terms to separation 6 the norm of the couplings beyond 2 is {force.beyond} of that within.
- **The plateau** is {plateau.gap_per_spin} per spin from the exact ln Z, on average over the trainings (chain of 20 sites),
  that of the refined networks {refined.plateau.gap_per_spin}.
- **High energies.** At T = 0.4 βE + ln p of the published networks is larger by {plateau.high_energy} per spin than at T₀; a
  perfect network has 0. The refined networks, also trained at T₀ alone, have {plateau.high_energy_of_the_other}, a share of
  {plateau.high_energy_left}. Most of the deviation persists when only the training changes, as expected if missing data cause
  it; that data at high energies would remove it was not tested.
- **The detector.** With the threshold of 1 % false alarms (R² of a sequence below {detector.threshold}, at the couplings of
  undisturbed data), the area under the ROC curve is {detector.shuffled_identities} for shuffled species,
  {detector.random_network} for an untrained network, {detector.unseen_lengths} for lengths of 51 to 100, and
  {detector.wrong_temperature} for configurations of four times the temperature: R² hardly depends on a common factor.
- **Generalisation.** At the couplings of the training distribution, 1 - R² grows by {generalisation.lengths_51_to_100} for
  lengths of 51 to 100, by {generalisation.one_letter} for chains of B alone, by {generalisation.nine_of_ten_one_letter} for
  nine B of ten, and by {generalisation.T_0.02}, {generalisation.T_0.2} and {generalisation.T_1} for T = 0.02, 0.2 and 1.
- **Discovery.** The force of each network, fitted to the 42 candidates of `infer --discover` (errors over sequences, 0.01
  over all candidates), has every term of the law, and terms that are not there: {discovery.false} in the mean over the
  trainings; {false_in_all} are in every training. They are exchange beyond separation 2, biquadratic exchange and the
  four-spin term; the largest is {discovery.largest_false} of the largest coupling. The tail of W is in the force too. The
  refined networks have {refined.discovery.false} of them, and much smaller ones: the largest is
  {refined.discovery.largest_false}. Terms that a common rotation of all spins changes are never claimed.
- **The witness.** Chains of eight sites have a three-spin term of {world_size} of J that no list contains; networks of
  `witness.toml` are trained on {world_snapshots} snapshots of each world. They have evidence for a term outside the library (level
  0.01) in {seen} of {worlds} such worlds. The closed-form test has {witness.closed_form} standard deviations of evidence on the
  same snapshots (mean ± standard error over the worlds), so that the advantage of the networks is {witness.advantage}; it is
  {witness.listed} where the list of the test contains the term. In one world with a term of {large_size} of J the networks see it,
  with {large_network} standard deviations; the test has {large_closed_form}. In {null} worlds without such a term
  the networks have evidence in {null_network}, the test in {null_closed_form}."""

_REFINED = """\
The same of the refined networks (`golden/statements-refined.json`): {refined.interaction.beyond} of Σ|W| and
{refined.force.beyond} of the norm of the couplings are beyond separation 2, and 1 - R² grows by
{refined.generalisation.lengths_51_to_100} for lengths of 51 to 100: the sharp cutoff, the plateau and the error out of
distribution agree with what the paper states of its own network. Their residual force is again similar in all trainings
(correlation {refined.residual.correlation}). R² flags a wrong temperature even less
({refined.detector.wrong_temperature})."""


def recorded_statements(path: Path) -> StatementsReport:
    """Read what ``paper-repro claims --json`` wrote."""
    found: StatementsReport = CONVERTER.structure(codec.parse_json(path, "a golden file"), StatementsReport)
    return found


def recorded_worlds(path: Path) -> tuple[World, ...]:
    """Read what ``tools.witness_worlds`` wrote."""
    return codec.read_json(path, tuple[World, ...], "a golden file")


def _of_worlds(worlds: Sequence[World]) -> dict[str, str]:
    """Return the values in the sentences on the worlds with an unlisted term: those of ``SIZE``, and the one of a larger term."""
    decisive = [world for world in worlds if (world.kind, world.size) == ("unlisted", SIZE)]
    (large,) = (world for world in worlds if world.kind == "unlisted" and world.size > SIZE)
    (snapshots,) = {world.snapshots for world in worlds}
    null = [world for world in worlds if world.size == 0]
    return {
        "worlds": str(len(decisive)),
        "seen": str(sum(world.network < _LEVEL for world in decisive)),
        "world_size": f"{100 * SIZE:g} %",
        "world_snapshots": f"{snapshots:,}",
        "large_size": f"{100 * large.size:g} %",
        "large_network": given(large.network < _LEVEL, fixed(deviations(large.network), 1)),
        "large_closed_form": fixed(deviations(large.closed_form), 1),
        "null": str(len(null)),
        "null_network": str(sum(world.network < _LEVEL for world in null)),
        "null_closed_form": str(sum(world.closed_form < _LEVEL for world in null)),
    }


def evidence(ours: StatementsReport, refined: StatementsReport, worlds: Sequence[World]) -> str:
    """Return the evidence on each statement; raises ``ValueError`` where a value that it needs was not measured."""
    values = dict(listed(ours.evidence)) | {f"refined.{path}": part for path, part in listed(refined.evidence)}
    measured = {path: _shown(part) for path, part in values.items()} | {"snapshots": f"{ours.sequences * ours.snapshots:,}"}
    measured |= _of_worlds(worlds)
    measured |= {"false_in_all": f"{values['discovery.false_in_all'].value:.0f}"} if "discovery.false_in_all" in values else {}
    missing = set(_PATH.findall(_OURS + _REFINED)) - set(measured)
    if missing:
        raise ValueError(f"not measured: {', '.join(sorted(missing))}")
    first, second = (_PATH.sub(lambda found: measured[found[1]], _unwrapped(text)) for text in (_OURS, _REFINED))
    verdicts = {item.name: item.verdict for item in (*ours.statements, *(f for f in refined.statements if f.name in _AGREES))}
    return given(
        all(verdicts[name] == "SUPPORTED" for name in _AGREES)
        and verdicts["witness"] == "NOT SUPPORTED"
        and values["detector.wrong_temperature"].value > values["refined.detector.wrong_temperature"].value
        and all(_are_rotation_invariant(part.evidence.discovery) for part in (ours, refined)),
        f"{first}\n\n{second}",
    )


def _are_rotation_invariant(found: Discovery | None) -> bool:
    """Whether every network has every term of the law, and false ones of exchange, biquadratic exchange and four spins alone."""
    kinds = ("exchange ", "biquadratic ", "four_spin")
    return found is not None and all(not each.missed and all(name.startswith(kinds) for name in each.false) for each in found.each)


_PATH = re.compile(r"\{([\w.]+)\}")
#: The statements that are true of the refined networks.
_AGREES = ("cutoff_of_W", "cutoff_of_force", "plateau", "generalisation")


def _unwrapped(text: str) -> str:
    """Return each paragraph, or item of a list, on one line."""
    return re.sub(r"\n(?!- |\n)\s*", " ", text)


def _shown(part: Measured) -> str:
    exact = part.standard_error == 0
    return fixed(part.value, 3) if exact else number(part.value, part.standard_error)
