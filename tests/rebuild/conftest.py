"""The docs' modules can be imported, as Sphinx imports them."""

import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
sys.path += [str(DOCS), str(DOCS / "_ext")]
