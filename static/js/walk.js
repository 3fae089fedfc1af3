// Steps from one change or quote of a proposal to the next. [data-walk] names what is stepped through,
// [data-way] is 1 or -1; without script the link leads to where they begin.
const places = new Map();

const shown = (element) => element.checkVisibility();

// Lines that follow one another are one change.
const begins = (element) => !element.matches(".ln") || !element.previousElementSibling?.matches(".ln:not(.same)");

function step(link) {
  const all = [...document.querySelectorAll(link.dataset.walk)].filter((one) => shown(one) && begins(one));
  if (!all.length) return;
  const way = Number(link.dataset.way);
  const last = all.indexOf(places.get(link.dataset.walk));
  const at = last < 0 ? (way > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, last + way));
  places.get(link.dataset.walk)?.removeAttribute("data-here");
  places.set(link.dataset.walk, all[at]);
  all[at].dataset.here = "";
  all[at].tabIndex = -1;
  all[at].focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-walk]");
  if (!link) return;
  event.preventDefault();
  step(link);
});

// A quote that was opened by key may lie below the fold.
document.addEventListener("htmx:afterSettle", (event) => {
  const quote = event.detail.elt;
  if (!quote?.matches?.(".ev")) return;
  quote.scrollIntoView({ block: "nearest" });
  places.set(".ev", quote);
});
