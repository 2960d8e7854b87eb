"""What each measurement of the evidence on the statements is, by its path in ``Evidence``."""

#: Words for each path; what a number of them is measured on is in ``analysis.claim_tests``.
MEANINGS = {
    "residual.smallest": "1 - R² of the inversion, smallest of the trainings",
    "residual.correlation": "correlation of the residual forces of two trainings",
    "force.beyond": "norm of the couplings beyond the range, over that within",
    "interaction.beyond": "share of Σ|W| beyond the range of the law",
    "scale.over_beta": "size of the couplings by maximum likelihood, over β",
    "scale.half_interval": "the same: half of its 95 % interval",
    "exchange.energy": "autocorrelation time of E with the ladder (sweeps)",
    "exchange.ends": "autocorrelation time of S_1·S_N with the ladder (sweeps)",
    "exchange.energy_alone": "that of E without replica exchange",
    "exchange.ends_alone": "that of S_1·S_N without replica exchange",
    "exchange.energy_metropolis": "that of E by Metropolis moves alone",
    "exchange.ends_metropolis": "that of S_1·S_N by Metropolis moves alone",
    "exchange.gain": "time without replica exchange over that with it",
    "exchange.gain_over_metropolis": "time by Metropolis moves alone over that with the ladder",
    "detector.threshold": "R² of a sequence below which 1 % are false alarms",
    "detector.shuffled_identities": "area under the ROC curve of R²: shuffled species",
    "detector.random_network": "the same: an untrained network",
    "detector.wrong_temperature": "the same: another temperature",
    "detector.unseen_lengths": "the same: lengths outside the training distribution",
    "detector.worst": "the smallest of these areas",
    "generalisation.excess": "the largest of these growths",
    "plateau.gap_per_spin": "|ln Z of the plateau - exact ln Z(β_eff)| per spin",
    "plateau.high_energy": "βE + ln p at high less that at low energies, per spin",
    "plateau.high_energy_of_the_other": "the same of the reference training",
    "plateau.high_energy_left": "its share of the deviation of these weights",
    "discovery.wrong": "candidates claimed and not there, or missed",
    "discovery.false": "candidates claimed and not there",
    "discovery.missed": "candidates there and not claimed",
    "discovery.largest_false": "largest coupling that is not there, over the largest",
    "discovery.false_in_all": "candidates that every network claims and are not there",
    "witness.advantage": "evidence for an unlisted term (σ): network - closed form",
    "witness.network": "evidence for an unlisted term (σ): network",
    "witness.closed_form": "evidence for an unlisted term (σ): closed-form test",
    "witness.listed": "the same difference for a term that the test lists (σ)",
}
_PLACE = "generalisation."


def meaning(path: str) -> str:
    """Return what the measurement at ``path`` is, in words; of a place of ``Generalisation`` its name."""
    if path.startswith(_PLACE) and path not in MEANINGS:
        return f"growth of 1 - R², couplings fixed: {path.removeprefix(_PLACE).replace('_', ' ')}"
    return MEANINGS.get(path, path)
