/* What the theme leaves to Bootstrap: the menus of its buttons, the tips beside them and
   the way back to the top. Bootstrap's style sheet draws them; its script, which is ten
   times as long, is not loaded. */
window.bootstrap = {
  // A tip, of which the theme itself makes one for its collapsed sidebar.
  Tooltip: class {
    constructor(element, { title, placement }) {
      this.element = element;
      this.below = placement === "bottom";
      this.tip = part("tooltip show");
      this.tip.classList.add(this.below ? "bs-tooltip-bottom" : "bs-tooltip-end");
      this.tip.ariaHidden = "true"; // it says the button's name again
      this.tip.append(part("tooltip-arrow"), part("tooltip-inner", title));
    }

    show() {
      const below = this.below;
      (this.element.closest("dialog") ?? document.body).append(this.tip);
      const box = this.element.getBoundingClientRect();
      const { width, height } = this.tip.getBoundingClientRect();
      const middle = box.left + (box.width - width) / 2;
      const left = below ? Math.min(middle, innerWidth - width - 4) : box.right + 8;
      const top = below ? box.bottom + 8 : box.top + (box.height - height) / 2;
      Object.assign(this.tip.style, { left: `${left}px`, top: `${top}px` });
      const arrow = below ? box.left + box.width / 2 - left : height / 2;
      this.tip.firstChild.style[below ? "left" : "top"] = `calc(${arrow}px - 0.4rem)`;
    }

    hide() {
      this.tip.remove();
    }
  },
};

for (const button of document.querySelectorAll('[data-bs-toggle="dropdown"]')) {
  addMenu(button, button.nextElementSibling);
}
for (const named of document.querySelectorAll('[data-bs-toggle="tooltip"]')) {
  addTip(named);
}
showWayBack(document.getElementById("pst-back-to-top"));

function addMenu(button, menu) {
  const isOpen = () => menu.classList.contains("show");
  const open = (wanted) => {
    for (const part of [button, menu]) part.classList.toggle("show", wanted);
    button.setAttribute("aria-expanded", wanted);
  };
  menu.dataset.bsPopper = "static"; // so the style sheet places it
  open(false);

  button.addEventListener("click", () => open(!isOpen()));
  document.addEventListener("click", (event) => {
    if (!button.contains(event.target)) open(false);
  });
  button.parentElement.addEventListener("focusout", (event) => {
    const next = event.relatedTarget;
    if (next && !event.currentTarget.contains(next)) open(false);
  });
  button.parentElement.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      open(true);
      const items = [...menu.querySelectorAll(".dropdown-item")];
      const now = items.indexOf(document.activeElement);
      items.at(now < 0 && by < 0 ? -1 : (now + by) % items.length).focus();
    } else if (event.key === "Escape" && isOpen()) {
      open(false);
      button.focus();
    } else {
      return;
    }
    event.preventDefault();
  });
}

function part(className, textContent = "") {
  return Object.assign(document.createElement("div"), { className, textContent });
}

function addTip(element) {
  const tip = new bootstrap.Tooltip(element, { title: element.title, placement: "bottom" });
  let waiting;
  element.removeAttribute("title"); // or the browser would show it, too
  const show = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (!element.querySelector(".show")) tip.show();
    }, 500);
  };
  const hide = () => {
    clearTimeout(waiting);
    tip.hide();
  };
  for (const name of ["mouseenter", "focusin"]) element.addEventListener(name, show);
  for (const name of ["mouseleave", "focusout", "click", "keydown"]) {
    element.addEventListener(name, hide);
  }
}

/* It shows where somebody scrolls up from far below. */
function showWayBack(button) {
  const header = document.getElementById("pst-header");
  let before = scrollY;
  button.addEventListener("click", () => scrollTo(0, 0));
  addEventListener("scroll", () => {
    const shown = scrollY < before && scrollY > header.offsetHeight;
    button.style.display = shown ? "block" : "none";
    before = scrollY;
  });
}
