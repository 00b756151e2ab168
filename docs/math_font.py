"""The formulas' font: what of STIX Two Math is in docs/_static/fonts.

Phones have no font with the table that formulas are laid out by, and the whole of this
one weighs 400 KB. ``python docs/math_font.py FONT.woff2`` cuts these characters out of
the file in the npm package @fontsource/stix-two-math; it needs fonttools and brotli.
"""

import sys
from pathlib import Path

FILE = Path(__file__).parent / "_static" / "fonts" / "stix-two-math.woff2"
CHARACTERS = {
    *map(chr, range(0x20, 0x7F)),
    *map(chr, range(0x1D434, 0x1D468)),  # italic letters, which the browser chooses
    *map(chr, range(0x1D6FC, 0x1D71C)),
    *"ℎΓΔΘΛΞΠΣΦΨΩαβγδεζηθικλμνξπρςστυφχψωϑϕϵ",
    *"±·×÷−∓⋅∘∗√∂∇∑∏∫∞∈∉⊂⊆∪∩∅∀∃¬∧∨ℝℓ",
    *"=≠≈≡∼≤≥≪≫←→↔↦⇒⇔∣∥…⋯⋮⋱′″‴ˆ˜¯˙⟨⟩⌈⌉⌊⌋‖",
    *"\u00a0\u0302\u0303\u0304\u0307\u2061\u2062\u2063",
}


def cut(source):
    """Write the font with these characters, and what a formula makes of them."""
    from fontTools import subset

    options = subset.Options(flavor="woff2", hinting=False, layout_features=["*"])
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(CHARACTERS))
    subsetter.subset(font)
    subset.save_font(font, FILE, options)


if __name__ == "__main__":
    cut(sys.argv[1])
