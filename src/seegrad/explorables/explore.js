/* Figures that a reader moves. Each carries all that it can show, computed by PyTorch;
   its controls choose which. */
for (const figure of document.querySelectorAll("[data-explore]")) {
  const { key, columns, parts, words, names, drag } = JSON.parse(figure.dataset.explore);
  figure.removeAttribute("data-explore"); // a notebook runs this once an output
  for (const column of columns) {
    let sum = 0;
    column.whole = column.steps.map((step) => (sum += step));
  }
  const value = ({ whole, digits }, k) => whole[k] / 10 ** digits;
  const text = (c, k) => (c.texts ? c.texts[c.whole[k]] : value(c, k).toFixed(c.digits));
  const prose = (c, k) => (c.texts ? text(c, k) : text(c, k).replace("-", "−"));

  const svg = figure.querySelector("svg");
  const controls = [...figure.querySelectorAll("input, select")];
  const stops = controls.map((c) => (c.options ? c.options.length : Number(c.max) + 1));
  const chosen = () => controls.map((c) => (c.options ? c.selectedIndex : Number(c.value)));
  const choose = (axis, k) => {
    controls[axis][controls[axis].options ? "selectedIndex" : "value"] = k;
  };
  // The last control counts fastest, as in a tensor of that shape.
  const state = (at) => at.reduce((sum, k, axis) => sum * stops[axis] + k, 0);

  const show = () => {
    const k = state(chosen());
    for (const [part, attributes] of Object.entries(parts)) {
      const drawn = svg.querySelector(`.${part}`);
      for (const [name, column] of Object.entries(attributes)) {
        if (name === "text") drawn.textContent = prose(columns[column], k);
        else drawn.setAttribute(name, text(columns[column], k));
      }
    }
    const said = text(columns[words], k).replace(/\{(\d+)\}/g, (_, c) => prose(columns[c], k));
    svg.querySelector("desc").textContent = said;
    figure.querySelector(".seegrad-words").textContent = said;
    for (const control of controls) {
      if (!control.options) control.setAttribute("aria-valuetext", said);
    }
  };
  const keep = () => {
    const k = state(chosen());
    const place = names.map((column) => text(columns[column], k)).join();
    try {
      history.replaceState(null, "", `#${key}=${encodeURIComponent(place)}`);
    } catch {} // a page in a sandbox has no address
  };
  const [found, place] = location.hash.slice(1).split("=");
  if (found === key && place) {
    try {
      decodeURIComponent(place).split(",").forEach((wanted, axis) => {
        for (let k = 0; k < stops[axis]; k++) {
          const at = state(stops.map((_, other) => (other === axis ? k : 0)));
          if (text(columns[names[axis]], at) === wanted) choose(axis, k);
        }
      });
      figure.scrollIntoView();
    } catch {} // a link may be damaged
  }

  controls.forEach((control, axis) => {
    control.disabled = false;
    control.addEventListener("input", show);
    control.addEventListener("change", keep);
    // JupyterLab takes the arrow keys, unless they end here.
    control.addEventListener("keydown", (event) => event.stopPropagation());
    if (control.options) return;
    [control.previousElementSibling, control.nextElementSibling].forEach((button, side) => {
      button.disabled = false;
      button.addEventListener("click", () => {
        choose(axis, Number(control.value) + 2 * side - 1);
        show();
        keep();
      });
    });
  });

  // The point follows to the nearest stop. Where it moves sideways only, a finger that
  // goes up or down scrolls the page.
  const flat = drag.length === 1;
  const handle = svg.querySelector(".point");
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
        choose(axis, k);
      }
    }
    show();
  };
  if (drag.length) {
    (flat ? svg : handle).style.touchAction = flat ? "pan-y" : "none";
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
      from = null; // from now on it is followed
      follow(event);
    });
    svg.addEventListener("lostpointercapture", () => from || keep());
    svg.addEventListener("click", (event) => {
      follow(event);
      keep();
    });
  }
  show();
}
