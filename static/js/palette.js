// Ctrl K: what the page can do and where it leads, in one list that is searched by typing.
// It is read off the page when it opens: links with data-go, and what keys press. So nothing is
// offered here that is not a link, button or field of the page as well.
const FIELDS = "input,textarea,select";
const NAMES = { escape: ["Esc"], enter: ["Enter"], " ": ["Space"] };

const cap = (key) => NAMES[key] ?? [key.length === 1 ? key.toUpperCase() : key];
const capsOf = (key) => key.startsWith("mod+") ? ["Ctrl", ...cap(key.slice(4)).map((one) => one[0].toUpperCase() + one.slice(1))] : cap(key);
const wordsOf = (element) =>
  (element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? element.textContent).replace(/\s+/g, " ").trim();

function places() {
  return [...document.querySelectorAll("[data-go]")].map((link) => ({
    words: link.firstChild.textContent.trim(),
    caps: ["G", ...cap(link.dataset.go)],
    act: () => link.click(),
  }));
}

function acts() {
  const seen = new Set(["mod+k"]);
  const found = [];
  for (const element of document.querySelectorAll("[data-key]")) {
    const { key } = element.dataset;
    if (seen.has(key) || element.disabled || element.getAttribute("aria-disabled") === "true" || !element.checkVisibility()) continue;
    seen.add(key);
    found.push({
      words: wordsOf(element),
      caps: capsOf(key),
      act: () => (element.matches(FIELDS) ? element.focus() : element.click()),
    });
  }
  return found;
}

function command({ words, caps, act }, dialog) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "command";
  const label = document.createElement("span");
  label.textContent = words;
  button.append(label);
  for (const text of caps) {
    const key = document.createElement("kbd");
    key.textContent = text;
    key.ariaHidden = "true";
    button.append(key);
  }
  button.addEventListener("click", () => {
    // Closed first: what is pressed may open a dialog of its own.
    dialog.close();
    act();
  });
  item.append(button);
  return item;
}

const shown = (list) => [...list.querySelectorAll("li:not([hidden]) button")];

function narrow(dialog, list, typed) {
  const parts = typed.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of list.children) {
    const words = item.querySelector("span").textContent.toLowerCase();
    item.hidden = !parts.every((part) => words.includes(part));
  }
  const none = typed.trim() !== "" && !shown(list).length;
  const note = dialog.querySelector("[data-none]");
  note.textContent = none ? note.dataset.none : "";
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-opens=palette]")) return;
  const dialog = document.getElementById("palette");
  const field = dialog?.querySelector("input");
  const list = dialog?.querySelector(".commands");
  if (!list) return;
  field.value = "";
  list.replaceChildren(...[...places(), ...acts()].map((one) => command(one, dialog)));
  narrow(dialog, list, "");
}, true);

document.addEventListener("input", (event) => {
  const dialog = event.target.closest?.("#palette");
  if (dialog) narrow(dialog, dialog.querySelector(".commands"), event.target.value);
});

document.addEventListener("keydown", (event) => {
  const dialog = event.target.closest?.("#palette");
  if (!dialog || event.isComposing) return;
  const field = dialog.querySelector("input");
  const stops = [field, ...shown(dialog.querySelector(".commands"))];
  const at = stops.indexOf(event.target);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const step = event.key === "ArrowDown" ? 1 : stops.length - 1;
    stops[(Math.max(at, 0) + step) % stops.length].focus();
    event.preventDefault();
  } else if (event.key === "Enter" && event.target === field && field.value.trim() && stops.length > 1) {
    // Without a command of these words Enter sends the form: it searches the queue for them.
    stops[1].click();
    event.preventDefault();
  }
});
