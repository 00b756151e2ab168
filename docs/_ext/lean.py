"""Load on each page only what it uses.

The parts we build on add their styles and scripts to every page: those of the gallery
to the chapters, those of the tabs to pages without tabs. Here each file has a mark, and
a page that does not carry the mark does not load the file.
"""

import re

MARKS = [
    (re.compile(files), re.compile(mark))
    for files, mark in [
        (r"sg_gallery", r"sphx-glr"),
        (r"sg_gallery-binder", r"binder-badge"),
        (r"sg_gallery-(dataframe|rendered)", r"rendered_html"),
        (r"mystnb", r'class="cell '),
        (r"sphinx-design", r'class="sd-'),
        (r"design-tabs", r"sd-tab-set"),
        (r"copy\.(css|js)", r'class="highlight'),
        (r"steps\.js", r"seegrad-steps"),
        (r"atlas\.(css|js)", r"seegrad-atlas"),
        (r"zoom\.js", r"<img"),
        (r"^$", r"(?!)"),  # inline: settings of parts of the theme that are not here
    ]
]


def leave_out(app, pagename, templatename, context, doctree):
    """Drop the files whose marks the page's body lacks."""
    body = context.get("body", "")

    def used(file):
        name = str(file.filename)
        return all(m.search(body) for files, m in MARKS if files.search(name))

    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context[kind] if used(file)]


def setup(app):
    app.connect("html-page-context", leave_out, priority=900)  # all have been added
    return {"parallel_read_safe": True, "parallel_write_safe": True}
