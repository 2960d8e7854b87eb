"""The exact solution of a chain with couplings to first and second neighbours: ln Z, energy, correlations, and samples.

`python examples/exact_chain.py` (seconds).
"""

import numpy as np

import paper_repro as pr

# %% The law of the paper on one of its chains
spec = pr.load_spec(pr.specs_folder() / "paper.toml").record
species = "ABBABAABBBABAABABBAB"
chain = pr.Geometry.open_chain(len(species))

# %% Thermodynamics at several temperatures, in units of J_AA and k_B
print(f"{'T':>6}{'ln Z per spin':>16}{'energy per spin':>18}{'heat capacity per spin':>25}")
for temperature in (2.0, 0.5, 0.1, 0.05, 0.01):
    law = pr.Truth.of(spec.hamiltonian, beta=1 / temperature).exact(chain, species)
    ln_z, energy, heat = np.array([law.ln_z, law.mean_energy, law.heat_capacity]) / len(species)
    print(f"{temperature:6g}{ln_z:16.4f}{energy:18.4f}{heat:25.4f}")

# %% At the temperature of the paper: correlations, and independent snapshots that have them
truth = pr.Truth.of(spec.hamiltonian, spec.beta)
law = truth.exact(chain, species)
correlations = law.correlations()
spins = law.sample(20_000, np.random.default_rng(0))
sampled = np.einsum("nix,njx->ij", spins, spins) / len(spins)
print(f"\nT = {1 / spec.beta:g}: S_10·S_j is on average")
for j in range(10, 16):
    print(f"  j = {j + 1}: exact {correlations[9, j]:7.3f}, of {len(spins):,} samples {sampled[9, j]:7.3f}")

# %% The same ln Z without the transfer matrix: the mean energy, integrated over β from free spins
node, weight = np.polynomial.legendre.leggauss(60)
betas, weights = spec.beta * (node + 1) / 2, spec.beta * weight / 2
energies = [pr.ExactChain(law.matrix, beta).mean_energy for beta in betas]
integrated = len(species) * np.log(4 * np.pi) - np.dot(weights, energies)
print(f"\nln Z = {law.ln_z:.6f}; by thermodynamic integration {integrated:.6f}")
