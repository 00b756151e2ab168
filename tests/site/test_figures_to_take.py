"""The page of figures to take: every figure of the gallery, as SVG and as PNG."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READ = """() => [...document.querySelectorAll("main figure")].map((figure) => ({
  picture: figure.querySelector("img").src.split("/").pop(),
  files: [...figure.querySelectorAll("a[download]")].map((a) => a.href),
  text: figure.innerText,
}))"""


def test_every_figure_can_be_taken_with_its_licence(base, browser):
    page = browser.new_page()
    page.goto(f"{base}gallery/figures.html")
    figures = page.evaluate(READ)
    scripts = ROOT.glob("tutorials/*/plot_*.py")
    drawn = [re.findall("^# sphinx_gallery_alt", p.read_text(), re.M) for p in scripts]
    assert len(figures) == sum(map(len, drawn)) >= 40
    for figure in figures:
        name = figure["picture"].removesuffix(".svg")
        svg, png = (page.request.get(file) for file in figure["files"])
        assert svg.url.endswith(f"/{name}.svg")
        assert b"<svg" in svg.body()
        assert png.url.endswith(f"/{name}_white.png")
        assert png.body().startswith(b"\x89PNG")
        assert "BSD 3-Clause" in figure["text"]
