"""How Sphinx builds the documentation: the Markdown files of the project as they stand, and the API from docstrings.

``sphinx-build -W -c docs . build/docs`` at the top of the checkout writes ``build/docs/index.html`` and all that it leads to.
The source folder is the whole project, so that a link from file to file holds in the checkout and between the pages.
"""

from sphinx.application import Sphinx

import paper_repro

project = "paper_repro"
release = version = paper_repro.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "golden/README.md", "benchmarks/README.md"]
exclude_patterns = ["NOTE-FROM-THE-FOUNDER.md", ".*", "build", "dist", "paper_repro", "runs", "tests", "tools"]

myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
add_module_names = False

html_theme = "furo"
html_title = f"paper_repro {version}"
html_show_copyright = False
html_copy_source = False
html_extra_path = ["index.html"]
html_static_path = ["static"]
html_css_files = ["site.css"]

#: The pages in the order of the menu; pages that are not listed come last.
MENU = {
    "The paper": ["Does it hold? <self>", "REPRODUCE"],
    "Your own": ["docs/data", "docs/inference", "docs/discovery", "docs/libraries", "docs/model", "docs/examples"],
    "Reference": ["docs/api", "CONVENTIONS", "docs/glossary"],
    "The project": [
        "docs/extending", "CONTRIBUTING", "benchmarks/README", "docs/scaling", "golden/README", "CHANGELOG", "SECURITY",
    ],
}  # fmt: skip


def _with_menu(app: Sphinx, page: str, source: list[str]) -> None:
    """Add the menu to the first page: README.md has no directive of Sphinx, since it is also read as it stands."""
    if page == root_doc:
        listed = {name for pages in MENU.values() for name in pages}
        more = sorted(app.env.found_docs - listed - {root_doc})
        for caption, pages in (MENU | ({"More": more} if more else {})).items():
            source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""])


def setup(app: Sphinx) -> None:
    """Let Sphinx add the menu when it reads the first page."""
    app.connect("source-read", _with_menu)
