"""The modules of docs/ can be imported, as Sphinx imports them, and benchmarks/."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / folder) for folder in ("docs", "docs/_ext", "benchmarks")]
