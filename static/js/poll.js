// Fires dream-tick on every element with data-poll while the page is visible, slower and slower:
// data-poll="2" is every 2 s, after a minute every 5 s, after five minutes every 15 s.
// A finished fragment comes without data-poll and without hx-trigger: that ends it.
const begun = new Map();
const due = new Map();

function pause(element, age) {
  const least = Math.max(1, Number(element.dataset.poll) || 2);
  if (age < 60_000) return least;
  return Math.max(least, age < 300_000 ? 5 : 15);
}

function tick() {
  if (document.visibilityState !== "visible") return;
  const now = Date.now();
  for (const element of document.querySelectorAll("[data-poll]")) {
    const name = element.id;
    if (!begun.has(name)) begun.set(name, now);
    if (!due.has(name)) due.set(name, now + pause(element, 0) * 1000);
    if (now < due.get(name)) continue;
    due.set(name, now + pause(element, now - begun.get(name)) * 1000);
    element.dispatchEvent(new CustomEvent("dream-tick", { bubbles: false }));
  }
}

// data-left is what the server counted, so that a clock that is wrong here counts right all the same.
const ends = new WeakMap();

function end(element) {
  const { until, left } = element.dataset;
  if (left === undefined) return Date.parse(until);
  const known = ends.get(element);
  if (known?.until === until) return known.at;
  ends.set(element, { until, at: Date.now() + Number(left) * 1000 });
  return ends.get(element).at;
}

// In words {s} is seconds, {t} minutes and seconds: 9:41.
function spell(words, left) {
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  return words.replace("{s}", String(left)).replace("{t}", clock);
}

function count() {
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = Math.ceil((end(element) - Date.now()) / 1000);
    if (left > 0) element.textContent = spell(element.dataset.words ?? "{s} s", left);
    else element.closest("[data-gone-after]")?.remove();
  }
}

setInterval(() => {
  tick();
  count();
}, 1000);
document.addEventListener("visibilitychange", tick);
