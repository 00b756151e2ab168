/* Step through the backward pass of a graph: a button back, a slider, a button forward,
   and the step in words. Without this script the whole graph shows. */
for (const figure of document.querySelectorAll(".seegrad-steps[data-steps]")) {
  const steps = JSON.parse(figure.dataset.steps);
  if (steps.length) addControl(figure, steps);
}

function addControl(figure, steps) {
  const back = element("button", { type: "button", textContent: "←" }, "Previous step");
  const forward = element("button", { type: "button", textContent: "→" }, "Next step");
  const range = { type: "range", min: 0, max: steps.length, value: 0 };
  const slider = element("input", range, "Step of the backward pass");
  const words = element("p", {});
  words.setAttribute("aria-live", "polite");
  const control = element("div", { className: "seegrad-control" }, "Backward pass");
  control.setAttribute("role", "group");
  control.append(back, slider, forward, words);
  figure.append(control);

  function show() {
    const now = Number(slider.value);
    words.textContent = now
      ? `${now} of ${steps.length}. ${steps[now - 1].text}`
      : "The whole graph. Step through it with the arrows.";
    slider.setAttribute("aria-valuetext", words.textContent);
    back.disabled = now === 0;
    forward.disabled = now === steps.length;
    steps.forEach((step, k) => {
      const names = [`n${step.node}`, ...step.edges.map((edge) => `e${edge}`)];
      for (const name of names) {
        const drawn = figure.querySelector(`svg .${name}`).classList;
        drawn.toggle("now", k === now - 1);
        drawn.toggle("later", now > 0 && k > now - 1);
      }
    });
  }

  const move = (by) => {
    slider.value = Number(slider.value) + by;
    show();
  };
  back.addEventListener("click", () => move(-1));
  forward.addEventListener("click", () => move(1));
  slider.addEventListener("input", show);
  show();
}

function element(tag, properties, label) {
  const made = Object.assign(document.createElement(tag), properties);
  if (label) made.setAttribute("aria-label", label);
  return made;
}
