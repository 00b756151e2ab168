"""What the site's scripts say, in the page's language.

A script marks its words by ``_("…")``; here each becomes the words themselves, so that
no script looks anything up. A script without marked words that is listed here, or with
one that no catalog has, fails the build.
"""

import json
import re
from pathlib import Path

from catalogs import translator
from finished import when_finished
from sphinx.errors import ExtensionError

SCRIPTS = ("atlas.js", "copy.js", "finding.js", "zoom.js")
MARKED = re.compile(r'(?<![\w$])_\(("(?:[^"\\]|\\.)*")\)')


def write(app):
    _ = translator(app.config.language)

    def said(found):
        return json.dumps(_(json.loads(found[1])), ensure_ascii=False)

    for name in SCRIPTS:
        file = Path(app.outdir, "_static", name)
        script, count = MARKED.subn(said, file.read_text(encoding="utf-8"))
        if not count:
            raise ExtensionError(f"{name} says nothing any more.")
        file.write_text(script, encoding="utf-8")


def setup(app):
    when_finished(app, write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
