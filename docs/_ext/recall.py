"""Answers that a slow function gave in the last build, where the same is asked again.

Every build writes all pages and figures anew, and most of them are what they were. The
answers lie beside what Sphinx read, and go with it when our code or a package changes:
reread.py sees to that.
"""

import hashlib
import json
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def recalled(app, work):
    """The function itself, but asked once for each question. Answers must fit JSON."""
    file = Path(app.doctreedir, f"{work.__module__}.{work.__name__}.json")
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    asked = {}

    def ask(*question):
        key = hashlib.sha256(repr(question).encode()).hexdigest()
        if key not in asked:
            asked[key] = known[key] if key in known else work(*question)
        return asked[key]

    yield ask
    file.write_text(json.dumps(asked), encoding="utf-8")
