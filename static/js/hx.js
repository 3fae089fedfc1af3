// htmx: the one place that knows its event names. State other modules need lies on <html>:
// data-running (requests a person waits for), data-settled (when an answer last moved the page on).
const page = document.documentElement;
const pane = "pane";
const words = new WeakMap();
const waiting = new Map();
let running = 0;
let focused = "";

const quiet = (element) => Boolean(element?.closest?.("[data-quiet]"));
const toasts = () => document.getElementById("toasts");

function count(change) {
  running = Math.max(0, running + change);
  if (running) page.dataset.running = String(running);
  else delete page.dataset.running;
}

function toast(text) {
  const region = toasts();
  if (!region) return;
  const box = document.createElement("div");
  box.className = "toast bad";
  box.setAttribute("role", "alert");
  box.dataset.expires = "15";
  const line = document.createElement("p");
  line.textContent = text;
  box.append(line);
  region.append(box);
}

function buttons(form) {
  return form instanceof HTMLFormElement ? form.querySelectorAll("button[type=submit]") : [];
}

function hold(element, submitter) {
  for (const button of buttons(element)) button.setAttribute("aria-disabled", "true");
  if (submitter?.dataset?.busy) {
    words.set(submitter, [...submitter.childNodes]);
    submitter.replaceChildren(submitter.dataset.busy);
  }
}

function release(element) {
  for (const button of buttons(element)) {
    button.removeAttribute("aria-disabled");
    if (words.has(button)) button.replaceChildren(...words.get(button));
    words.delete(button);
  }
}

// Without a connection a decision could only be lost. What is written stays in its fields.
// The server is asked itself: a browser without a network may still reach one on its own machine.
let lost = false;
const cut = () => lost;

async function probe() {
  const was = lost;
  lost = await fetch("/healthz", { cache: "no-store" }).then(() => false, () => true);
  if (lost) setTimeout(probe, 5_000);
  if (lost === was) return;
  page.toggleAttribute("data-offline", lost);
  const note = document.getElementById("no-connection");
  const shown = lost && note ? [note.content.cloneNode(true)] : [];
  document.getElementById("connection")?.replaceChildren(...shown);
}
for (const name of ["online", "offline"]) addEventListener(name, probe);

function refuse(event) {
  event.preventDefault();
  toast(toasts()?.dataset.offline ?? "");
}
document.addEventListener("submit", (event) => {
  if (cut() && !event.target.hasAttribute("hx-post") && event.target.method === "post") refuse(event);
}, true);

// A second press while the first is under way would be a second decision.
document.addEventListener("htmx:confirm", (event) => {
  const { elt, verb, triggeringEvent } = event.detail;
  if (cut() && !quiet(elt)) return refuse(event);
  if (verb !== "get" && elt.dataset.sending) return event.preventDefault();
  const submitter = triggeringEvent?.submitter;
  if (submitter?.getAttribute("aria-disabled") === "true") event.preventDefault();
  // A double press must not confirm what the first of the two only asked for.
  const guard = Number(submitter?.dataset.guard ?? 0);
  if (Date.now() - Number(page.dataset.settled ?? 0) < guard) event.preventDefault();
});

// What the list shows after the row that is decided, and how many it holds: if the server finds the
// same, it sends what changes and not the whole list. Nothing of a list that runs short, of rows that
// are folded together, or of the last row of its group.
const FEW = 12;
function following() {
  const item = document.querySelector(".queue .row[aria-current]")?.closest("li");
  const rows = [...document.querySelectorAll(".queue .row[id]")];
  const next = rows[rows.findIndex((row) => row.parentElement === item) + 1];
  const isLong = rows.length > FEW || !document.querySelector(".queue .pager");
  const isAlone = !item || item.parentElement.children.length < 2 || item.closest("details.kin");
  const total = document.getElementById("queue-count")?.dataset.total;
  return next && isLong && !isAlone ? `${next.id.replace("row-P-", "")} of ${total}` : "";
}

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters, headers, verb, target } = event.detail;
  // A field that is completed also says where one types.
  if ("caret" in elt.dataset) parameters.caret = String(elt.selectionStart ?? "");
  if (verb === "post" && target?.id === pane) headers["Queue-Follows"] = following();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target, requestConfig, xhr } = event.detail;
  if (quiet(elt)) return;
  // Kept by request: an answer may name another target, and its element may be gone by then.
  waiting.set(xhr, target);
  count(1);
  target?.setAttribute("aria-busy", "true");
  if (requestConfig.verb !== "get") {
    elt.dataset.sending = "1";
    hold(elt, requestConfig.triggeringEvent?.submitter);
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = event.detail;
  if (!waiting.has(xhr)) return;
  count(-1);
  waiting.get(xhr)?.removeAttribute("aria-busy");
  waiting.delete(xhr);
  delete elt.dataset.sending;
  release(elt);
});

// What the page asks by itself leads nobody away from what they type.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  const way = xhr.getResponseHeader("HX-Redirect");
  const note = document.getElementById("session-ended")?.content.cloneNode(true);
  if (!way || !note || !quiet(elt)) return;
  event.preventDefault();
  note.querySelector("a").setAttribute("href", way);
  document.getElementById("connection")?.replaceChildren(note);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, elt } = event.detail;
  // A whole page in place of a fragment: the sign-in page of an ended session, after a redirect.
  if (/^\s*<!doctype/i.test(xhr.responseText) && !elt.hasAttribute("hx-select")) {
    event.detail.shouldSwap = false;
    const same = xhr.responseURL && new URL(xhr.responseURL).origin === location.origin;
    if (xhr.status < 400 && same) location.assign(xhr.responseURL);
    return;
  }
  // A refusal that says where it belongs is shown there.
  if (xhr.getResponseHeader("HX-Retarget")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
  focused = document.activeElement?.id ?? "";
  const { shouldSwap, target, requestConfig } = event.detail;
  if (shouldSwap && target?.id === pane && !quiet(requestConfig.elt)) clear(target, requestConfig.elt);
});

// The old pane goes at once, but for what sent the request, which htmx still asks. Else htmx tells of
// each element that it goes. What has the focus goes ten times slower. Once out it is whole again for
// answers to it that come late.
function clear(place, sender) {
  document.activeElement?.blur();
  const parts = [...place.children];
  for (const part of parts) if (!part.contains(sender)) part.remove();
  queueMicrotask(() => place.replaceChildren(...parts));
}

// The row of the proposal in the pane is the current one of the queue.
function markRow(id) {
  const row = id && document.getElementById(id);
  for (const other of document.querySelectorAll(".queue .row[aria-current]")) {
    if (other !== row) other.removeAttribute("aria-current");
  }
  if (!row) return;
  row.setAttribute("aria-current", "true");
  row.closest("details")?.setAttribute("open", "");
  row.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:afterSettle", (event) => {
  const { target, requestConfig, elt } = event.detail;
  const moved = elt?.id === pane || target?.id === pane;
  if (requestConfig && requestConfig.verb !== "get" && !quiet(requestConfig.elt)) page.dataset.settled = String(Date.now());
  if (moved) {
    const place = document.getElementById(pane);
    const wanted = place?.querySelector("[autofocus]:not(dialog *)") ?? place;
    wanted?.focus({ preventScroll: true });
    place?.querySelector(".pane-body")?.scrollTo(0, 0);
    markRow(place?.dataset.row);
  } else if (focused && document.activeElement === document.body) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  focused = "";
  const title = document.getElementById(pane)?.dataset.title;
  if (moved && title) document.title = title;
});

document.addEventListener("htmx:responseError", (event) => {
  if (quiet(event.detail.elt)) return;
  const failed = toasts()?.dataset.failed ?? "{status}";
  toast(failed.replace("{status}", String(event.detail.xhr.status)));
});
for (const [name, cause] of [["htmx:sendError", "offline"], ["htmx:timeout", "slow"]]) {
  document.addEventListener(name, (event) => {
    if (!lost) probe();
    if (!quiet(event.detail.elt)) toast(toasts()?.dataset[cause] ?? "");
  });
}
