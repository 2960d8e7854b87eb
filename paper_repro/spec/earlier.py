"""The digests that a spec had in earlier forms: weights carry that of the day on which they were trained."""

from paper_repro.spec.digest import canonical, digest, digest_of_plain
from paper_repro.spec.migration import spec_as_in_run_3
from paper_repro.spec.spec import Spec

#: Of specs of this project, by the digest in the form of runs 3: the digest in the form of runs 1 and 2.
_IN_FORM_2 = {
    "6e002d549b6763554be725f1c85e7d597c3e588a1e6b6edae1358be55a15b2b6":
    "1f4afb1ace8ff3819480ce68b3f1df6dde39d3772a6eb202c3a0fa720180f291",
    "94fb2331b4927a6b81cf830a7027dc7fbfe8493321568769237b6a5269ae4b02":
    "ed7ef7f91471f2bf2ee84efc9e75ff233a7ebf798abe00171930b1e33573ed83",
    "32ae0962de83c2b7c5348b78ab96e83881200d0c7aca57473edbb14614bbf167":
    "b9ea3d3d91138122354896a90ba24e9055a476600d46d7a49e5378f260c94305",
}  # fmt: skip


def digests(spec: Spec) -> tuple[str, ...]:
    """Return the digest of a spec, and those that weights of the same recipe carry where an earlier version trained them."""
    today, values = digest(spec), spec_as_in_run_3(canonical(spec))
    if values is None:
        return (today,)
    form_3 = digest_of_plain(values)
    form_2 = _IN_FORM_2.get(form_3)
    return (today, form_3) if form_2 is None else (today, form_3, form_2)
