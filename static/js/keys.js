// One key each, from the page itself: an element with data-key is pressed by that key.
// data-key="j", "?", "[", "mod+enter", "escape"; data-key-label names it on the sheet.
// Keys that stand in fields are written with mod+ (Ctrl or Cmd), and escape leaves the field.
const page = document.documentElement;
const BOUNCE = 150;
const STORE = "daybreak.keys";
const FIELDS = "input:not([type=checkbox],[type=radio],[type=button],[type=submit]),textarea,select,[contenteditable]";

const single = () => {
  try {
    return localStorage.getItem(STORE) !== "off";
  } catch {
    return true;
  }
};

function shown(element) {
  return !element.disabled && element.getAttribute("aria-disabled") !== "true" && element.checkVisibility();
}

// What lies on top goes first.
function find(key) {
  const named = `[data-key="${CSS.escape(key)}"]`;
  return ["#toasts ", "#pane ", ""].flatMap((place) => [...document.querySelectorAll(place + named)]).find(shown);
}

function press(element) {
  if (element.matches(FIELDS)) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function spell(event) {
  const key = event.key.toLowerCase();
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key;
}

function held(element) {
  const settled = Number(page.dataset.settled ?? 0);
  return Boolean(page.dataset.running) || Date.now() - settled < Number(element.dataset.guard ?? BOUNCE);
}

// G, then the key of a page: what is pressed second is no key of the page itself, so that "G A"
// never approves where no page has that key.
const LEAD = 2_000;
let led = 0;

function leads(name) {
  if (Date.now() - led < LEAD) {
    led = 0;
    document.querySelector(`[data-go="${CSS.escape(name)}"]`)?.click();
    return true;
  }
  if (name !== "g" || !document.querySelector("[data-go]")) return false;
  led = Date.now();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.defaultPrevented || event.isComposing || event.altKey) return;
  if (document.querySelector("dialog:modal")) return;
  const name = spell(event);
  const field = event.target.closest?.(FIELDS);
  const modified = name.startsWith("mod+");
  if (field && name === "escape") {
    // The first Esc leaves the field, so that no draft goes by one too many.
    field.blur();
    event.preventDefault();
    return;
  }
  if (field && !modified) return;
  if (!modified && name !== "escape") {
    if (!single()) return;
    if (!["shift", "control", "alt", "meta"].includes(name) && leads(name)) return event.preventDefault();
  }
  const wanted = find(name);
  if (!wanted) return;
  event.preventDefault();
  if (!held(wanted)) press(wanted);
});

const NAMES = { "mod+enter": ["Ctrl", "Enter"], "mod+k": ["Ctrl", "K"], escape: ["Esc"] };

function sheet() {
  const list = document.getElementById("keylist");
  if (!list) return;
  const seen = new Map();
  for (const element of document.querySelectorAll("[data-key]")) {
    if (!seen.has(element.dataset.key)) {
      const words = element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? element.textContent;
      seen.set(element.dataset.key, words.replace(/\s+/g, " ").trim());
    }
  }
  const rows = [...seen].map(([key, words]) => [NAMES[key] ?? [key.length === 1 ? key.toUpperCase() : key], words]);
  for (const link of document.querySelectorAll("[data-go]")) {
    rows.push([["G", link.dataset.go.toUpperCase()], link.firstChild.textContent.trim()]);
  }
  list.replaceChildren();
  for (const [keys, words] of rows) {
    const term = document.createElement("dt");
    for (const part of keys) {
      const cap = document.createElement("kbd");
      cap.textContent = part;
      term.append(cap, " ");
    }
    const what = document.createElement("dd");
    what.textContent = words;
    list.append(term, what);
  }
  const toggle = document.getElementById("keys-on");
  if (toggle) toggle.checked = single();
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-opens=keys]")) sheet();
}, true);

document.addEventListener("change", (event) => {
  if (event.target.id !== "keys-on") return;
  try {
    localStorage.setItem(STORE, event.target.checked ? "on" : "off");
  } catch {
    // It holds for this page only.
  }
});
