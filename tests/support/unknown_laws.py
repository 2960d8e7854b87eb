"""Laws that ``infer`` has not seen, and files of their snapshots as ase and the ovf library write them.

A chain of three species with exchange up to separation 3, a ring of two, and a square lattice of 8 × 8 with two shells, each at its
own temperature. Snapshots are sampled here by a heat bath of a few lines, which shares no code with the package: every site in turn
is drawn from its von Mises-Fisher law in the field of the others.
"""

import itertools

import attrs
import numpy as np

from tests.support.snapshot_files import Lattice, row, square, write_extended_xyz, write_ovf


@attrs.frozen(eq=False)
class Law:
    """H = - Σ J S_i·S_j over pairs of each class (separation or shell), J by class and unordered pair of species."""

    lattice: Lattice
    temperature: float
    couplings: dict[tuple[int, str, str], float]

    def matrix(self):
        """J (site, site), each pair in both places; classes are distances on the lattice, images of the cell included."""
        species, places = self.lattice.species, self.lattice.positions
        shifts = [(0, 1, -1) if along else (0,) for along in self.lattice.periodic]
        apart = places[None, :] - places[:, None]
        images = [
            np.array(shift) @ (np.zeros((3, 3)) if self.lattice.cell is None else self.lattice.cell)
            for shift in itertools.product(*shifts)
        ]
        distances = np.min([np.linalg.norm(apart + image, axis=-1) for image in images], axis=0)
        shells = np.unique(distances.round(6))
        classes = np.searchsorted(shells, distances.round(6))
        matrix = np.zeros_like(distances)
        for (i, one), (j, other) in itertools.product(enumerate(species), repeat=2):
            matrix[i, j] = self.couplings.get((int(classes[i, j]), *sorted((one, other))), 0.0)
        return matrix


def by_class(*values):
    """Couplings of each class in turn, for the pairs of two or three species in alphabetical order."""
    return {
        (k, *pair): value
        for k, row_of in enumerate(values, start=1)
        for pair, value in zip(itertools.combinations_with_replacement(SPECIES[len(row_of)], 2), row_of, strict=True)
    }


NAMES = {"A": "Co", "B": "Fe", "C": "Ni"}
SPECIES = {6: ("Co", "Fe", "Ni"), 3: ("Co", "Fe"), 1: ("Fe",)}
LAWS = {
    "chain": Law(
        row([NAMES[letter] for letter in "BBBCBBBABAACBCCCCCAAACAA"]),
        0.4,
        by_class((0.9, 1.1, -0.6, 1.4, 0.7, 0.5), (-0.3, 0.2, 0.4, -0.5, -0.2, 0.1), (0.15, -0.25, 0.1, 0.3, 0.2, -0.1)),
    ),
    "ring": Law(
        row([NAMES[letter] for letter in "BBBBAAAAAABABBBA"], ring=True), 0.5, by_class((1.2, -0.8, 1.0), (-0.4, 0.3, 0.2))
    ),
    "square": Law(square(8), 1.0, by_class((1.0,), (-0.35,))),
}


def sample(law, snapshots, seed, *, burn_in=100):
    """Return independent snapshots (snapshot, site, 3): the ends of as many Markov chains, each from its own random start."""
    generator = np.random.default_rng(seed)
    matrix = law.matrix() / law.temperature
    spins = generator.standard_normal((len(matrix), snapshots, 3))
    spins /= np.linalg.norm(spins, axis=-1, keepdims=True)
    for _, site in itertools.product(range(burn_in), range(len(matrix))):
        near = np.flatnonzero(matrix[site])
        spins[site] = von_mises_fisher(np.tensordot(matrix[site, near], spins[near], 1), generator)
    return np.ascontiguousarray(spins.swapaxes(0, 1))


def von_mises_fisher(field, generator):
    """Draw unit vectors of density ∝ exp(field · S) for each field (…, 3), by inversion of the distribution of the cosine."""
    size = np.linalg.norm(field, axis=-1, keepdims=True)
    axis = field / size
    uniform = generator.random(size.shape)
    cosine = np.clip(1 + np.log(uniform + (1 - uniform) * np.exp(-2 * size)) / size, -1, 1)
    across = generator.standard_normal(field.shape)
    across -= (across * axis).sum(-1, keepdims=True) * axis
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    drawn = cosine * axis + np.sqrt(1 - cosine**2) * across
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def write(folder, name, spins, files=4):
    """Write snapshots into a folder as ase writes them, each of ``files`` a part of them and each frame a run of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    law = LAWS[name]
    for number, part in enumerate(np.array_split(spins, files)):
        path = folder / f"{name}-{number}.xyz"
        write_extended_xyz(path, part, law.lattice, temperature=law.temperature, runs=range(len(part)))
    return folder


def write_as_ovf(folder, name, spins, files=4, **options):
    """Write the same as OVF files, which know no species, runs, temperature or periodic boundary: state them to ``read``."""
    folder.mkdir(parents=True, exist_ok=True)
    side = {"square": 8}.get(name)
    nodes = (spins.shape[1], 1, 1) if side is None else (side, side, 1)
    for number, part in enumerate(np.array_split(spins, files)):
        write_ovf(folder / f"{name}-{number}.ovf", part, nodes, step=(2.5, 2.5, 10.0), **options)
    return folder
