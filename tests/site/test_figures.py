"""What a figure shows can be seen: in both themes, enlarged, and on a phone."""

import io
from functools import cache
from urllib.parse import unquote, urlparse

import numpy as np
import pytest
from conftest import HTML
from PIL import Image

SHARP = 3  # so many pixels for one, so that thin letters have an inside
FIGURES = "main :is(figure, .cell_output) img"
# Where a figure's letters and lines are, and how high its letters, all as parts of its
# width and height. What is fainter on purpose, such as a grid, is not among the lines.
PARTS = """() => {
  const svg = document.querySelector("svg"), room = svg.getBoundingClientRect();
  const part = (x, y) => [(x - room.left) / room.width, (y - room.top) / room.height];
  const own = (e, name) => e.style[name] || e.getAttribute(name);
  const texts = [...svg.querySelectorAll("g:has(> use)")]
    .filter((e) => /scale/.test(e.getAttribute("transform")))
    .map((e) => {
      const box = e.getBoundingClientRect(), grid = e.getScreenCTM();
      return {box: [part(box.left, box.top), part(box.right, box.bottom)],
        size: 100 * Math.hypot(grid.a, grid.b) / room.width};
    });
  const lines = [...svg.querySelectorAll("path")].filter((e) =>
      !e.closest("defs") && own(e, "stroke") && own(e, "stroke") !== "none"
      && Number(own(e, "stroke-opacity") || own(e, "opacity") || 1) > 0.5
      && e.getTotalLength() > 0)
    .map((e) => {
      const grid = e.getScreenCTM(), length = e.getTotalLength();
      return Array.from({length: 60}, (_, k) => {
        const place = e.getPointAtLength(length * (k + 0.5) / 60);
        const {x, y} = place.matrixTransform(grid);
        return part(x, y);
      });
    });
  return {texts, lines};
}"""


@pytest.fixture(scope="module")
def parts(browser):
    """The parts of a figure, which are the same wherever it is shown."""
    tab = browser.new_page()

    @cache
    def read(address):
        file = HTML / unquote(urlparse(address).path).lstrip("/")
        tab.set_content(file.read_text(encoding="utf-8"))
        return tab.evaluate(PARTS)

    yield lambda image: read(image.evaluate("image => image.src"))
    tab.close()


class Picture:
    """A figure as it is shown, with its letters and lines."""

    def __init__(self, image, parts):
        self.parts = parts(image)
        image.evaluate("image => image.scrollIntoView({block: 'center'})")
        box = image.bounding_box()
        corner, size = np.array([[box["x"], box["y"]], [box["width"], box["height"]]])
        outer = np.floor(corner)  # whole pixels
        clip = [*outer.tolist(), *np.floor(corner + size - outer).tolist()]
        clip = dict(zip(("x", "y", "width", "height"), clip, strict=True))
        shot = Image.open(io.BytesIO(image.page.screenshot(clip=clip))).convert("RGB")
        self.contrast = contrast_with_most(np.asarray(shot))
        self.size, self.start = size * SHARP, (corner - outer) * SHARP

    def pixels(self, points):
        """The rows and columns of points of the figure; none outside of it.

        Browsers round, so each point's neighbours are among them: one column a point.
        """
        steps = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1).reshape(-1, 1, 2)
        places = (points * self.size + self.start).astype(int) + steps
        limits = self.contrast.shape[::-1]
        inside = ((places >= 0) & (places < limits)).all(axis=(0, 2))
        columns, rows = places[:, inside].transpose(2, 0, 1)
        return rows, columns

    def faint_texts(self):
        """The texts of which no pixel has a contrast of 4.5."""
        return [text for text in self.parts["texts"] if self.strongest(text) < 4.5]

    def strongest(self, text):
        box = np.array(text["box"]) * self.size + self.start
        (left, top), (right, bottom) = box.clip(0).astype(int)
        return self.contrast[top:bottom, left:right].max(initial=1)

    def faint_lines(self):
        """The lines that have, inside of their dashes, a contrast below 3.

        Of a line that is clipped to a few points there is nothing to say.
        """
        found = []
        for line in self.parts["lines"]:
            strongest = self.contrast[self.pixels(np.array(line))].max(axis=0)
            drawn = np.sort(strongest[strongest > 1.1])
            if len(drawn) > 15 and (inside := drawn[-len(drawn) // 4]) < 3:
                found.append(inside)
        return found


def contrast_with_most(pixels):
    """Each pixel's contrast with the most frequent colour, by WCAG's formula."""
    parts = pixels / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    lights, counts = np.unique(light, return_counts=True)
    behind = lights[counts.argmax()]
    return (np.maximum(light, behind) + 0.05) / (np.minimum(light, behind) + 0.05)


@pytest.fixture(scope="module")
def drawn(visits):
    """The pages with figures, in English: the others' are the same."""
    pages = [
        v.page
        for v in visits
        if any("_thumb." not in p["src"] for p in v.read["pictures"])
        and not v.page.startswith("ja/")
    ]
    assert len(pages) > 40
    return pages


def tab_of(browser, width=1280, scheme="light"):
    size = {"width": width, "height": 900}
    context = browser.new_context(
        viewport=size,
        color_scheme=scheme,
        device_scale_factor=SHARP,
        reduced_motion="reduce",
    )
    return context.new_page()


def figures(tab, address):
    """The figures of a page, those in solutions, too."""
    tab.goto(address)
    tab.evaluate(
        "document.querySelectorAll('details').forEach((d) => { d.open = true })"
    )
    return tab.locator(FIGURES).all()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_and_lines_stand_out(base, browser, drawn, parts, scheme):
    tab, faint, seen, texts, lines = tab_of(browser, scheme=scheme), {}, set(), 0, 0
    for page in drawn:
        for image in figures(tab, base + page):
            if (source := image.evaluate("image => image.src")) in seen:
                continue
            seen.add(source)
            picture = Picture(image, parts)
            texts += len(picture.parts["texts"])
            lines += len(picture.parts["lines"])
            if found := picture.faint_texts() + picture.faint_lines():
                faint[page] = found
    assert texts > 500
    assert lines > 300
    assert not faint
    tab.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_enlarged_is_seen_as_well(base, browser, parts, scheme):
    tab = tab_of(browser, scheme=scheme)
    tab.goto(f"{base}gallery/tangents/plot_tangent_line.html")
    tab.locator(".seegrad-figure img").first.click()
    picture = Picture(tab.locator("dialog img"), parts)
    assert len(picture.parts["texts"]) > 8
    assert not picture.faint_texts() + picture.faint_lines()
    tab.context.close()


def test_letters_are_large_enough_to_read(base, browser, drawn, parts):
    tab, small = tab_of(browser), {}
    for page in drawn:
        images = figures(tab, base + page)
        for width in (360, 390, 768, 1280):
            tab.set_viewport_size({"width": width, "height": 900})
            for image in images:
                shown = image.bounding_box()["width"]
                texts = parts(image)["texts"]
                sizes = [round(text["size"] * shown, 1) for text in texts]
                if min(sizes, default=11) < 11:
                    small[page, width] = min(sizes)
    assert not small
    tab.context.close()
