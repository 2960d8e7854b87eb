"""The published values and the published protocol, as they come with the project."""

from paper_repro.spec import Published, Spec, load_published, load_spec, specs_folder

PUBLISHED = "published.toml"


def published_protocol() -> tuple[Published, Spec]:
    """Return the published values, with the rules that judge them, and the spec of the published protocol."""
    published = load_published(specs_folder() / PUBLISHED).record
    return published, load_spec(specs_folder() / published.protocol).record
