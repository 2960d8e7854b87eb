"""The digests that weights carry which do not state that of their training: of the spec, in its form of that day."""

from paper_repro.spec.digest import canonical, digest, digest_of_plain, training_digest
from paper_repro.spec.migration import spec_as_in_run_3
from paper_repro.spec.spec import Spec

#: Of the trainings of this project: the digests of their specs in the forms of runs 1 and 2, of runs 3, and of runs since.
_BEFORE = {
    "65663297bda32d824fed39822e396e30d81a4d2a3ec1e4f68e922e26ff99c0d9": (  # paper
        "1f4afb1ace8ff3819480ce68b3f1df6dde39d3772a6eb202c3a0fa720180f291",
        "6e002d549b6763554be725f1c85e7d597c3e588a1e6b6edae1358be55a15b2b6",
        "805713720c690bfb7bff6f1abd2eb465a9a35ff298138630976cb613211f92b0",
    ),
    "da4f8f7ad6af556d5cb207e0e79025f357e6264bd91b392a25755435730f57a2": (  # smoke
        "ed7ef7f91471f2bf2ee84efc9e75ff233a7ebf798abe00171930b1e33573ed83",
        "94fb2331b4927a6b81cf830a7027dc7fbfe8493321568769237b6a5269ae4b02",
        "10e3c9b95246ce2d92e5b54e4ab242b07b1c4fe2b696d01e19f66be554d778f3",
    ),
    "119a7ba318d9e01c9eac12621f17b3b8b74a2f8b3bc742308d7ca2b0913b547c": (  # refined, with its first query times
        "b9ea3d3d91138122354896a90ba24e9055a476600d46d7a49e5378f260c94305",
        "32ae0962de83c2b7c5348b78ab96e83881200d0c7aca57473edbb14614bbf167",
        "1ef0d955f043b69eef258d1b10ecc0e812617fa9efea4e9aa689506f0b7fb05f",
    ),
}  # fmt: skip


def digests(spec: Spec) -> tuple[str, ...]:
    """Return the digest of a spec, and those that weights of the same training carry where an earlier version trained them."""
    form_3 = spec_as_in_run_3(canonical(spec))
    of_form_3 = () if form_3 is None else (digest_of_plain(form_3),)
    return (digest(spec), *of_form_3, *_BEFORE.get(training_digest(spec), ()))
