/* Step through the backward pass of a graph: a button back, a slider, a button forward,
   and the step in words. A graph that asks what arrives somewhere opens at the step
   before, and the numbers of later steps are hidden. It travels with each graph; without
   it the whole graph shows. No "less than" and no ampersand here, so that a page may be
   XML. */
for (const figure of document.querySelectorAll(".seegrad-steps:not(.seegrad-ready)")) {
  figure.classList.add("seegrad-ready"); // a notebook has one script a graph
  const make = (tag, properties, label) => {
    const made = Object.assign(document.createElement(tag), properties);
    if (label) made.setAttribute("aria-label", label);
    return made;
  };
  const steps = JSON.parse(figure.dataset.steps);
  const texts = ["The whole graph. Step through it with the arrows."];
  steps.forEach(({ text }, k) => texts.push(`${k + 1} of ${steps.length}. ${text}`));
  const longest = texts.reduce((a, b) => (b.length > a.length ? b : a));

  const back = make("button", { type: "button", textContent: "←" }, "Previous step");
  const forward = make("button", { type: "button", textContent: "→" }, "Next step");
  const range = { type: "range", min: 0, max: steps.length, value: figure.dataset.start ?? 0 };
  const slider = make("input", range, "Step of the backward pass");
  const words = make("span", {});
  const room = make("span", { textContent: longest, ariaHidden: "true" });
  const control = make("div", { className: "seegrad-control" }, "Backward pass");
  const text = make("p", {});
  control.setAttribute("role", "group");
  text.append(words, room); // the text below stays where it is
  control.append(back, slider, forward, text);
  figure.append(control);

  const show = () => {
    const now = Number(slider.value);
    words.textContent = texts[now];
    slider.setAttribute("aria-valuetext", texts[now]);
    // Not disabled, or the focus would be lost.
    back.setAttribute("aria-disabled", now === 0);
    forward.setAttribute("aria-disabled", now === steps.length);
    steps.forEach((step, k) => {
      const names = [`n${step.node}`, ...step.edges.map((edge) => `e${edge}`)];
      for (const name of names) {
        const drawn = figure.querySelector(`svg .${name}`).classList;
        drawn.toggle("now", k === now - 1);
        drawn.toggle("later", now > 0 ? k > now - 1 : false);
      }
    });
  };
  // The slider says its value itself; after a button the words must be said.
  const say = (politeness) => words.setAttribute("aria-live", politeness);
  const move = (by) => {
    say("polite");
    slider.value = Number(slider.value) + by;
    show();
  };
  back.addEventListener("click", () => move(-1));
  forward.addEventListener("click", () => move(1));
  slider.addEventListener("input", () => {
    say("off");
    show();
  });
  // JupyterLab takes plain keys for its own commands.
  control.addEventListener("keydown", (event) => {
    if (![event.ctrlKey, event.metaKey, event.altKey].includes(true)) {
      event.stopPropagation();
    }
  });
  show();
}
