/* A button on each piece of code copies what was typed, without prompts and what was
   printed. Where a page may not write to the clipboard, it selects the code instead. */
const CODE = "div:not(.highlight-none, .highlight-myst-ansi) > .highlight pre";
const SHEETS =
  '<rect x="8" y="8" width="12" height="12" rx="2"/>' +
  '<path d="M16 8v-2a2 2 0 0 0-2-2h-8a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>';
const HOOK = '<path d="M5 12l5 5l10-10"/>';

for (const code of document.querySelectorAll(CODE)) {
  const button = document.createElement("button");
  button.type = "button";
  button.addEventListener("click", () => copy(code, button));
  show(button, _("Copy"), SHEETS);
  code.after(button);
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(typed(code));
    show(button, _("Copied!"), HOOK);
    button.classList.add("success");
  } catch {
    getSelection().selectAllChildren(code);
    show(button, _("Press Ctrl+C"), SHEETS);
  }
  setTimeout(show, 2000, button, _("Copy"), SHEETS);
}

function typed(code) {
  const copied = code.cloneNode(true);
  for (const other of copied.querySelectorAll(".linenos, .gp, .go")) other.remove();
  return copied.textContent.replace(/\n$/, "");
}

function show(button, words, sign) {
  button.className = "copybtn o-tooltip--left"; // as the theme's style sheet knows it
  button.setAttribute("aria-label", words);
  button.innerHTML = `<svg viewBox="0 0 24 24">${sign}</svg>`;
}
