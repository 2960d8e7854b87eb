"""Reports: sections, tables and figures, and their terminal, HTML and Markdown forms. Nothing here knows physics."""
