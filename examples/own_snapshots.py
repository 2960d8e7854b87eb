"""Your own snapshots: files of spins in, couplings with intervals and verdicts out. Neither energies nor forces are needed.

`python examples/own_snapshots.py` (seconds).
"""

import tempfile
from pathlib import Path

import paper_repro as pr

# %% Files as another program may have written them; here they come from a law that we know, so that the result can be judged
LAW = """
temperature = 0.5
[system]
species = "ABBABAABBBABAABABBAB"
[exchange]
separations = [1]
by_species = true
[dzyaloshinskii_moriya]
separations = [1]
[couplings]
"exchange 1 AA" = 1.0
"exchange 1 AB" = 0.6
"exchange 1 BB" = -0.5
"dzyaloshinskii_moriya 1 x" = 0.0
"dzyaloshinskii_moriya 1 y" = 0.0
"dzyaloshinskii_moriya 1 z" = 0.3
"""
folder = Path(tempfile.mkdtemp())
(folder / "law.toml").write_text(LAW)
pr.write(folder / "snapshots.npz", pr.simulate(folder / "law.toml", 500, seed=2))

# %% Read them: npz, extended xyz or OVF; a folder or a glob does as well
data = pr.read(folder / "snapshots.npz")

# %% Which of 42 kinds of terms are there? All are fitted together; the error rate 0.01 is that of all verdicts together
found = pr.infer(data, pr.candidates([record.geometry for record in data]), level=0.01, confirm=False)
count = {verdict: sum(coupling.verdict == verdict for coupling in found.couplings) for verdict in ("absent", "undecided")}
for coupling in found.couplings:
    if coupling.verdict == "present":
        print(f"{coupling.term.name:28}{coupling.estimate:7.3f} ± {coupling.error:.3f}")
print(f"{count['absent']} other terms are absent, {count['undecided']} undecided")

# %% Is a smaller library enough? The score test names what it lacks
small = pr.infer(data, pr.library(range=2), confirm=False)
print(f"exchange and biquadratic exchange alone: {small.adequacy.verdict}; missing: {', '.join(small.adequacy.missing)}")

# %% `print(found)` shows the whole report; `paper-repro infer FILE --discover --out FOLDER` writes it as a page with figures
