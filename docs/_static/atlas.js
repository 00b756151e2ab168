/* Sort and filter the atlas of corners: a field for words, a choice of kind, a box for
   disagreements, and a button in each head of a column. Without this script the whole
   table shows. */
for (const atlas of document.querySelectorAll(".seegrad-atlas")) {
  const table = atlas.querySelector("table");
  const cases = [...table.tBodies];
  const control = document.querySelector(".seegrad-filter");
  const [kind, words, odd, count] = control.elements;
  control.addEventListener("input", filter);
  control.addEventListener("submit", (event) => event.preventDefault());
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => addSorting(head, column));
  filter();
  addEventListener("pageshow", filter); // a reader who comes back finds the field filled

  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const body of cases) {
      const text = body.textContent.toLowerCase();
      body.hidden =
        (kind.selectedIndex > 0 && kind.value !== body.dataset.kind) ||
        !wanted.every((word) => text.includes(word)) ||
        (odd.checked && !body.querySelector(".odd"));
    }
    const shown = cases.filter((body) => !body.hidden).length;
    count.value = _("{shown} of {all} rows")
      .replace("{shown}", shown)
      .replace("{all}", cases.length);
  }

  function addSorting(head, column) {
    const button = head.querySelector("button");
    button.disabled = false;
    button.addEventListener("click", () => {
      const order = { ascending: "descending", descending: null }[head.ariaSort];
      const now = order === undefined ? "ascending" : order;
      for (const other of heads) other.removeAttribute("aria-sort");
      if (now) head.setAttribute("aria-sort", now);
      table.append(...(now ? sorted(column, now) : cases));
    });
  }

  function sorted(column, order) {
    const sign = order === "ascending" ? 1 : -1;
    const key = (body) => body.rows[0].cells[column].textContent;
    return [...cases].sort((a, b) => sign * compare(key(a), key(b)));
  }

  /* Numbers by size, then texts by the alphabet: −∞, −1, 0, ∞, then [0, 1], nan, none. */
  function compare(a, b) {
    const [p, q] = [a, b].map(number);
    if (Number.isNaN(p) || Number.isNaN(q)) {
      return Number.isNaN(p) - Number.isNaN(q) || a.localeCompare(b);
    }
    return p === q ? 0 : p < q ? -1 : 1;
  }

  function number(text) {
    const plain = text.replace(/[≠✗]/g, "").replace("−", "-").replace("∞", "Infinity");
    return Number(plain.trim() || NaN);
  }
}
