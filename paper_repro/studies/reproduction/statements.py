"""What the paper says of its results, measured: the evidence of trained networks and of the sampler, and a verdict on each."""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt
from scipy import stats

from paper_repro.analysis import claim_tests, readout
from paper_repro.analysis.basis_fit import NormalEquations, least_squares, normal_equations
from paper_repro.analysis.claim_tests import Measured
from paper_repro.analysis.force_field import ForceField
from paper_repro.analysis.maximum_likelihood import maximum_likelihood
from paper_repro.numerics.streams import data_key
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, couplings_of
from paper_repro.physics.species import as_species
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.exchange_gain import exchange_gain
from paper_repro.sampling.ladder import temperatures
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.field import NetworkForce
from paper_repro.score.pairformer import build
from paper_repro.spec import Published, Spec, Statement
from paper_repro.studies.reproduction.results import Calibration, Results
from paper_repro.studies.reproduction.verdicts import values_at

Verdict = Literal["SUPPORTED", "NOT SUPPORTED", "UNDECIDED"]
#: The parts of the evidence, each found by the method of ``Questions`` of its name.
PARTS = ("residual", "force", "interaction", "scale", "exchange", "detector", "generalisation")
_RESAMPLES = 200
_FARTHEST = 6  # separation at which terms are still fitted
_FALSE_ALARMS = 0.01
_TEMPERATURES = (0.02, 0.2, 1.0)  # at which a network is asked that has seen T₀ alone
_CHAINS_ALONE, _SNAPSHOTS_ALONE = 60, 20  # of the comparison of samplers


@attrs.frozen
class Decision:
    """A statement, what was measured of it, and the verdict."""

    statement: Statement
    value: float
    error: float
    verdict: Verdict


def decide(statement: Statement, found: dict[str, Any], confidence: float) -> Decision:
    """Judge one statement by the evidence."""
    values = values_at({key: [part] for key, part in found.items()}, statement.measured)
    if not values or not math.isfinite(values[0][0]) or not math.isfinite(values[0][1]):
        return Decision(statement, math.nan, math.nan, "UNDECIDED")
    value, error = values[0]
    margin = (value - statement.bound) * (1 if statement.rule == "at-least" else -1)
    wide = float(stats.norm.ppf(0.5 + confidence / 2)) * error
    verdict: Verdict = "SUPPORTED" if margin >= wide else "NOT SUPPORTED" if margin < -wide else "UNDECIDED"
    return Decision(statement, value, error, verdict)


def decide_all(published: Published, found: dict[str, Any]) -> list[Decision]:
    """Judge every statement."""
    return [decide(statement, found, published.confidence) for statement in published.statements]


def measured(value: float, error: float = math.nan) -> dict[str, float]:
    """Return a value with its standard error, as the evidence holds it."""
    return {"value": value, "standard_error": error}


@attrs.frozen
class FromPlateau:
    """What the plateau of one training says, per spin.

    ``gap`` is ln Z of the plateau less the exact one; ``high`` how much more βE + ln p is at the highest temperature than at T₀, 0
    for a perfect network and independent of α.
    """

    gap: float
    high: float


@attrs.frozen
class Questions:
    """Who is asked about what: networks as force fields, a spec, how many sequences and snapshots, a seed."""

    networks: Sequence[NetworkForce]
    spec: Spec
    sequences: int
    snapshots: int
    seed: int
    threads: int
    progress: Callable[[int, str], None] = lambda *_: None

    def _key(self, *index: int) -> np.random.SeedSequence:
        return data_key(self.seed, "claim tests", *index)

    def _draw(self, index: int, temperature: float, shortest: int, longest: int, share: float = 0.5) -> list[Snapshots]:
        """Draw sequences whose letters are the last of the alphabet with probability ``share``, and snapshots of each."""
        generator = np.random.default_rng(self._key(0, index))
        letters = len(self.spec.hamiltonian.species)
        weights = np.full(letters, (1 - share) / (letters - 1)) if letters > 1 else np.ones(1)
        weights[-1] = share if letters > 1 else 1.0
        found = []
        for _ in range(self.sequences):
            codes = generator.choice(letters, size=generator.integers(shortest, longest, endpoint=True), p=weights)
            law = ExactChain(coupling_matrix(codes, self.spec.hamiltonian), 1 / temperature)
            found.append(Snapshots.of(law.sample(self.snapshots, generator), codes))
        return found

    def evidence(self, plateaus: Sequence[FromPlateau] = (), others: Sequence[FromPlateau] = ()) -> dict[str, Any]:
        """Return all evidence; ``plateaus`` are those of each training of a run, ``others`` of one that was trained better.

        Raises ``ValueError`` where a network's answer cannot be inverted.
        """
        usual = self._draw(0, self.spec.temperature, *self._span)
        found: dict[str, Any] = {}
        for number, name in enumerate(PARTS):
            self.progress(number, name)
            found[name] = getattr(self, f"_{name}")(usual)
        if len(plateaus) > 1:
            found["plateau"] = self._plateau(plateaus, others)
        self.progress(len(PARTS), "")
        return found

    def _plateau(self, plateaus: Sequence[FromPlateau], others: Sequence[FromPlateau]) -> dict[str, Any]:
        gaps = [item.gap for item in plateaus]
        high, error = _over([(item.high, 0.0) for item in plateaus])
        result = {
            "gap_per_spin": measured(statistics.fmean(map(abs, gaps)), statistics.stdev(gaps) / math.sqrt(len(gaps))),
            "high_energy": measured(high, error),
        }
        if len(others) > 1:
            left, left_error = _over([(item.high, 0.0) for item in others])
            share = left / high
            result["high_energy_of_the_other"] = measured(left, left_error)
            result["high_energy_left"] = measured(share, abs(share) * math.hypot(left_error / left, error / high))
        return result

    @property
    def _span(self) -> tuple[int, int]:
        """The shortest and the longest chain that the networks were trained on."""
        return self.spec.chains.shortest, self.spec.chains.longest

    def _asked(self, field: ForceField, data: Sequence[Snapshots], terms: Terms | None = None) -> NormalEquations:
        return normal_equations(field, data, self._truth.terms if terms is None else terms, threads=self.threads)

    @property
    def _truth(self) -> Truth:
        return Truth.of(self.spec.hamiltonian, self.spec.beta)

    def _couplings(self, asked: NormalEquations) -> npt.NDArray[np.float64]:
        return np.linalg.solve(asked.gram.sum(0), asked.moment.sum(0))

    def _residual(self, usual: Any) -> dict[str, Any]:
        fits = [
            least_squares(self._asked(n, usual), self.spec.inversion.resamples, self._key(1), self.spec.inversion.r2_about)
            for n in self.networks
        ]
        least = max(fits, key=lambda fit: fit.r2)
        result = {
            "smallest": measured(1 - least.r2, least.r2_error),
            "each": [measured(1 - fit.r2, fit.r2_error) for fit in fits],
        }
        if len(self.networks) > 1:
            joint = claim_tests.joint_moments(self.networks, usual, self._truth.terms, self.threads)
            result["correlation"] = measured(*claim_tests.residual_correlation(joint, _RESAMPLES, self._key(2)))
        return result

    def _force(self, usual: Any) -> dict[str, Any]:
        longer = claim_tests.with_longer_terms(self._truth.terms, _FARTHEST)
        within = len(self.spec.hamiltonian.terms)
        each = [claim_tests.beyond_range(self._asked(n, usual, longer), within, _RESAMPLES, self._key(3)) for n in self.networks]
        return {"beyond": measured(*_over(each)), "each": [measured(*pair) for pair in each]}

    def _interaction(self, usual: Any) -> dict[str, Any]:
        first = [snapshots.part(slice(1)) for snapshots in usual]
        each = [
            1 - readout.read_interaction(n.interaction, first, self._truth, threads=self.threads).within_range
            for n in self.networks
        ]
        return {"beyond": measured(*_over([(value, 0.0) for value in each])), "each": each}

    def _scale(self, usual: Any) -> dict[str, Any]:
        true = couplings_of(self.spec.hamiltonian)
        made = maximum_likelihood(usual, self._truth.terms, self.threads)
        along = true / (true @ true) * self.spec.temperature
        error = float(np.sqrt(along @ made.covariance @ along))
        half = float(stats.t.ppf(0.975, max(len(usual) - 1, 1))) * error
        return {
            "over_beta": measured(float(along @ made.coefficients), error),
            "half_interval": measured(half, half / math.sqrt(2 * max(len(usual) - 1, 1))),
        }

    def _exchange(self, usual: Any) -> dict[str, Any]:
        codes = [snapshots.species for snapshots in usual[:_CHAINS_ALONE]]
        gain = exchange_gain(
            codes, self.spec.hamiltonian, temperatures(self.spec.temperature, self.spec.ladder), self.spec.sampler,
            _SNAPSHOTS_ALONE, _RESAMPLES, self._key(4), self.threads,
        )  # fmt: skip
        return attrs.asdict(gain)

    def _detector(self, usual: Any) -> dict[str, Any]:
        """Tell the first network's answers from corrupted ones by the R² of a sequence, at the couplings of its sound answers."""
        network, spec = self.networks[0], self.spec
        asked = self._asked(network, usual)
        couplings = self._couplings(asked)
        sound = claim_tests.r2_by_unit(asked, couplings)
        generator = np.random.default_rng(self._key(5))
        orders = {id(snapshots.species): generator.permutation(snapshots.sites) for snapshots in usual}
        untrained = NetworkForce(build(spec.architecture, self.seed).eval(), network.times)
        corrupted = {
            "shuffled_identities": self._asked(lambda codes, spins: network(codes[orders[id(codes)]], spins), usual),
            "random_network": self._asked(untrained, usual),
            "wrong_temperature": self._asked(network, self._draw(1, 4 * spec.temperature, *self._span)),
            "unseen_lengths": self._asked(network, self._draw(2, spec.temperature, self._span[1] + 1, self._longest)),
        }
        limit = claim_tests.threshold(sound, _FALSE_ALARMS)
        result: dict[str, Any] = {"threshold": limit}
        areas = {}
        for number, (name, part) in enumerate(corrupted.items()):
            other = claim_tests.r2_by_unit(part, couplings)
            areas[name] = claim_tests.area_under_curve(sound, other, _RESAMPLES, self._key(6, number))
            result[name] = measured(*areas[name]) | {"found": float((other < limit).mean())}
        result["worst"] = measured(*min(areas.values()))
        return result

    @property
    def _longest(self) -> int:
        return min(2 * self.spec.chains.longest, self.spec.architecture.positions)

    def _generalisation(self, usual: Any) -> dict[str, Any]:
        """Let each network be asked where it was not trained: how much 1 - R² grows, at the couplings of where it was."""
        cold, span = self.spec.temperature, self._span
        places: dict[str, Any] = {
            f"lengths_{span[1] + 1}_to_{self._longest}": lambda: self._draw(3, cold, span[1] + 1, self._longest),
            "one_letter": lambda: self._draw(4, cold, *span, share=1.0),
            "nine_of_ten_one_letter": lambda: self._draw(5, cold, *span, share=0.9),
            **{
                f"T_{temperature:g}": lambda k=k, temperature=temperature: self._draw(6 + k, temperature, *span)
                for k, temperature in enumerate(_TEMPERATURES)
            },
        }
        asked = [self._asked(network, usual) for network in self.networks]
        couplings = [self._couplings(part) for part in asked]
        inside = [claim_tests.r2_by_unit(part, c) for part, c in zip(asked, couplings, strict=True)]
        result: dict[str, Any] = {}
        for name, draw in places.items():
            data = draw()
            each = []
            for network, c, sound in zip(self.networks, couplings, inside, strict=True):
                other = claim_tests.r2_by_unit(self._asked(network, data), c)
                error = math.hypot(*(float(np.std(r, ddof=1)) / math.sqrt(len(r)) for r in (sound, other)))
                each.append((float(sound.mean() - other.mean()), error))
            result[name] = measured(*_over(each))
        result["excess"] = max(result.values(), key=lambda item: item["value"])
        return result


def _over(each: Sequence[Measured]) -> Measured:
    """Return the mean over networks with its error: from the scatter between them where there are several."""
    values = [value for value, _ in each]
    if len(values) < 2:
        return each[0]
    within = math.sqrt(sum(error**2 for _, error in each)) / len(each)
    return statistics.fmean(values), math.hypot(within, statistics.stdev(values) / math.sqrt(len(values)))


def values_of(found: dict[str, Any], path: str = "") -> Iterator[tuple[str, Measured]]:
    """Yield each measured value of the evidence with its path and its standard error (NaN where it has none)."""
    for key, part in found.items():
        name = f"{path}.{key}" if path else key
        if isinstance(part, dict) and "value" in part:
            yield name, (part["value"], part["standard_error"])
        elif isinstance(part, dict):
            yield from values_of(part, name)
        elif isinstance(part, float):
            yield name, (part, math.nan)


def as_results(decisions: Sequence[Decision], found: dict[str, Any]) -> dict[str, Any]:
    """Return verdicts and evidence as plain data."""
    return {
        "statements": [
            {
                "name": item.statement.name, "statement": item.statement.statement, "measured": item.statement.measured,
                "rule": item.statement.rule, "bound": item.statement.bound, "value": item.value, "error": item.error,
                "verdict": item.verdict,
            }
            for item in decisions
        ],
        "evidence": found,
    }  # fmt: skip


def plateaus_of(results: Results, spec: Spec) -> list[FromPlateau]:
    """Return the plateau of each training of a run; trainings without one are left out.

    Raises ``ValueError`` for a run with another number of temperatures than the spec.
    """
    species, at = as_species(spec.likelihood.chain, spec.hamiltonian.species), spec.likelihood_temperatures
    matrix = coupling_matrix(species, spec.hamiltonian)
    hot, cold = at.index(max(at)), at.index(min(at))
    rise = (ExactChain(matrix, 1 / at[hot]).mean_energy - ExactChain(matrix, 1 / at[cold]).mean_energy) / spec.temperature
    found = []
    for part in results.calibration.trained:
        if isinstance(part, Calibration):
            if len(part.above) != len(at):
                raise ValueError(f"{len(part.above)} temperatures; expected those of spec {spec.name}, {len(at)}")
            high = part.above[hot].value - part.above[cold].value + (1 - part.alpha.value) * rise
            found.append(FromPlateau(part.gap.value / len(matrix), high / len(matrix)))
    return found
