"""Pages in another language, and a failure for whatever of them is not.

Sphinx counts what has no translation and goes on, and reads catalogs of its own kind
only, which it compiles by date: git keeps no dates, so that an old one stays (its issue
3113). Here each build compiles all catalogs anew into Sphinx's one file, and each
message of a page that has none, or a translation that no page has a message for, is a
warning, and so a failure of the build. Docstrings stay English, and say so.
"""

import gettext
import hashlib
import shutil
from pathlib import Path

import catalogs
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from docutils import nodes
from figure_words import CATALOG
from sphinx import addnodes
from sphinx.locale import translators
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import extract_messages

logger = logging.getLogger(__name__)
ENGLISH = "api/generated/"  # pages made of docstrings
# What we, not a page's source, put there; it comes in the page's language.
GIVEN = {"take-home", "take-home-guide", "sphx-glr-download-link-note"}


def compile_catalogs(app, config):
    """Make one file of all catalogs, for Sphinx to read the pages' words in.

    It is named after its content: gettext keeps whatever it once read of a file.
    Sphinx's own words and the theme's are translated already; ours fill the gaps.
    """
    if config.language == catalogs.SOURCE:
        return
    known = catalogs.messages(config.language)
    digest = hashlib.sha256(repr(sorted(known.items())).encode()).hexdigest()
    config.gettext_compact = f"pages-{digest[:16]}"
    root = Path(app.srcdir, *config.locale_dirs)
    shutil.rmtree(root, ignore_errors=True)
    place = root / config.language / "LC_MESSAGES"
    place.mkdir(parents=True)
    catalog = Catalog()
    for message, translation in known.items():
        catalog.add(message, translation)
    with (place / f"{config.gettext_compact}.mo").open("wb") as file:
        write_mo(file, catalog)
    words = gettext.translation(config.gettext_compact, root, [config.language])
    app.translator.add_fallback(words)


def need(env, page, node, message):
    """Note a message of a page, and warn of one without a translation."""
    env.seegrad_messages.setdefault(page, {})[message] = None
    language = env.config.language
    if language == catalogs.SOURCE or env.config.untranslated:
        return
    if message not in catalogs.messages(language):
        logger.warning(
            "no translation of %r", message, location=node, type="translated"
        )


class LookUp(SphinxTransform):
    """Note a page's messages before Sphinx replaces them."""

    default_priority = 15

    def apply(self):  # noqa: D102
        page = self.env.docname
        # Sphinx adds the catalog to itself once more with each page of the domain.
        translators.pop(("general", self.config.gettext_compact), None)
        if page.startswith(ENGLISH):
            self.keep()
        for node, message in extract_messages(self.document):
            if is_given(node) or not catalogs.has_words(message):
                continue
            if page.startswith(ENGLISH) and " " not in message:
                continue  # the name of what the page is about
            if isinstance(node, nodes.math_block) and r"\text" not in message:
                continue
            if self.config.language != catalogs.SOURCE:
                node["said"] = message  # what others know a paragraph by
            need(self.env, page, node, message)
            if isinstance(node, nodes.math_block):
                self.put_formula(node, message)

    def put_formula(self, node, message):
        """Put the words in a formula: Sphinx can't, for it takes it for reST."""
        formula = catalogs.translator(self.config.language)(message)
        node.children, node.rawsource = [nodes.Text(formula)], formula
        node["translatable"] = False

    def keep(self):
        """Mark docstrings as English, and leave them so."""
        for docstring in self.document.findall(addnodes.desc):
            for node in docstring.findall(nodes.TextElement):
                node["translatable"] = False
            if self.config.language != catalogs.SOURCE:
                docstring["classes"].append(f"language-{catalogs.SOURCE}")


class LeaveNoMarks(SphinxPostTransform):
    """Sphinx marks what it translated, and writes that mark into the page's head."""

    default_priority = 1

    def run(self, **options):  # noqa: D102
        for node in self.document.findall(nodes.meta):
            for mark in ("said", "translated"):
                node.attributes.pop(mark, None)


def is_given(node):
    """Whether no source has it, or no reader sees it, as a page's settings."""
    while node is not None:
        setting = isinstance(node, nodes.field_list) and node.parent.parent is None
        if setting or GIVEN.intersection(node.get("classes", ())):
            return True
        node = node.parent
    return False


def check_unused(app, env):
    """Warn of translations whose message no page has any more."""
    language = app.config.language
    if language == catalogs.SOURCE or app.config.untranslated:
        return
    used = {m for found in env.seegrad_messages.values() for m in found}
    for file in catalogs.files(language):
        if file.stem in (catalogs.SITE, catalogs.THEME, CATALOG):
            continue  # a test compares these with what has their words
        for entry in catalogs.read(file):
            if entry.id and entry.id not in used:
                logger.warning(
                    "no page says %r", entry.id, location=str(file), type="translated"
                )


def begin(app):
    app.env.seegrad_messages = {}


def setup(app):
    app.add_config_value("untranslated", False, "env", bool)
    app.connect("config-inited", compile_catalogs)
    app.connect("builder-inited", begin)
    app.add_transform(LookUp)
    app.add_post_transform(LeaveNoMarks)
    app.connect("env-check-consistency", check_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
