"""The atlas as the table of its page, and as CSV."""

import csv
import io
import re
from base64 import b64encode
from html import escape

from atlas import CASES, fits, odd_ones, text

CODE = {"PyTorch": "torch", "TensorFlow": "tensorflow", "JAX": "jax"}
# It scrolls sideways on a phone, and must do so by keyboard, too.
REGION = 'class="seegrad-atlas" role="region" tabindex="0" aria-label="The atlas"'
SIDES = ("left slope", "right slope")
# atlas.js makes it work, as it does the heads: were they made there, all would jump.
KINDS = ["all kinds", *dict.fromkeys(case.kind for case in CASES)]
OPTIONS = "".join(f"<option>{kind}</option>" for kind in KINDS)
FILTER = (
    '<form class="seegrad-filter">'
    f"<label>Kind<select>{OPTIONS}</select></label>"
    '<label>Filter<input type="search"></label>'
    '<label><input type="checkbox">only where they differ</label>'
    f"<output>{len(CASES)} of {len(CASES)} rows</output></form>"
)
HINT = '<p class="seegrad-hint">The table scrolls sideways →</p>'


def html(atlas):
    """A row a case: its numbers, and below them why they are so and the code that ran.

    Each case is a table body of its own, so that sorting moves its two rows together.
    """
    heads = ["function", *SIDES, *titles(atlas)]
    cells = "".join(f'<th scope="col">{button(head)}</th>' for head in heads)
    bodies = "".join(body(case, answers) for case, answers in rows(atlas))
    return (
        f"{FILTER}{HINT}<div {REGION}><table><thead><tr>{cells}</tr></thead>"
        f"{bodies}</table></div>{download(atlas)}"
    )


def button(head):
    return f'<button type="button" disabled>{head}</button>'


def titles(atlas):
    """The frameworks with the versions that answered."""
    heads = {name: f"{name} {version}" for name, version in atlas.versions.items()}
    if atlas.stored:
        heads["TensorFlow"] += " (last full build)"
    return list(heads.values())


def rows(atlas):
    """The cases with their three answers."""
    columns = [atlas.answers[name] for name in CODE]
    return zip(CASES, zip(*columns, strict=True), strict=True)


def body(case, answers):
    cells = "".join(f"<td>{side(slope)}</td>" for slope in (case.left, case.right))
    pairs = zip(answers, odd_ones(answers), strict=True)
    cells += "".join(answer_cell(case, answer, odd) for answer, odd in pairs)
    code = "".join(
        f"<dt>{name}</dt><dd><code>{escape(getattr(case, field))}</code></dd>"
        for name, field in CODE.items()
    )
    words = escape(case.why, quote=False)
    place = address(case)
    return (
        f'<tbody id="{place}" data-kind="{case.kind}"><tr><th scope="row">'
        f'<a href="#{place}">{escape(case.name)}</a> '
        f"<small>at {text(case.at)}</small></th>{cells}</tr>"
        f'<tr class="why"><td colspan="6"><details><summary>{words}'
        f"</summary><dl>{code}</dl></details></td></tr></tbody>"
    )


def address(case):
    """What names a row in a link: its code and its point, in letters and digits."""
    words = f"{case.torch} at {case.at}".replace(">=", "ge").replace(">", "gt")
    return "-".join(re.findall("[a-z0-9]+", words.lower()))


def side(slope):
    return "none" if slope is None else text(slope)


def answer_cell(case, answer, odd):
    """A number, with ≠ if no other agrees, and ✗ if the function has no such slope."""
    signs = ""
    if odd:
        signs += ' <abbr title="differs from the others">≠</abbr>'
    if not fits(case, answer):
        signs += ' <abbr title="no slope of this function here">✗</abbr>'
    kind = ' class="odd"' if odd else ""
    return f"<td{kind}>{text(answer)}{signs}</td>"


def download(atlas):
    """A link that holds the CSV itself: no second file that could be older."""
    data = b64encode(as_csv(atlas).encode()).decode()
    return (
        '<p><a download="corners.csv" '
        f'href="data:text/csv;charset=utf-8;base64,{data}">'
        "Download the table as CSV</a></p>"
    )


def as_csv(atlas):
    """One line a case, with the code that ran and plain numbers."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    code = [f"{name} code" for name in CODE]
    writer.writerow(["kind", "function", "at", *SIDES, *titles(atlas), *code, "why"])
    for case, answers in rows(atlas):
        slopes = [case.at, case.left, case.right, *answers]
        spelled = [getattr(case, field) for field in CODE.values()]
        cells = [plain(slope) for slope in slopes]
        writer.writerow([case.kind, case.name, *cells, *spelled, case.why])
    return written.getvalue()


def plain(number):
    return text(number).replace("−", "-").replace("∞", "inf").replace("None", "")
