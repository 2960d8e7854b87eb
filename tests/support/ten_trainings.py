"""The results of a run with ten trainings, made from one with three: what nobody has to train for a test."""

import attrs
import numpy as np

from paper_repro.studies.reproduction.results import ByNetwork, Results
from paper_repro.studies.reproduction.verdicts import judge_all


def ten_trainings(results: Results, published, cosine=0.0) -> Results:
    """Ten trainings whose inversions scatter by a tenth of 1 - R² and a twentieth of each ratio, and their verdicts.

    Their cosines are larger by ``cosine``. All else is that of the three, in turn.
    """
    generator, turn = np.random.default_rng(16), np.arange(10) % 3

    def moved(part):
        return attrs.evolve(
            part,
            cosine=attrs.evolve(part.cosine, value=part.cosine.value + cosine),
            r2=attrs.evolve(part.r2, value=1 - (1 - part.r2.value) * generator.normal(1.1, 0.1)),
            ratios={name: attrs.evolve(one, value=one.value * generator.normal(1.0, 0.05)) for name, one in part.ratios.items()},
        )

    def repeated(section):
        return attrs.evolve(section, trained=tuple(section.trained[k] for k in turn) if section else ())

    sections = {field.name: getattr(results, field.name) for field in attrs.fields(Results)}
    many = {name: repeated(section) for name, section in sections.items() if isinstance(section, ByNetwork)}
    inversion = attrs.evolve(many["inversion"], trained=tuple(moved(part) for part in many["inversion"].trained))
    found = attrs.evolve(results, seeds=tuple(range(10)), **many | {"inversion": inversion})
    return attrs.evolve(found, verdicts=judge_all(published, found, ()))
