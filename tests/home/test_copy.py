"""What copy buttons put on the clipboard: code to run, and nothing else."""

import re
import shutil

import pytest
from conftest import HTML
from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

PRESS = """() => {
  const copied = [];
  navigator.clipboard.writeText = async (text) => copied.push(text);
  return [...document.querySelectorAll('button.copybtn')].map(button => {
    button.click();
    const block = button.parentElement;
    return {
      copied: copied.pop(),
      prompts: [...block.querySelectorAll('.gp')].map(e => e.innerText.trim()),
      outputs: [...block.querySelectorAll('.go')].map(e => e.innerText),
      output: !!block.closest('.sphx-glr-script-out, .cell_output, .highlight-none'),
    };
  });
}"""


@pytest.fixture(scope="session")
def blocks(site):
    """Each block that has a copy button, with what the button copies."""
    pages = [p for p in sorted(HTML.rglob("*.html")) if p.parent.name != "_static"]
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        tab = chromium.new_page()
        found = []
        for page in pages:
            tab.goto(f"{site}/{page.relative_to(HTML).as_posix()}")
            found += tab.evaluate(PRESS)
        chromium.close()
    return found


def test_every_button_copies(blocks):
    assert len(blocks) > 300
    assert all(block["copied"].strip() for block in blocks)


def test_prompts_stay_behind(blocks):
    prompted = [block for block in blocks if block["prompts"]]
    kinds = {prompt for block in prompted for prompt in block["prompts"]}
    assert kinds == {"$", ">>>", "..."}
    for block in prompted:
        assert not re.search(r"^\s*(\$ |>>>|\.\.\. )", block["copied"], re.MULTILINE)


def test_outputs_stay_behind(blocks):
    mixed = [block for block in blocks if block["outputs"]]
    assert len(mixed) > 20
    for block in mixed:
        lines = set(block["copied"].splitlines())
        assert not lines & set("".join(block["outputs"]).splitlines()) - {""}


def test_outputs_of_their_own_have_no_button(blocks):
    assert not [block for block in blocks if block["output"]]


def test_examples_that_were_copied_are_python(blocks):
    examples = [block for block in blocks if ">>>" in block["prompts"]]
    assert len(examples) > 20
    for block in examples:
        compile(block["copied"], "copied", "exec")
