"""What a figure shows can be seen: in both themes, enlarged, and on a phone."""

import io

import pytest
from PIL import Image

SHARP = 3  # so many pixels for one, so that thin letters have an inside
FIGURES = "main :is(figure, .cell_output) img"
# Where a figure's letters and lines are on the page, and how high its letters are. What
# is fainter on purpose, such as a grid, is not among the lines.
PARTS = """async (image) => {
  const svg = new DOMParser().parseFromString(
    await (await fetch(image.src)).text(), "image/svg+xml").documentElement;
  const room = image.getBoundingClientRect();
  document.body.append(svg);
  Object.assign(svg.style, {position: "fixed", left: `${room.left}px`,
    top: `${room.top}px`, width: `${room.width}px`, height: `${room.height}px`,
    maxWidth: "none"});
  const own = (e, name) => e.style[name] || e.getAttribute(name);
  const texts = [...svg.querySelectorAll("g:has(> use)")]
    .filter((e) => /scale/.test(e.getAttribute("transform")))
    .map((e) => {
      const box = e.getBoundingClientRect(), grid = e.getScreenCTM();
      return {box: [box.left, box.top, box.right, box.bottom],
        size: 100 * Math.hypot(grid.a, grid.b)};
    });
  const inside = [room.left, room.top, room.right, room.bottom];
  const lines = [...svg.querySelectorAll("path")].filter((e) =>
      !e.closest("defs") && own(e, "stroke") && own(e, "stroke") !== "none"
      && Number(own(e, "stroke-opacity") || own(e, "opacity") || 1) > 0.5
      && e.getTotalLength() > 0)
    .map((e) => {
      const grid = e.getScreenCTM(), length = e.getTotalLength();
      return Array.from({length: 60}, (_, k) => {
        const place = e.getPointAtLength(length * (k + 0.5) / 60);
        const {x, y} = place.matrixTransform(grid);
        return [x, y];
      });
    });
  svg.remove();
  return {texts, lines, inside};
}"""


class Picture:
    """A figure as it is shown, with its letters and lines."""

    def __init__(self, image):
        image.evaluate("image => image.scrollIntoView({block: 'center'})")
        self.parts = image.evaluate(PARTS)
        left, top, right, bottom = map(int, self.parts["inside"])  # whole pixels
        box = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        shot = Image.open(io.BytesIO(image.page.screenshot(clip=box))).convert("RGB")
        self.corner, self.pixels = (left, top), shot
        self.behind = light(max(shot.getcolors(1 << 24))[1])

    def contrast(self, x, y):
        """The contrast of a point with what is behind the figure; 1 outside of it."""
        place = [int((a - b) * SHARP) for a, b in zip((x, y), self.corner, strict=True)]
        if not all(0 <= a < b for a, b in zip(place, self.pixels.size, strict=True)):
            return 1
        pair = sorted((light(self.pixels.getpixel(tuple(place))), self.behind))
        return (pair[1] + 0.05) / (pair[0] + 0.05)

    def around(self, x, y):
        """The strongest contrast at a point or a pixel beside it: browsers round."""
        steps = (-1 / SHARP, 0, 1 / SHARP)
        return max(self.contrast(x + i, y + j) for i in steps for j in steps)

    def faint_texts(self):
        """The texts of which no pixel has a contrast of 4.5."""
        return [text for text in self.parts["texts"] if self.strongest(text) < 4.5]

    def strongest(self, text):
        left, top, right, bottom = text["box"]
        return max(
            self.contrast(left + i / SHARP, top + j / SHARP)
            for i in range(int((right - left) * SHARP))
            for j in range(int((bottom - top) * SHARP))
        )

    def faint_lines(self):
        """The lines that have, inside of their dashes, a contrast below 3.

        Of a line that is clipped to a few points there is nothing to say.
        """
        found = []
        for line in self.parts["lines"]:
            drawn = [c for c in (self.around(*point) for point in line) if c > 1.1]
            if len(drawn) > 15 and (inside := sorted(drawn)[-len(drawn) // 4]) < 3:
                found.append(inside)
        return found


def light(color):
    """Relative luminance, as WCAG defines it."""
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in color)
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.fixture(scope="module")
def drawn(visits):
    """The pages with figures."""
    pages = [
        v.page
        for v in visits
        if any("_thumb." not in p["src"] for p in v.read["pictures"])
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
        bypass_csp=True,
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
def test_letters_and_lines_stand_out(base, browser, drawn, scheme):
    tab, faint, texts, lines = tab_of(browser, scheme=scheme), {}, 0, 0
    for page in drawn:
        for image in figures(tab, base + page):
            picture = Picture(image)
            texts += len(picture.parts["texts"])
            lines += len(picture.parts["lines"])
            if found := picture.faint_texts() + picture.faint_lines():
                faint[page] = found
    assert texts > 500
    assert lines > 300
    assert not faint
    tab.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_enlarged_is_seen_as_well(base, browser, scheme):
    tab = tab_of(browser, scheme=scheme)
    tab.goto(f"{base}gallery/tangents/plot_tangent_line.html")
    tab.locator(".seegrad-figure img").first.click()
    picture = Picture(tab.locator("dialog img"))
    assert len(picture.parts["texts"]) > 8
    assert not picture.faint_texts() + picture.faint_lines()
    tab.context.close()


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_letters_are_large_enough_to_read(base, browser, drawn, width):
    tab, small = tab_of(browser, width), {}
    for page in drawn:
        sizes = [
            round(text["size"], 1)
            for image in figures(tab, base + page)
            for text in image.evaluate(PARTS)["texts"]
        ]
        if sizes and min(sizes) < 11:
            small[page] = min(sizes)
    assert not small
    tab.context.close()
