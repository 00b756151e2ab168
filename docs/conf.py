"""The site's settings; whatever needs logic is an extension in _ext/."""

import sys
from pathlib import Path

import seegrad

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS), str(DOCS / "_ext")]

project = "seegrad"
author = "the seegrad developers"
copyright = f"2026, {author}"
version = release = seegrad.__version__
language = "en"

OURS = """address alt_text built_with card figures figures_to_take finding
    framework_tabs gradients_ran html_words kept kernel_profile languages listings
    markup mathml names one_sheet predictions script_words seal serial sizes solutions
    sources summary svg take_home topics translated turns"""
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "myst_nb",
    "sphinx_design",
    "notfound.extension",
    *OURS.split(),  # in _ext/
]
exclude_patterns = ["_build", "_ipython", "locales", "**.ipynb_checkpoints"]
exclude_patterns += [f"gallery/**/*.{kind}" for kind in ("ipynb", "py", "json")]
templates_path = ["_templates"]
nitpicky = True
default_role = "autolink"
show_warning_types = True
suppress_warnings = ["sphinx_gallery.space_in_filename"]  # or of a folder above ours
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", "_inventories/python.txt"),
    "torch": ("https://docs.pytorch.org/docs/stable", "_inventories/torch.txt"),
}

# ---------------------------------------------------------------- languages
locale_dirs = ["_build/locales"]
gettext_compact = "pages"  # one catalog for all: translated.py compiles it
gettext_auto_build = False

# ---------------------------------------------------------------- API pages
autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# ---------------------------------------------------------------- gallery
sphinx_gallery_conf = {
    "examples_dirs": "../tutorials",
    "gallery_dirs": "gallery",
    "subsection_order": [
        "../tutorials/tangents",
        "../tutorials/reductions",
        "../tutorials/fields",
        "../tutorials/fitting",
        "../tutorials/traps",
    ],
    "within_subsection_order": "reading_order.ReadingOrder",
    "image_scrapers": ["figures.scrape"],
    "reset_modules": ("figures.reset",),
    "doc_module": ("seegrad",),
    "backreferences_dir": "gallery/backreferences",
    "parallel": True,
    "remove_config_comments": True,
    "capture_repr": ("_repr_html_", "__repr__"),
    "ignore_repr_types": r"matplotlib|mpl_toolkits",
    "write_computation_times": False,
    "min_reported_time": 1e6,
    "show_signature": False,
    "download_all_examples": False,
}

# ---------------------------------------------------------------- chapters
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "smartquotes"]
myst_heading_anchors = 3
myst_update_mathjax = False
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
nb_output_stderr = "remove"  # a library's log isn't the same at every build
nb_ipywidgets_js = {}

# ---------------------------------------------------------------- HTML
html_theme = "pydata_sphinx_theme"
html_title = "seegrad"
html_static_path = ["_static"]
html_css_files = ["seegrad.css", "icons.css", "copy.css", "atlas.css"]
SCRIPTS = ("copy.js", "atlas.js", "zoom.js")
html_js_files = [(name, {"defer": "defer"}) for name in SCRIPTS]
html_favicon = "_static/logo.svg"
html_math_renderer = "mathml"
html_sidebars = {"*": []}  # none on the chapters
html_copy_source = False
html_search_language = "en"  # finding.js stems with it, Japanese needs none
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {
        "text": "seegrad",
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo.svg",
        "alt_text": "seegrad home",
    },
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "navbar_end": ["languages", "theme-switcher", "navbar-icon-links"],
    "navbar_persistent": ["search-button"],
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "article_footer_items": ["topics", "source"],
    "footer_start": ["copyright"],
    "footer_center": ["about"],
    "footer_end": ["built-with"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
notfound_template = "missing.html"
