"""Topics: the same pages in another order than the one in which they are read.

A page of links by topic, and on each page the topics it belongs to. Choosing a topic is
following a link: the style sheet then hides the others, so no script is needed, the
keyboard reaches all of it, and a choice has an address. A tutorial without a topic, or
a topic's page that isn't there, is a warning, and so a failure of the build.
"""

from pathlib import Path

from catalogs import translator
from sphinx.util import logging

logger = logging.getLogger(__name__)

PAGE = "gallery/topics"
TOPICS = {
    "Tangents and slopes": """start plot_tangent_line plot_tangent_plane
        plot_derivative_curve plot_axis_order""",
    "The chain rule": """plot_three_lines plot_product_strips plot_chain_rule why_sum
        backward from_scratch plot_reductions plot_one_step""",
    "The computation graph": """backward tape from_scratch plot_chain_rule plot_sum
        plot_loop plot_mean plot_max plot_second_backward plot_saved_value""",
    ".grad, kept and cleared": """plot_clear_and_copy grad_none grad_none_model
        plot_grad_is_none plot_forgotten_zero_grad""",
    "Sum, mean and max": """why_sum gradient_argument plot_sum plot_loop plot_mean
        plot_max plot_reductions plot_vector_output plot_mixed_batch""",
    "Corners, jumps and nan": """corners plot_corner_answers plot_max plot_where_nan""",
    "Several variables": """gradient_argument plot_tangent_plane plot_gradient_field
        plot_axis_order plot_descent""",
    "Numerical differences": """plot_numerical plot_axis_order plot_float32_check""",
    "Descent and fits": """plot_descent plot_one_step plot_sine_cubic plot_slow_fit
        plot_hessian_step plot_forgotten_zero_grad plot_step_in_place""",
    "Training and optimisers": """plot_training_step plot_optimisers plot_clip_gradient
        plot_hessian_step grad_none_model plot_silenced_error""",
    "Errors, and what they mean": """errors plot_silenced_error
        plot_second_backward plot_saved_value plot_step_in_place plot_whole_numbers
        plot_vector_output plot_mixed_batch""",
    "Wrong, and no error": """grad_none_model plot_silenced_error plot_lost_factor
        plot_data plot_where_nan plot_axis_order plot_forgotten_zero_grad
        plot_corner_answers plot_float32_check""",
    "Other frameworks": "frameworks corners from_scratch",
    "Time and memory": "cost higher_orders plot_slow_fit",
}
HEAD = """\
:nosearch:

By topic
========

Choose a topic to see its pages alone. Every tutorial belongs to at least one.

.. container:: seegrad-choices

"""


def label(topic):
    return "-".join("".join(c if c.isalnum() else " " for c in topic.lower()).split())


def write(app):
    """Write the page of topics, once the tutorials' pages are there."""
    docs = Path(app.srcdir)
    pages = {
        p.stem: f"/{p.relative_to(docs).with_suffix('').as_posix()}"
        for pattern in ("*.md", "gallery/*/plot_*.rst")
        for p in docs.glob(pattern)
    }
    listed = {name for names in TOPICS.values() for name in names.split()}
    for name in sorted({n for n in pages if n.startswith("plot_")} - listed):
        logger.warning("%s has no topic: give it one in topics.py", name, type="topics")
    choices = "".join(f"   - :ref:`topic-{label(topic)}`\n" for topic in TOPICS)
    parts = [HEAD, "   - `All <#by-topic>`__\n", choices, "\n"]
    for topic, names in TOPICS.items():
        there = (pages.get(name, f"/{name}") for name in names.split())
        links = "".join(f"- :doc:`{place}`\n" for place in there)
        title = f"{topic}\n{'-' * len(topic)}"
        parts.append(f".. _topic-{label(topic)}:\n\n{title}\n\n{links}\n")
    text, file = "".join(parts), docs / f"{PAGE}.rst"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")


def tell(app, pagename, templatename, context, doctree):
    """Name a page's topics at its end."""
    name = pagename.rpartition("/")[2]
    page = app.builder.get_relative_uri(pagename, PAGE) if doctree else ""
    context["topics"] = [
        (translator(app.config.language)(topic), f"{page}#topic-{label(topic)}")
        for topic, names in TOPICS.items()
        if doctree and name in names.split()
    ]


def mark(app, pagename, templatename, context, doctree):
    """Mark the choice that was made: without a script, so with a rule a topic."""
    if pagename != PAGE:
        return
    chosen = [f":root:not(:has([id^=topic-]:target)) {choice('by-topic')}"]
    for name in map(label, TOPICS):
        chosen.append(f":root:has(#topic-{name}:target) {choice(f'topic-{name}')}")
    rules = f":is({', '.join(chosen)}) {{ font-weight: bold; border-width: 2px; }}"
    rules += f" :is({', '.join(chosen)})::before {{ content: '✓ '; }}"
    context["metatags"] += f"\n<style>{rules}</style>"


def choice(place):
    return f".seegrad-choices a[href='#{place}']"


def setup(app):
    app.connect("builder-inited", write, priority=900)  # after sphinx-gallery
    app.connect("html-page-context", tell)
    app.connect("html-page-context", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
