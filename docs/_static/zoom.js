/* Enlarge a figure: by a click on it or by the button beside it, which the keyboard
   reaches. Escape, the button or a click closes it. Without this script the figure
   simply stays as it is. */
const FIGURES = ".bd-article :is(figure img, .cell_output img):not(a img)";
const dialog = document.createElement("dialog");
dialog.className = "seegrad-zoom";
dialog.setAttribute("aria-label", _("Enlarged figure"));
dialog.addEventListener("click", () => dialog.close());
document.body.append(dialog);

for (const image of document.querySelectorAll(FIGURES)) {
  const open = zoomButton(_("Enlarge this figure"), "⤢");
  const frame = document.createElement("span");
  frame.className = "seegrad-figure";
  image.replaceWith(frame);
  frame.append(image, open);
  const enlarge = () => {
    const large = image.cloneNode();
    large.removeAttribute("class");
    large.removeAttribute("srcset");
    dialog.replaceChildren(zoomButton(_("Close"), "×"), large);
    dialog.showModal();
  };
  image.addEventListener("click", enlarge);
  open.addEventListener("click", enlarge);
}

function zoomButton(label, sign) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: sign, title: label });
  button.setAttribute("aria-label", label);
  return button;
}
