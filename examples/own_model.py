"""A model of your own: trained on snapshots alone, which Hamiltonian has it learnt?

`python examples/own_model.py` (seconds).
The same from a shell: `paper-repro audit examples/own_model.py:trained --sequences 20 --snapshots 5`.
"""

import torch

import paper_repro as pr

spec = pr.load_spec(pr.specs_folder() / "paper.toml").record


# %% Any torch module, or function, of (species, spins, time, mask) that returns a tangent vector for each spin
class PairModel(torch.nn.Module):
    """A learnt W for each pair of species and each separation up to 4: score_i = (I - S_i S_iᵀ) Σ_j W_ij S_j."""

    def __init__(self):
        super().__init__()
        self.weights = torch.nn.Parameter(torch.zeros(4, 2, 2, dtype=torch.float64))

    def interaction(self, species, spins, time, mask):  # W (chain, site, site); `audit` compares it with the score
        site = torch.arange(species.shape[1])
        apart = (site[:, None] - site).abs()
        w = self.weights[(apart - 1).clamp(0, 3), species[:, :, None], species[:, None, :]] * ((apart > 0) & (apart < 5))
        return (w + w.transpose(1, 2)) / 2

    def forward(self, species, spins, time, mask):  # the score (chain, site, 3); this model knows no diffusion time
        field = self.interaction(species, spins, time, mask) @ spins
        return field - (field * spins).sum(-1, keepdim=True) * spins


# %% Train it by score matching, E[½|s|² + ∇·s]: the divergence of this score is -2 S_i·Σ_j W_ij S_j at each site
def trained():  # on 400 snapshots of the paper's law; neither couplings nor range are given
    model, data = PairModel(), list(pr.exact_data(spec, sequences=5, snapshots=80, seed=0))
    batches = [(torch.tensor(part.species).expand(len(part), -1), torch.tensor(part.spins)) for part in data]
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        total = torch.zeros((), dtype=torch.float64)
        for species, spins in batches:
            along = ((model.interaction(species, spins, None, None) @ spins) * spins).sum()
            total = total + (model(species, spins, None, None) ** 2).sum() / 2 - 2 * along
        total.backward()
        return total

    optimiser.step(loss)
    return model.eval().requires_grad_(False)


# %% Its force on fresh snapshots, fitted to the terms of the true law; `print(found)` shows all of the report
if __name__ == "__main__":
    truth = pr.Truth.of(spec.hamiltonian, spec.beta)
    found = pr.audit(trained(), pr.exact_data(spec, sequences=20, snapshots=5, seed=1), truth, name="PairModel")
    for term, coupling, learnt in zip(found.fit.terms, truth.couplings, found.fit.coefficients / spec.beta, strict=True):
        print(f"{term}  true {coupling:6.3f}  learnt {learnt:6.3f}")
    print(f"cosine {found.comparison.cosine:.4f}, R² {found.fit.r2:.4f}, {found.interaction.within:.1%} of Σ|W| within range 2")
    print(*found.left_out, sep="\n")
