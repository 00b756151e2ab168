"""One tab a framework: PyTorch, TensorFlow and JAX beside each other, all executed.

myst-nb runs cells only at the top level of a page, not inside a tab. So a page writes
one cell after the other, tagged ``pytorch``, ``tensorflow`` and ``jax``, and here those
that follow each other become a set of sphinx-design's tabs, which remember across pages
what a reader chose.

TensorFlow has no wheel for some machines outside Linux. There its cells are not run;
the page shows what they printed in the last full build, and says so.
"""

import os
from itertools import groupby

import last_build
from catalogs import mark as _
from catalogs import translator
from docutils import nodes
from sphinx_design.shared import create_component

NAMES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow", "jax": "JAX"}
# Notices of TensorFlow's C++ and of JAX's search for a GPU, which no page should show.
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN's sums depend on the machine
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
}
STORED = _(
    "The machine that built this page has no TensorFlow; for some there is no wheel. "
    "This is what the cell printed in the last full build, with TensorFlow {}."
)


def framework(node):
    """Which framework's cell a node is, or None."""
    tags = node.get("classes", ()) if isinstance(node, nodes.container) else ()
    return next((name for name in NAMES if f"tag_{name}" in tags), None)


def fold(app, doctree):
    """Make each run of such cells a set of tabs."""
    cells = list(doctree.findall(framework))
    if not last_build.tensorflow_is_here():
        show_last_build(app.env.docname, cells, app.config.language)
    for parent in dict.fromkeys(cell.parent for cell in cells):
        children = []
        for is_cell, run in groupby(parent.children, lambda n: bool(framework(n))):
            run = list(run)
            children += [tab_set(run)] if is_cell else run
        parent.children = []
        parent.extend(children)


def tab_set(cells):
    items = []
    for name, run in groupby(cells, framework):
        label = nodes.rubric("", NAMES[name], classes=["sd-tab-label"])
        label["sync_id"], label["sync_group"] = name, "framework"
        content = create_component("tab-content", ["sd-tab-content"], children=run)
        parts = [label, content]
        items.append(create_component("tab-item", ["sd-tab-item"], children=parts))
    return create_component("tab-set", ["sd-tab-set"], children=items)


def skip(app, docname, source):
    """Leave TensorFlow's cells out of the run where there is no TensorFlow."""
    if not last_build.tensorflow_is_here():
        tag = "tags: [tensorflow"
        source[0] = source[0].replace(tag, f"{tag}, skip-execution")


def show_last_build(page, cells, language):
    cells = [cell for cell in cells if framework(cell) == "tensorflow"]
    stored = last_build.read()
    words = translator(language)(STORED).format(stored["tensorflow"])
    for cell, printed in zip(cells, stored["cells"].get(page, ()), strict=True):
        cell += nodes.paragraph("", words)
        cell += nodes.literal_block(printed, printed, language="none")


def setup(app):
    os.environ.update(QUIET)  # before any kernel starts
    app.connect("source-read", skip)
    app.connect("doctree-read", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
