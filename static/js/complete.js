// The list under a field with role=combobox. Arrows choose, Enter takes what is chosen, Esc closes;
// without a choice Enter sends the field as it stands. Focus never leaves the field.
const fieldIn = (target) => target?.closest?.("[role=combobox]");
const listOf = (field) => document.getElementById(field.getAttribute("aria-controls"));
const chosenOf = (list) => list.querySelector("[aria-selected=true]");

function choose(field, list, option) {
  chosenOf(list)?.setAttribute("aria-selected", "false");
  field.removeAttribute("aria-activedescendant");
  if (!option) return;
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

function show(field, list, wanted) {
  list.hidden = !wanted;
  field.setAttribute("aria-expanded", String(wanted));
  choose(field, list, null);
}

// The element asks the server what can come next on this event.
const ask = (field) => field.dispatchEvent(new CustomEvent("complete"));

function take(field, list, option) {
  field.value = option.dataset.text;
  field.setSelectionRange(Number(option.dataset.caret), Number(option.dataset.caret));
  show(field, list, false);
  ask(field);
}

document.addEventListener("keydown", (event) => {
  const field = fieldIn(event.target);
  if (!field || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const list = listOf(field);
  const option = chosenOf(list);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (list.hidden) ask(field);
    else if (event.key === "ArrowDown") choose(field, list, option ? option.nextElementSibling : list.firstElementChild);
    else choose(field, list, option ? option.previousElementSibling : list.lastElementChild);
  } else if (event.key === "Enter" && option) {
    take(field, list, option);
  } else if (event.key === "Escape" && !list.hidden) {
    show(field, list, false);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}, true);

// A press on the list must not take the focus, or the list would be gone before the click.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.("[role=listbox]")) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const option = event.target.closest?.("[role=option]");
  const field = option && fieldIn(document.activeElement);
  if (field) take(field, listOf(field), option);
});

document.addEventListener("focusout", (event) => {
  const field = fieldIn(event.target);
  if (field) show(field, listOf(field), false);
});

document.addEventListener("htmx:afterSettle", (event) => {
  const list = event.detail.target;
  const field = fieldIn(document.activeElement);
  if (field && list === listOf(field)) show(field, list, list.childElementCount > 0);
});
