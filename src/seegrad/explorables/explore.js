/* Figures that a reader moves: each carries all that it can show. */
for (const figure of document.querySelectorAll("[data-explore]")) {
  let { key, columns, parts, words, names, drag } = JSON.parse(figure.dataset.explore);
  delete figure.dataset.explore; // a notebook runs this once an output
  const twins = document.querySelectorAll(`[data-moves=${key}]`).length;
  figure.dataset.moves = key;
  if (twins) key += twins + 1; // #tangent=-0.75&tangent2=0.5
  for (const column of columns) {
    let sum = 0;
    column.whole = column.steps.map((step) => (sum += step));
  }
  const value = ({ whole, digits }, k) => whole[k] / 10 ** digits;
  const text = (c, k) => (c.texts ? c.texts[c.whole[k]] : value(c, k).toFixed(c.digits));
  const prose = (c, k) => (c.texts ? text(c, k) : text(c, k).replace("-", "−"));

  const svg = figure.querySelector("svg");
  const sliders = figure.querySelectorAll("input");
  const controls = [...figure.querySelectorAll("input, select")];
  const stops = controls.map((c) => (c.options ? c.options.length : Number(c.max) + 1));
  const chosen = () => controls.map((c) => Number(c.value));
  // The last control counts fastest, as in a tensor of that shape.
  const state = (at) => at.reduce((sum, k, axis) => sum * stops[axis] + k, 0);

  const show = () => {
    const k = state(chosen());
    for (const part in parts) {
      const drawn = svg.querySelector(`.${part}`);
      for (const name in parts[part]) {
        const column = columns[parts[part][name]];
        if (name === "text") drawn.textContent = prose(column, k);
        else drawn.setAttribute(name, text(column, k));
      }
    }
    const said = text(columns[words], k).replace(/\{(\d+)\}/g, (_, c) => prose(columns[c], k));
    svg.querySelector("desc").textContent = said;
    figure.querySelector(".seegrad-words").textContent = said;
    for (const slider of sliders) slider.setAttribute("aria-valuetext", said);
  };
  const address = () =>
    new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const keep = () => {
    const all = address();
    all.set(key, names.map((column) => text(columns[column], state(chosen()))).join());
    try {
      history.replaceState(null, "", `#${all}`);
    } catch {} // a page in a sandbox has no address
  };
  const visit = () => {
    const all = address();
    (all.get(key) || "").split(",").forEach((wanted, axis) => {
      for (let k = 0; k < stops[axis]; k++) {
        const at = state(stops.map((_, other) => (other === axis ? k : 0)));
        if (text(columns[names[axis]], at) === wanted) controls[axis].value = k;
      }
    });
    show();
    if (all.keys().next().value === key) figure.scrollIntoView();
  };

  const moves = figure.querySelector(".seegrad-moves");
  moves.addEventListener("input", show);
  moves.addEventListener("change", keep);
  // JupyterLab takes the arrow keys, unless they end here.
  moves.addEventListener("keydown", (event) => event.stopPropagation());
  for (const control of moves.querySelectorAll(":disabled")) control.disabled = false;
  for (const slider of sliders) {
    [slider.previousElementSibling, slider.nextElementSibling].forEach((button, side) => {
      button.addEventListener("click", () => {
        slider.stepUp(2 * side - 1);
        show();
        keep();
      });
    });
  }

  // Where a point moves sideways only, a finger that goes up or down scrolls.
  const flat = drag.length === 1;
  const handle = svg.querySelector(".reach");
  const follow = ({ clientX, clientY }) => {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const near = [(clientX - box.left) * scale, (clientY - box.top) * scale];
    for (const [axis, side, column] of drag) {
      const at = chosen();
      let least = Infinity;
      for (let k = 0; k < stops[axis]; k++) {
        at[axis] = k;
        const away = Math.abs(value(columns[column], state(at)) - near[side]);
        if (away >= least) continue;
        least = away;
        controls[axis].value = k;
      }
    }
    show();
  };
  if (drag.length) {
    if (flat) svg.style.touchAction = "pan-y";
    else handle.addEventListener("touchstart", (event) => event.preventDefault());
    svg.style.cursor = flat ? "ew-resize" : "move";
    let from;
    svg.addEventListener("pointerdown", (event) => {
      const mouse = event.pointerType === "mouse";
      if (event.button || !(mouse || flat || event.target === handle)) return;
      svg.setPointerCapture(event.pointerId);
      from = mouse ? null : event;
      if (mouse) event.preventDefault(); // no text is selected
    });
    svg.addEventListener("pointermove", (event) => {
      if (!svg.hasPointerCapture(event.pointerId)) return;
      const across = from && Math.abs(event.clientX - from.clientX);
      if (flat && from && across <= Math.abs(event.clientY - from.clientY)) return;
      from = null;
      follow(event);
    });
    svg.addEventListener("lostpointercapture", () => from || keep());
    svg.addEventListener("click", (event) => {
      follow(event);
      keep();
    });
  }
  addEventListener("hashchange", visit);
  visit();
}
