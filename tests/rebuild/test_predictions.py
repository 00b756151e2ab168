"""What is folded as it answers a question, and graphs that lost their gradients."""

from types import SimpleNamespace

import gradients_ran
import predictions
import pytest
from docutils import nodes
from sphinx.errors import ExtensionError

from seegrad.graphs.gradient_graph import NOT_ASKED
from seegrad.graphs.recording import FREED


def page(*parts):
    doctree = nodes.section("", *parts)
    predictions.fold(None, doctree)
    return doctree


def words(text):
    return nodes.paragraph("", text)


def code():
    return nodes.literal_block("", "print(x.grad)")


def printed():
    return nodes.literal_block("", "tensor(4.)", classes=["sphx-glr-script-out"])


def cell():
    """A chapter's cell: what is read, a picture, and what is printed."""
    output = nodes.container("", nodes.image(), classes=["cell_output"])
    output += nodes.literal_block("", "tensor(4.)")
    return nodes.container("", nodes.container("", code()), output, classes=["cell"])


def folded(doctree):
    return [node.astext() for node in doctree.findall(predictions.guess)]


def test_what_answers_a_question_is_folded():
    for answer in ([code(), printed()], [cell()]):
        doctree = page(words("What will it be?"), *answer)
        assert folded(doctree) == ["tensor(4.)"]
        assert doctree.astext().count("tensor(4.)") == 1
        assert doctree.astext().count("print(x.grad)") == 1


def test_figures_and_what_answers_no_question_stay_open():
    doctree = page(words("What will it be?"), cell())
    assert not list(next(doctree.findall(predictions.guess)).findall(nodes.image))
    assert folded(page(words("Is it 4? Look."), code(), printed())) == []
    between = words("It is 4."), code(), printed()
    assert folded(page(words("What will it be?"), *between)) == []


def test_a_site_without_a_question_has_lost_the_rule():
    doctrees = {"a": page(words("Look."), cell())}
    env = SimpleNamespace(all_docs=doctrees, get_doctree=doctrees.get)
    with pytest.raises(ExtensionError, match="no page asks"):
        predictions.check(None, env)
    doctrees["b"] = page(words("What will it be?"), cell())
    predictions.check(None, env)


@pytest.mark.parametrize(
    ("message", "warnings"), [(FREED, 1), (NOT_ASKED, 0), ("", 0)], ids=str
)
def test_a_graph_without_gradients_is_a_warning(monkeypatch, message, warnings):
    why = f'<p class="seegrad-why">{message}</p>' if message else ""
    figure = nodes.raw("", f'<div class="seegrad-steps">{why}</div>', format="html")
    found = []
    logger = SimpleNamespace(warning=lambda *args, **options: found.append(args))
    monkeypatch.setattr(gradients_ran, "logger", logger)
    app = SimpleNamespace(config=SimpleNamespace(language="en"))
    gradients_ran.check(app, page(figure))
    assert [args[1] for args in found] == [message] * warnings
