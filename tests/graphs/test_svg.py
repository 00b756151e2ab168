"""A GradientGraph as DOT, SVG, file, page and tree."""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
import xml.etree.ElementTree as ET

import pytest
import torch
from torch import nn

from seegrad.graphs import svg as draw
from seegrad.graphs.gradient_graph import gradient_graph

pytest.importorskip("pygraphviz")

SVG = "{http://www.w3.org/2000/svg}"
DIRECTION = pytest.mark.parametrize("direction", ["backward", "forward"])


def leaf(*shape, dtype=torch.float64):
    count = torch.Size(shape).numel()
    return torch.linspace(0.5, 1.5, count).reshape(shape).to(dtype).requires_grad_()


def article(how, **options):
    x = torch.arange(-2, 2.1, 0.25, dtype=torch.float64, requires_grad=True)
    return gradient_graph(how(2 * x**2 + 2), names={"x": x}, **options)


def loop(y):
    total = 0
    for element in y:
        total = total + element
    return total


def freed():
    root = (leaf(3) ** 2).sum()
    root.backward()
    return gradient_graph(root)


def plain(root, **options):
    return lambda: gradient_graph(root(), **options)


GRAPHS = {
    "sum": lambda: article(torch.sum),
    "loop": lambda: article(loop),
    "loop, unfolded": lambda: article(loop, fold=False),
    "structure": lambda: article(loop, gradients=False),
    "freed": freed,
    "leaf": plain(lambda: leaf(3)),
    "x + x": plain(lambda: (lambda x: x + x)(leaf(2))),
    "several roots": plain(lambda: (lambda x: {"a": x.sin(), "b": x[0]})(leaf(3))),
    "several outputs": plain(lambda: leaf(6).split([2, 4])[1]),
    "large": plain(lambda: leaf(50, 50).exp()),
    "complex": plain(lambda: leaf(3, dtype=torch.complex64) * (1 + 2j)),
    "large complex": plain(lambda: leaf(2000, dtype=torch.complex64) * (1 + 2j)),
    "empty": plain(lambda: leaf(0, 2) * 2),
    "not finite": plain(lambda: (leaf(3) * 0).log() + leaf(3) * torch.nan),
    "sparse": plain(
        lambda: nn.functional.embedding(torch.tensor([1]), leaf(3, 2), sparse=True)
    ),
    "half": plain(lambda: leaf(3, dtype=torch.bfloat16) * 2),
}


@pytest.fixture(params=GRAPHS.values(), ids=GRAPHS)
def graph(request):
    return request.param()


def named(name):
    x = leaf(2)
    y = x * 2
    return gradient_graph({name: y.sum()}, names={name: x, f"{name}'": y})


def parsed(text):
    return ET.fromstring(text)


def texts(root, tag="text"):
    return ["".join(element.itertext()) for element in root.iter(SVG + tag)]


def with_class(root, name):
    return [e for e in root.iter() if name in e.get("class", "").split()]


# ---------------------------------------------------------------- DOT


def test_dot_is_the_same_every_time(graph, request):
    make = request.node.callspec.params["graph"]
    first = graph.dot()
    assert graph.dot() == first
    assert {make().dot() for _ in range(3)} == {first}


def test_dot_is_the_same_in_every_process():
    code = """
        import torch, seegrad
        from torch import nn

        junk = [object() for _ in range(int(JUNK))]  # moves everything in memory
        x = torch.linspace(0.5, 1.5, 6, requires_grad=True)
        weights = [torch.ones((), requires_grad=True) for _ in range(8)]
        y = sum(w * v.sin() for w, v in zip(weights, [*x, *x.exp()]))
        roots = {"y": y, "z": (x @ x).cos(), "first": x[0]}
        graph = seegrad.gradient_graph(roots, names={"x": x, "w": weights[3]})
        print(graph.dot(), graph)
    """

    def run(seed):
        found = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code).replace("JUNK", seed)],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            timeout=120,
            check=True,
        )
        return found.stdout

    first, *others = map(run, ["0", "1", "12345"])
    assert first.startswith(b"digraph")
    assert others == [first, first]


@DIRECTION
def test_dot_has_every_node_and_edge(graph, direction):
    import pygraphviz

    read = pygraphviz.AGraph(string=graph.dot(direction=direction))
    assert sorted(read.nodes()) == sorted(f"n{node.id}" for node in graph.nodes)
    ends = [(f"n{e.source}", f"n{e.target}") for e in graph.edges]
    if direction == "forward":
        ends = [(target, source) for source, target in ends]
    assert sorted(read.edges()) == sorted(ends)


def test_dot_says_the_gradients():
    lines = article(torch.sum).dot().splitlines()
    (edge,) = [line for line in lines if line.startswith("n1 -> n2 ")]
    assert "all 1" in edge
    (edge,) = [line for line in lines if line.startswith("n4 -> n5 ")]
    assert "-8, -7, …, 8" in edge


@pytest.mark.parametrize("method", ["dot", "svg"])
def test_forward_turns_the_arrows_only(method):
    graph = article(loop)
    back, ahead = (getattr(graph, method)(direction=d) for d in ("backward", "forward"))
    assert back != ahead
    assert getattr(graph, method)() == back
    if method == "svg":
        assert sorted(texts(parsed(back))) == sorted(texts(parsed(ahead)))
        assert texts(parsed(back), "desc") == texts(parsed(ahead), "desc")


@pytest.mark.parametrize("direction", ["up", None, 1, "Backward"])
def test_other_directions_are_refused(direction, tmp_path):
    graph = article(torch.sum)
    for draws in (
        graph.dot,
        graph.svg,
        lambda **k: graph.save(tmp_path / "a.dot", **k),
    ):
        with pytest.raises((TypeError, ValueError), match=r"direction.*forward"):
            draws(direction=direction)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- names


HOSTILE = [
    'a "quoted" name',
    "back\\slash",
    "the end\\",
    "\\N \\G \\L \\l",
    '\\"',
    "<b>bold</b>",
    "<title>x</title>",
    "</a></svg>",
    "<!-- x -->",
    "-->",
    "a & b",
    "&amp; &lt;b&gt; &#65;",
    "é ∂ Δ 重み 𝑥",
    '" id="x" onload="alert(1)',
    "n1 -> n2 [label=3]",
    "{a|b}",
    "];}",
    "%s {0} \\1 \\g<0>",
    "#9563c4",
    "var(--x)",
    "Helvetica,sans-Serif",
    "https://example.org",
    "layers.0.weight",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_svg_says_names_as_they_are(name):
    root = parsed(named(name).svg())
    assert texts(root).count(name) == 2  # the result and the leaf
    assert texts(root).count(f"{name}'") == 1
    titles = texts(root, "title")
    assert [title for title in titles if title.startswith(f"{name}, ")] != []
    (words,) = texts(root, "desc")
    assert words.startswith(f"{name}, gradient 1. SumBackward0 gets 1. ")
    assert f"{name}' gets all 1." in words
    assert len(with_class(root, "node")) == 4


@pytest.mark.parametrize("name", HOSTILE)
def test_dot_says_names_as_they_are(name, tmp_path, capfd):
    import pygraphviz

    graph = named(name)
    graph.save(tmp_path / "graph.dot")
    read = pygraphviz.AGraph(str(tmp_path / "graph.dot"))
    assert len(read.nodes()) == 4
    assert len(read.edges()) == 3
    graph.save(tmp_path / "graph.png")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["two\nlines", "car\rriage", "tab\t", "a\u2028b"])
def test_a_name_stays_on_its_line_of_the_tree(name):
    assert len(str(named(name)).splitlines()) == 4


@pytest.mark.parametrize(
    "name",
    [" ", "two\nlines", "\r", "\x00", "a\x00b", "\x1b[31m", "\ud800", "\x7f"],
)
def test_names_that_cannot_be_shown_still_draw(name, tmp_path, capfd):
    graph = named(name)
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
        "result, gradient 1. MulBackward0 gets 1. "
        "MulBackward0, gradient 1: × the other factor. x gets 3. x gets 3. "
        "x, gradient 6: adds up what arrives."
    )


def test_the_description_counts_what_is_folded():
    (words,) = texts(parsed(article(loop).svg()), "desc")
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
    text = article(loop).svg()
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

    root = parsed(article(torch.sum).svg())
    found = [frozenset(looks(kind)) for kind in ("result", "operation", "leaf")]
    assert len(set(found)) == 3


def test_fonts_are_those_of_the_page():
    families = re.findall(r'font-family(?:="|: ?)([^";]*)', article(loop).svg())
    assert set(families) == {"inherit"}


def test_svg_has_no_white_box_behind(graph):
    assert "white" not in graph.svg()


def test_svg_fits_its_page():
    root = parsed(article(torch.sum).svg())
    width, height = (float(root.get(side)) for side in ("width", "height"))
    assert [float(k) for k in root.get("viewBox").split()] == [0, 0, width, height]
    assert "max-width: 100%" in root.get("style")


def test_a_hundred_unfolded_additions_are_laid_out_soon():
    x = torch.ones(100, requires_grad=True)
    graph = gradient_graph(loop(2 * x**2 + 2), fold=False)
    start = time.perf_counter()
    graph.svg()
    assert time.perf_counter() - start < 2  # 0.3 s where nothing else runs


# ---------------------------------------------------------------- files


MAGIC = {"svg": b"<svg", "png": b"\x89PNG\r\n", "pdf": b"%PDF-", "dot": b"digraph"}


@pytest.mark.parametrize("suffix", MAGIC)
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_save_writes_the_format_of_the_name(suffix, kind, tmp_path):
    path = tmp_path / f"graph.{suffix}"
    graph = article(loop)
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
        article(torch.sum).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_without_pygraphviz_it_says_how_to_install_it(suffix, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    graph = article(torch.sum)
    with pytest.raises(ImportError, match=r'pip install "seegrad\[graph\]"'):
        graph.save(tmp_path / f"graph.{suffix}")
    assert not list(tmp_path.iterdir())
    graph.save(tmp_path / "graph.dot")  # needs nothing
    assert str(graph).startswith("result")


# ---------------------------------------------------------------- tree and page


def test_the_tree_has_a_line_a_node(graph):
    lines = str(graph).splitlines()
    if graph.message:
        assert lines.pop(0) == graph.message
    own = [line.strip() for line in lines if not line.endswith("(above)")]
    names = [n.label if n.count == 1 else f"{n.label} × {n.count}" for n in graph.nodes]
    assert len(own) == len(names)
    for name in names:
        (match, *_) = [line for line in own if (line + "  ").startswith(name + "  ")]
        own.remove(match)


def test_the_tree_in_words():
    x, y = leaf(2), leaf(2)
    graph = gradient_graph((x * y + x).sum(), names={"x": x, "y": y})
    assert str(graph).splitlines() == [
        "result  1",
        "SumBackward0  1  (copies the gradient to every element)",
        "AddBackward0  all 1  (copies the gradient to every term)",
        "  x  [1.5, 2.5]",
        "MulBackward0  all 1  (× the other factor)",
        "  y  [0.5, 1.5]",
        "x  (above)",
    ]


def test_the_tree_of_a_deep_graph_needs_no_recursion():
    y = leaf(2)
    for _ in range(3000):
        y = y.sin() * 2
    assert len(str(gradient_graph(y)).splitlines()) == 6002


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


@pytest.mark.parametrize("name", HOSTILE)
def test_the_page_says_names_as_they_are(name):
    page = ET.fromstring(named(name)._repr_html_())
    steps = json.loads(page.get("data-steps"))
    assert steps[0]["text"].startswith(f"{name}, gradient 1.")


# ---------------------------------------------------------------- noise


def test_drawing_is_silent(graph, tmp_path, capfd):
    graph.svg()
    graph._repr_html_()
    for suffix in MAGIC:
        graph.save(tmp_path / f"graph.{suffix}")
    assert capfd.readouterr() == ("", "")


def test_drawing_keeps_what_others_write_to_stderr(capfd):
    with draw._without_font_warnings():
        os.write(2, b"Fontconfig warning: no\nimportant\n")
        print("from Python", file=sys.stderr)
    error = capfd.readouterr().err
    assert "important" in error
    assert "from Python" in error
    assert "Fontconfig" not in error


def test_drawing_needs_no_stderr(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # as in a program without a console
    assert article(torch.sum).svg().startswith("<svg")


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (None, "none"),
        (torch.tensor(2.0), "2"),
        (torch.tensor(-0.0), "0"),
        (torch.tensor(1 / 3), "0.3333"),
        (torch.tensor(float("nan")), "nan"),
        (torch.tensor([1.0, 1.0]), "all 1"),
        (torch.tensor([1.0, 2.0]), "[1, 2]"),
        (torch.arange(5.0), "[0, 1, …, 4]"),
        (torch.zeros(0), "empty"),
        (torch.tensor(1 + 2j), "1+2j"),
        ((torch.tensor(1.0), None), "[1, none]"),
    ],
    ids=repr,
)
def test_numbers_in_a_few_characters(gradient, words):
    assert draw.number(gradient) == words
