// Every key presses a visible element: an element says which by data-key="c" or data-key="g q".
// Only what no single element owns is done here: moving in a list, selecting, the palette and the help.
// One rule for forms: while one is filled in, no key means anything outside of it. In a field keys are letters, and on
// its radios, boxes and buttons only its own keys press; Esc leaves it.
// team/keys.py lists all keys; this module and page.js do not import one another, so that both can be cached by hash.

const words = document.getElementById("words")?.dataset ?? {};
const say = (text, ...values) => values.reduce((said, value) => said.replace("{}", value), text ?? "");
const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled;
const CHOICES = "input:is([type=checkbox], [type=radio])";
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

// Moving: the focused link is the highlighted row; there is no second cursor to keep in step.
const place = `row:${location.pathname}`;
let at = Number(sessionStorage.getItem(place) ?? -1);
let selectedFrom = null;

const rowLinks = () => [...document.querySelectorAll(".row-link")].filter(visible);

function here(links) {
  const focused = document.activeElement.closest(".row")?.querySelector(".row-link") ?? document.activeElement;
  return links.indexOf(focused);
}

function moveRow(by) {
  const links = rowLinks();
  if (!links.length) return;
  const now = here(links);
  // A row that was worked and is gone leaves its place to the next one.
  const to = now >= 0 ? now + by : Math.max(at, 0);
  at = Math.min(Math.max(to, 0), links.length - 1);
  document.querySelector(".row[aria-current]")?.removeAttribute("aria-current");
  links[at].focus();
  links[at].closest(".row, tr, li")?.scrollIntoView({ block: "nearest" });
}

function selectRow({ upToHere = false } = {}) {
  const boxes = [...document.querySelectorAll(".row input[type=checkbox]")];
  const box = document.activeElement.closest(".row")?.querySelector("input[type=checkbox]");
  if (!box) return;
  const from = boxes.indexOf(selectedFrom);
  if (upToHere && from >= 0) {
    const to = boxes.indexOf(box);
    for (const between of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) between.checked = true;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  } else {
    box.click();
  }
  selectedFrom = box;
}

document.addEventListener("focusin", (event) => {
  if (!event.target.matches(".row-link")) return;
  at = rowLinks().indexOf(event.target);
  sessionStorage.setItem(place, at);
});

// A lead opened from a list knows its neighbours there, also when the server keeps no block for it.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".row-link");
  if (!link) return;
  sessionStorage.setItem("list", JSON.stringify(rowLinks().map((row) => new URL(row.href).pathname)));
});

// A link leads there; a form says where to go on, so that the answer to its act is already the next lead.
function knowNeighbours() {
  const list = JSON.parse(sessionStorage.getItem("list") ?? "[]");
  const now = list.indexOf(location.pathname);
  for (const element of document.querySelectorAll("[data-neighbour]")) {
    const to = now < 0 ? undefined : list[now + Number(element.dataset.neighbour)];
    if (element.matches("input")) element.value = to ?? "";
    else if (to) element.href = to;
    if (element.matches("a")) element.hidden = !to;
  }
}

let shown = location.pathname;
knowNeighbours();
document.addEventListener("htmx:after:swap", () => {
  knowNeighbours();
  if (location.pathname === shown) return;
  shown = location.pathname;
  scrollTo(0, 0);
});

// Pressing: links and buttons are clicked, fields are focused, a disposition is chosen and, where that says it all, sent.
function find(press, within = document) {
  const all = [...within.querySelectorAll(`[data-key="${CSS.escape(press)}"]`)];
  const open = document.querySelector("dialog:modal");
  const usable = all.filter((element) => !open || open.contains(element));
  // What was told last is meant before what the page has: Undo of the last act, on whichever lead it was.
  const told = usable.findLast((element) => element.closest("#toast") && (visible(element) || element.closest(".toast[hidden]")));
  // Places stay reachable where the window is too narrow to show them.
  return told ?? usable.find(visible) ?? usable.find((element) => !open && element.matches(".rail a, .topbar [data-open]"));
}

function press(element) {
  if (element.matches("input[type=radio]")) return choose(element);
  if (element.matches("input:not([type=checkbox], [type=submit]), textarea, select")) {
    element.focus();
    element.select?.();
    return undefined;
  }
  const isOpen = element.getAttribute("aria-expanded") === "true";
  element.click();
  if (element.dataset.dial && !isOpen) setTimeout(() => { location.href = element.dataset.dial; }, 50);
  return undefined;
}

function choose(radio) {
  radio.focus();
  radio.click();
  const form = radio.form;
  if (!form?.hasAttribute("data-submit-on-key")) return;
  if (radio.hasAttribute("data-needs-more")) {
    [...form.querySelectorAll("[data-when] :is(input, select, textarea)")].find(visible)?.focus();
    return;
  }
  form.requestSubmit(form.querySelector("[data-default]") ?? form.querySelector("button:not([type=button])"));
}

// The form one is filling in: one that is saved, with something in it to fill in. Rows that are selected are not, and
// a form that has been asked for and is on its way has nothing to fill in yet.
function filledIn(element) {
  const form = element.closest?.("form:not([method=dialog], .search)");
  return form?.method === "post" && [...form.querySelectorAll(`:is(${CHOICES}, ${FIELDS})`)].some((field) => !field.closest(".row") && visible(field)) ? form : null;
}

const isOnItsWay = () => document.querySelector("[aria-controls].htmx-request") !== null;

const inDialog = () => document.querySelector("dialog:modal");
const moves = {
  j: () => moveRow(1),
  k: () => moveRow(-1),
  x: () => selectRow(),
  X: () => selectRow({ upToHere: true }),
};

let started = "";
let startedAt = 0;

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return;
  const typing = event.target.matches?.(FIELDS);
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Enter") return save(event);
    if (event.key.toLowerCase() === "k") return openPalette(event);
    return;
  }
  if (typing) {
    if (event.key === "Escape" && !inDialog()) event.target.blur();
    return;
  }
  const form = filledIn(event.target);
  if (form) return pressWithin(form, event);
  if (isOnItsWay()) return;
  const sequence = started && Date.now() - startedAt < 1200 ? `${started} ${event.key}` : event.key;
  started = "";
  if (sequence === "u" && sayWhyItStands()) return;
  const element = find(sequence);
  if (element) {
    event.preventDefault();
    press(element);
  } else if (moves[event.key] && !inDialog()) {
    event.preventDefault();
    moves[event.key]();
  } else if (event.key === "u" && !inDialog()) {
    // Pressed where nothing can be taken back, it says so: silence would leave one guessing.
    document.dispatchEvent(new CustomEvent("tell", { detail: words.nothing }));
  } else if (event.key === "g" && !inDialog()) {
    started = "g";
    startedAt = Date.now();
  }
});

// What was told last and cannot be taken back says why, in place of taking back what was done before it.
function sayWhyItStands() {
  const why = inDialog() ? undefined : document.querySelector("#toast [data-stands]")?.dataset.stands;
  if (!why) return false;
  document.dispatchEvent(new CustomEvent("tell", { detail: why }));
  document.querySelector("#toast .toast").dataset.stands = why;
  return true;
}

function pressWithin(form, event) {
  started = "";
  const verdict = verdictOf(event.target, event.key);
  const element = verdict ?? find(event.key, form);
  if (!element) return beginEvidence(event);
  event.preventDefault();
  return verdict ? answer(verdict) : press(element);
}

// On a row of verdicts y, n and ? answer it. The focus stays, so that Tab leads on to what says so; the next of these
// keys answers the next row, which shows them. What one types else right after an answer is what says so.
const ROW = "fieldset:has([data-verdict])";
let answered = null;

function askedRow(element) {
  const row = element.closest?.(ROW);
  if (!row || element !== answered) return row;
  const rows = [...element.form.querySelectorAll(ROW)];
  return rows[rows.indexOf(row) + 1] ?? row;
}

function verdictOf(element, key) {
  return [...askedRow(element)?.querySelectorAll("[data-verdict]") ?? []].find((radio) => radio.dataset.verdict === key);
}

function answer(radio) {
  radio.focus();
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  answered = radio;
  showKeysAt(radio);
}

function showKeysAt(element) {
  const asked = element.matches("[data-verdict]") ? askedRow(element) : null;
  for (const row of document.querySelectorAll(ROW)) row.toggleAttribute("data-asked", row === asked);
}

document.addEventListener("focusin", (event) => {
  if (event.target !== answered) answered = null;
  showKeysAt(event.target);
});

// The letter itself comes after this, and into the field that has the focus by then.
function beginEvidence(event) {
  if (event.key.length > 1 || event.key === " " || !event.target.matches("[data-verdict]:checked")) return;
  event.target.closest("fieldset").querySelector(FIELDS)?.focus();
}

function save(event) {
  const form = event.target.closest?.("form") ?? [...document.querySelectorAll("form[data-save]")].find(visible);
  if (!form || form.method === "dialog" || form.matches(".search")) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-default]") ?? form.querySelector("button:not([type=button])"));
}

// The help shows all keys, and softly those that press nothing on this page.
const keysDialog = document.getElementById("keys");

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (!opener) return;
  if (opener.dataset.open === "palette") return openPalette(event);
  if (opener.dataset.open === "keys") {
    for (const line of keysDialog.querySelectorAll("[data-for]")) {
      const key = line.dataset.for;
      const moving = moves[key] || key === "Enter" ? rowLinks().length : 0;
      line.classList.toggle("soft", !moving && !find(key) && !document.querySelector(`[data-verdict="${CSS.escape(key)}"]`) && !key.startsWith("Ctrl") && key !== "Esc");
    }
  }
  document.getElementById(opener.dataset.open)?.showModal();
});

for (const button of document.querySelectorAll("[data-open][hidden]")) button.hidden = false;

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

// The palette: the places of the rail and whatever has a key on this page.
const palette = document.getElementById("palette");
const filter = palette?.querySelector("input");
const list = palette?.querySelector("ul");
let commands = [];
let chosen = 0;

function openPalette(event) {
  if (!palette || (inDialog() && !palette.open)) return;
  event.preventDefault();
  if (palette.open) return palette.close();
  // What can be done here stands before where one can go.
  commands = [...document.querySelectorAll("main [data-key], main [data-command]"), ...document.querySelectorAll(".rail-list a, [data-key], [data-command]")]
    .filter((element) => element.matches(".rail a") || (visible(element) && !element.matches("input, textarea, [data-open=palette]")))
    .map((element) => ({ element, name: nameOf(element), key: element.dataset.key ?? "" }))
    .filter((command, index, all) => command.name && all.findIndex((other) => other.name === command.name) === index);
  filter.value = "";
  palette.showModal();
  filter.focus();
  draw();
}

function nameOf(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, .count").forEach((extra) => extra.remove());
  return (element.dataset.command || copy.textContent.trim() || element.getAttribute("aria-label") || "").replace(/\s+/g, " ");
}

function draw() {
  const typed = filter.value.trim().toLowerCase().split(/\s+/);
  const found = commands.filter(({ name }) => typed.every((word) => name.toLowerCase().includes(word)));
  const search = document.querySelector(".search");
  if (filter.value.trim() && search) found.push({ name: say(words.search, filter.value.trim()), key: "", search });
  chosen = 0;
  list.replaceChildren(...found.map((command, index) => {
    const item = document.createElement("li");
    item.id = `command-${index}`;
    item.role = "option";
    item.textContent = command.name;
    if (command.key) item.append(Object.assign(document.createElement("kbd"), { textContent: command.key }));
    item.addEventListener("click", () => run(command));
    item.command = command;
    return item;
  }));
  mark();
}

function mark() {
  [...list.children].forEach((item, index) => item.setAttribute("aria-selected", index === chosen));
  list.children[chosen]?.scrollIntoView({ block: "nearest" });
  if (list.children[chosen]) filter.setAttribute("aria-activedescendant", `command-${chosen}`);
  else filter.removeAttribute("aria-activedescendant");
}

function run(command) {
  const typed = filter.value.trim();
  palette.close();
  if (command.search) {
    command.search.elements.q.value = typed;
    command.search.requestSubmit();
  } else {
    press(command.element);
  }
}

filter?.addEventListener("input", draw);
filter?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    chosen = (chosen + step + list.children.length) % Math.max(list.children.length, 1);
    mark();
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (list.children[chosen]) run(list.children[chosen].command);
  } else if (event.key === "Escape") {
    // By itself it would only empty the search field.
    event.preventDefault();
    palette.close();
  }
});

// The count on the bar of what can be done with the selected rows.
document.addEventListener("change", (event) => {
  if (!event.target.matches(".row input[type=checkbox]")) return;
  const count = document.querySelectorAll(".row input[type=checkbox]:checked").length;
  for (const output of document.querySelectorAll(".bulk output")) output.textContent = say(words.selected, count);
});
