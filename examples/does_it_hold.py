"""Does the paper hold? Table 1, from ten trainings of the published recipe and three of a refined one, on fresh exact data.

`python examples/does_it_hold.py` (seconds, from the weights in golden/weights; at the top of a checkout).
"""

import numpy as np

import paper_repro as pr

# %% The law of the paper, and what the paper reports of its network
spec = pr.load_spec(pr.specs_folder() / "paper.toml").record
claims = pr.load_published(pr.specs_folder() / "published.toml").record.claims
published = {claim.measured.removeprefix("inversion."): claim.published for claim in claims}
truth = pr.Truth.of(spec.hamiltonian, spec.beta)

# %% Each network is a force field: its couplings are those of least squares on fresh snapshots of the exact solution
trainings = {
    recipe: [
        pr.audit_weights(f"golden/weights/{recipe}-seed-{seed}.safetensors", spec, sequences=40, snapshots=2, seed=0)
        for seed in range(count)
    ]
    for recipe, count in (("paper", 10), ("refined", 3))
}


# %% One row for each number: mean and standard deviation over the trainings
print(f"{'':14}{'truth':>8}{'published':>11}{'published recipe':>22}{'refined recipe':>22}")


def row(name, true, said, value, digits=3):
    columns = [[value(audit) for audit in trainings[recipe]] for recipe in ("paper", "refined")]
    found = [f"{np.mean(column):.{digits}f} ± {np.std(column, ddof=1):.{digits}f}" for column in columns]
    print(f"{name:14}{true:8.3f}{said:>11}{found[0]:>22}{found[1]:>22}")


for k, (term, coupling) in enumerate(zip(truth.terms.names, truth.couplings, strict=True)):
    if k != truth.reference:
        row(f"{term} / J_AA", coupling, f"{published[f'ratios.{term}']:.3f}", lambda audit, k=k: audit.comparison.ratios[k])
row("1 - cosine", 0, f"{1 - published['cosine']:.4f}", lambda audit: 1 - audit.comparison.cosine, digits=6)
row("R²", 1, f"{published['r2']:.4f}", lambda audit: audit.fit.r2, digits=4)
row("scale / β", 1, "", lambda audit: audit.comparison.scale / spec.beta)
