// Dialogs, menus, toasts. Everything here works less comfortably without script, but it works.
document.addEventListener("click", (event) => {
  const target = event.target;
  if (!(target instanceof Element)) return;
  const opener = target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog instanceof HTMLDialogElement && !dialog.open) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  const closer = target.closest("[data-closes]");
  if (closer?.closest("dialog")?.open) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
  if (target instanceof HTMLDialogElement && target.open && target.matches(":modal")) {
    const box = target.getBoundingClientRect();
    const inside =
      event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.clientX) target.close();
  }
  target.closest("[data-dismiss]")?.closest(".toast")?.remove();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

// Specimens of the design page look like the real things and do nothing.
document.addEventListener("click", (event) => {
  const pressed = event.target.closest?.("[data-specimen] :is(a, button)");
  if (!pressed || pressed.hash) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// A dialog that a fragment brings opens at once.
document.addEventListener("htmx:afterSettle", () => {
  const dialog = document.querySelector("dialog[data-open]:not([open])");
  if (dialog instanceof HTMLDialogElement) {
    delete dialog.dataset.open;
    dialog.showModal();
  }
});

setInterval(() => {
  for (const toast of document.querySelectorAll(".toast[data-expires]")) {
    if (toast.matches(":hover, :focus-within")) continue;
    const left = Number(toast.dataset.expires) - 1;
    if (left <= 0) toast.remove();
    else toast.dataset.expires = String(left);
  }
}, 1000);

// How many folds of a diff were opened goes with the decision.
document.addEventListener("toggle", (event) => {
  const fold = event.target;
  if (!fold.matches?.(".diff details.folded") || !fold.open || fold.dataset.counted) return;
  fold.dataset.counted = "1";
  for (const field of document.querySelectorAll(".actions input[name=folds]")) field.value = String(Number(field.value) + 1);
}, true);
