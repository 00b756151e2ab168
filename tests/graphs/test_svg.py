"""A graph as a picture that can be read aloud, as a file and on a page."""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from graph_cases import (
    DIRECTION,
    HOSTILE,
    SVG,
    article_graph,
    graph_named,
    leaf,
    loop,
    parsed,
    texts,
    with_class,
)

from seegrad.graphs.gradient_graph import gradient_graph
from seegrad.graphs.svg import layout

# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", HOSTILE)
def test_svg_says_names_as_they_are(name):
    root = parsed(graph_named(name).svg())
    assert texts(root).count(name) == 2  # the result and the leaf
    assert texts(root).count(f"{name}'") == 1
    titles = texts(root, "title")
    assert [title for title in titles if title.startswith(f"{name}, ")] != []
    (words,) = texts(root, "desc")
    assert words.startswith(f"{name} = ")
    assert ", gradient 1. SumBackward0 gets 1. " in words
    assert f"{name}' gets all 1." in words
    assert len(with_class(root, "node")) == 4


@pytest.mark.parametrize(
    "name",
    [" ", "two\nlines", "\r", "\x00", "a\x00b", "\x1b[31m", "\ud800", "\x7f"],
)
def test_names_that_cannot_be_shown_still_draw(name, tmp_path, capfd):
    graph = graph_named(name)
    root = parsed(graph.svg())
    assert len(with_class(root, "node")) == 4
    for suffix in ("svg", "dot", "pdf"):
        graph.save(tmp_path / f"graph.{suffix}")
    assert capfd.readouterr() == ("", "")


def test_an_empty_name_does_not_kill_the_process(tmp_path):
    # Graphviz complains of an empty line on stderr, and now and then dies of it.
    code = """
        import sys, torch, seegrad

        x = torch.ones(2, requires_grad=True)
        graph = seegrad.gradient_graph({"": (x * 2).sum()}, names={"": x})
        for _ in range(40):
            graph.svg()
            graph.save(sys.argv[1])
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path / "graph.pdf"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, b"")


# ---------------------------------------------------------------- SVG


@DIRECTION
def test_svg_is_an_image_with_a_description(graph, direction):
    root = parsed(graph.svg(direction=direction))
    assert root.tag == SVG + "svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Autograd graph"
    assert root[0].tag == SVG + "desc"
    (words,) = texts(root, "desc")
    assert words.startswith(graph.message)
    place = len(graph.message)
    for node in graph.nodes:
        place = words.index(node.label, place) + len(node.label)


def test_the_description_in_words():
    x = torch.tensor(3.0, requires_grad=True)
    (words,) = texts(parsed(gradient_graph(x * x, names={"x": x}).svg()), "desc")
    assert words == (
        "result = 9, gradient 1. MulBackward0 gets 1. MulBackward0 = 9, gradient 1. "
        "x gets 1 × the other factor = 1 × 3 = 3. "
        "x gets 1 × the other factor = 1 × 3 = 3. "
        "x = 3, gradient 3 + 3 = 6: adds up what arrives."
    )


def test_the_description_counts_what_is_folded():
    (words,) = texts(parsed(article_graph(loop).svg()), "desc")
    assert "AddBackward0 × 17" in words


def test_svg_has_every_node_and_edge(graph):
    root = parsed(graph.svg())
    for node in graph.nodes:
        (element,) = with_class(root, f"n{node.id}")
        assert node.kind in element.get("class").split()
        label = node.label if node.count == 1 else f"{node.label} × {node.count}"
        assert label in texts(element)
        (title,) = texts(element, "title")
        assert title.startswith(label)
        assert title.endswith(node.rule)
    for place in range(len(graph.edges)):
        assert len(with_class(root, f"e{place}")) == 1
    assert len(with_class(root, "edge")) == len(graph.edges)


def test_titles_are_for_readers(graph):
    for title in texts(parsed(graph.svg()), "title"):
        assert not re.fullmatch(r"(seegrad|n\d+(->n\d+)?)", title)


def test_svg_can_stand_on_a_page_with_others(graph):
    text = graph.svg()
    assert not any("id" in element.attrib for element in parsed(text).iter())
    assert text.startswith("<svg")  # no declaration, no doctype
    assert "<!" not in text


def test_svg_links_to_nothing():
    text = article_graph(loop).svg()
    assert set(re.findall(r"https?://[^\"' <]*", text)) == {SVG.strip("{}")}
    assert "xlink" not in text
    assert not re.search(r"<(a|image|script|use|style|foreignObject)\b", text)


def test_colours_are_css_variables_with_fallbacks(graph):
    color = re.compile(r"none|transparent|var\(--seegrad-[a-z]+, #[0-9a-f]{6}\)")
    for element in parsed(graph.svg()).iter():
        for name in ("fill", "stroke", "color"):
            assert color.fullmatch(element.get(name, "none"))
    # Nothing is left black by default either: shapes and words say their colours.
    for element in parsed(graph.svg()).iter():
        if element.tag.removeprefix(SVG) in ("path", "polygon", "ellipse", "polyline"):
            assert element.get("stroke", "none") != "none"
        if element.tag == SVG + "text":
            assert element.get("fill") is not None


def test_the_kinds_differ_without_colour():
    def looks(kind):
        (first, *_) = with_class(root, kind)
        shapes = [e for e in first.iter() if "stroke" in e.attrib]
        return {(e.tag.removeprefix(SVG), e.get("stroke-width")) for e in shapes}

    root = parsed(article_graph(torch.sum).svg())
    found = [frozenset(looks(kind)) for kind in ("result", "operation", "leaf")]
    assert len(set(found)) == 3


def test_fonts_are_those_of_the_page():
    families = re.findall(r'font-family(?:="|: ?)([^";]*)', article_graph(loop).svg())
    assert set(families) == {"inherit"}


def test_svg_has_no_white_box_behind(graph):
    assert "white" not in graph.svg()


def test_svg_fits_its_page():
    root = parsed(article_graph(torch.sum).svg())
    width, height = (float(root.get(side)) for side in ("width", "height"))
    points = [float(k) for k in root.get("viewBox").split()]
    assert points == pytest.approx([0, 0, width * 0.75, height * 0.75], abs=0.5)
    assert "max-width: max(100%, " in root.get("style")


def test_a_hundred_unfolded_additions_are_laid_out_soon():
    x = torch.ones(100, requires_grad=True)
    graph = gradient_graph(loop(2 * x**2 + 2), fold=False)
    start = time.perf_counter()
    graph.svg()
    assert time.perf_counter() - start < 20  # 0.3 s where nothing else runs


# ---------------------------------------------------------------- files


MAGIC = {"svg": b"<svg", "png": b"\x89PNG\r\n", "pdf": b"%PDF-", "dot": b"digraph"}


@pytest.mark.parametrize("suffix", MAGIC)
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_save_writes_the_format_of_the_name(suffix, kind, tmp_path):
    path = tmp_path / f"graph.{suffix}"
    graph = article_graph(loop)
    assert graph.save(kind(path)) is None
    assert path.read_bytes().startswith(MAGIC[suffix])
    if suffix in ("svg", "dot"):
        assert path.read_text(encoding="utf-8") == getattr(graph, suffix)()
    graph.save(kind(path), direction="forward")
    assert path.read_bytes().startswith(MAGIC[suffix])
    if suffix == "dot":
        expected = graph.dot(direction="forward")
        assert path.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("name", ["graph.jpg", "graph", "graph.svg.gz", ".svg", "svg"])
def test_other_endings_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"path must end in \.svg.*but it is .*Choose"):
        article_graph(torch.sum).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_without_pygraphviz_it_says_how_to_install_it(suffix, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    graph = article_graph(torch.sum)
    with pytest.raises(ImportError, match=r'pip install "seegrad\[graph\]"'):
        graph.save(tmp_path / f"graph.{suffix}")
    assert not list(tmp_path.iterdir())
    graph.save(tmp_path / "graph.dot")  # needs nothing
    assert str(graph).startswith("result")


# ---------------------------------------------------------------- page


def test_the_page_has_a_step_a_node(graph):
    page = ET.fromstring(graph._repr_html_())
    steps = json.loads(page.get("data-steps"))
    assert [step["node"] for step in steps] == [node.id for node in graph.nodes]
    run = []
    for step in steps:
        for place in step["edges"]:
            assert graph.edges[place].source == step["node"]
        run += step["edges"]
        assert graph.nodes[step["node"]].label in step["text"]
    assert sorted(run) == list(range(len(graph.edges)))
    (picture,) = page.findall(SVG + "svg")
    for place in run:
        assert len(with_class(picture, f"e{place}")) == 1


def test_a_page_brings_what_steps_through_the_graph(graph):
    page = ET.fromstring(graph._repr_html_())
    assert page.find("script").text.count("addEventListener") >= 4
    assert ".seegrad-control" in page.find(f"{SVG}svg/{SVG}style").text
    assert page.find(f".//{SVG}script") is None


@pytest.mark.parametrize("name", HOSTILE)
def test_the_page_says_names_as_they_are(name):
    page = ET.fromstring(graph_named(name)._repr_html_())
    steps = json.loads(page.get("data-steps"))
    assert steps[0]["text"].startswith(f"{name} = ")


# ---------------------------------------------------------------- noise


def test_drawing_is_silent(graph, tmp_path, capfd):
    graph.svg()
    graph._repr_html_()
    for suffix in MAGIC:
        graph.save(tmp_path / f"graph.{suffix}")
    assert capfd.readouterr() == ("", "")


def test_eight_drawings_at_once_are_right_and_leave_the_descriptors_alone():
    graphs = [gradient_graph(leaf(2) * k, fold=False) for k in range(8)]
    expected = [graph.svg() for graph in graphs]
    before = [os.fstat(descriptor) for descriptor in range(3)]
    meanwhile = []
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(graph.svg) for graph in graphs]
        while not all(future.done() for future in futures):
            meanwhile.append([os.fstat(descriptor).st_ino for descriptor in range(3)])
    assert [future.result() for future in futures] == expected
    assert [os.fstat(descriptor) for descriptor in range(3)] == before
    assert all(inodes == [k.st_ino for k in before] for inodes in meanwhile)


def test_what_graphviz_cannot_draw_is_an_error_and_not_the_end():
    with pytest.raises(RuntimeError, match=r"^The graph must .*, but Graphviz.*\.dot"):
        layout("digraph {", "svg")


def test_drawing_needs_no_stderr(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # as in a program without a console
    assert article_graph(torch.sum).svg().startswith("<svg")
