// What every page does by itself: keep what is typed, answer at once, tell the outcome, keep time, fold forms in and out.

const words = document.getElementById("words")?.dataset ?? {};
const say = (text, ...values) => values.reduce((said, value) => said.replace("{}", value), text ?? "");
const root = document.documentElement;

// ---- Drafts: what is typed is in this browser until the server says that it has it. ----
// A form or a field with data-draft="lead-42-call" is kept under that name, for this user.
const DAYS_KEPT = 30;
const owner = document.body.dataset.user;
const slot = (name) => `draft:${owner}:${name}`;
const holders = (scope) => [...(scope.matches?.("[data-draft]") ? [scope] : []), ...scope.querySelectorAll("[data-draft]")];
const fieldsOf = (holder) => (holder.matches("form, fieldset, div") ? [...holder.querySelectorAll("input, select, textarea")] : [holder])
  .filter((field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type));

function valueOf(field) {
  return ["checkbox", "radio"].includes(field.type) ? field.checked : field.value;
}

function savedValueOf(field) {
  if (["checkbox", "radio"].includes(field.type)) return field.defaultChecked;
  if (field.matches("select")) return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
  return field.defaultValue;
}

const nameIn = (field) => (field.type === "radio" || field.type === "checkbox" ? `${field.name}=${field.value}` : field.name);

// What differs from the page as it was first shown: one that shows again what was sent, refused or as a preview, has that
// for its own values, and what stood there first is known only from the draft.
function keep(holder) {
  if (!owner) return;
  const before = read(slot(holder.dataset.draft));
  const firstOf = (field) => {
    if (isAnswer(holder)) return before?.first?.[nameIn(field)];
    return (nameIn(field) in (before?.values ?? {}) ? before.first?.[nameIn(field)] : undefined) ?? savedValueOf(field);
  };
  const fields = fieldsOf(holder);
  const typed = fields.filter((field) => valueOf(field) !== savedValueOf(field) || valueOf(field) !== firstOf(field));
  try {
    if (!typed.length) return localStorage.removeItem(slot(holder.dataset.draft));
    const values = Object.fromEntries(typed.map((field) => [nameIn(field), valueOf(field)]));
    const first = Object.fromEntries(fields.map((field) => [nameIn(field), firstOf(field)]));
    localStorage.setItem(slot(holder.dataset.draft), JSON.stringify({ at: Date.now(), values, first }));
  } catch { /* A full or forbidden store must not stop anybody from typing. */ }
}

// The server says so where it may have put in something of its own: then the draft follows the page.
const isAnswer = (holder) => "draftAnswer" in holder.dataset;

function restore(scope) {
  if (!owner) return;
  for (const holder of holders(scope)) {
    if (holder.dataset.restored) continue;
    holder.dataset.restored = "yes";
    if (isAnswer(holder)) {
      keep(holder);
      continue;
    }
    const draft = read(slot(holder.dataset.draft));
    if (!draft) continue;
    // What the server sent back after a refusal is newer than the draft, and the same.
    const changed = fieldsOf(holder).filter((field) => nameIn(field) in draft.values && valueOf(field) !== draft.values[nameIn(field)]);
    for (const field of changed) {
      if (["checkbox", "radio"].includes(field.type)) field.checked = draft.values[nameIn(field)];
      else field.value = draft.values[nameIn(field)];
    }
    // Only now: each of these keeps the whole form.
    for (const field of changed) field.dispatchEvent(new Event("change", { bubbles: true }));
    if (changed.some((field) => field.type !== "radio")) tellRestored(holder, changed.at(-1));
  }
}

function tellRestored(holder, field) {
  const note = document.createElement("small");
  const discard = document.createElement("button");
  note.className = "restored";
  note.textContent = `${words.restored} `;
  Object.assign(discard, { type: "button", className: "link", textContent: words.discard });
  discard.addEventListener("click", () => {
    for (const each of fieldsOf(holder)) {
      if (["checkbox", "radio"].includes(each.type)) each.checked = each.defaultChecked;
      else each.value = savedValueOf(each);
    }
    forget(holder.dataset.draft);
    note.remove();
    field.focus();
  });
  note.append(discard);
  if (holder.matches("form")) holder.prepend(note);
  else field.after(note);
  const folded = field.closest("details");
  if (folded) folded.open = true;
  const panel = field.closest("[hidden]");
  // Whoever asked for another form by its address gets that one.
  const isAskedFor = new URLSearchParams(location.search).has("form");
  if (panel?.id && !isAskedFor) open(document.querySelector(`[aria-controls="${panel.id}"]`), panel, { focus: false });
}

// Typed for a form that is not on this page any more, after a lost race or a lead that went on: to read, copy, discard.
function showWithoutForm() {
  const place = document.querySelector("[data-kept-drafts]");
  if (!owner || !place) return;
  place.replaceChildren();
  const begin = `${slot(place.dataset.keptDrafts)}-`;
  for (const key of Object.keys(localStorage).filter((each) => each.startsWith(begin)).sort()) {
    const name = CSS.escape(key.slice(slot("").length));
    const panel = CSS.escape(key.slice(begin.length));
    if (document.querySelector(`[data-draft="${name}"], [aria-controls="panel-${panel}"], #panel-${panel}:not([hidden]) form`)) continue;
    const lines = Object.values(read(key)?.values ?? {}).filter((value) => typeof value === "string" && value.trim());
    if (lines.length) place.append(withoutForm(key, lines.join("\n"), place));
  }
  place.hidden = !place.childElementCount;
}

function withoutForm(key, text, place) {
  const make = (tag, more, ...children) => {
    const element = Object.assign(document.createElement(tag), more);
    element.append(...children);
    return element;
  };
  const copy = make("button", { type: "button", textContent: words.copy });
  Object.assign(copy.dataset, { copy: text, copied: words.copied });
  const discard = make("button", { type: "button", className: "quiet", textContent: words.discard });
  const why = make("p", {}, make("strong", { textContent: words.typed }), ` ${words.typedWhy}`);
  const typed = make("blockquote", {}, ...text.split("\n").flatMap((line) => [line, document.createElement("br")]).slice(0, -1));
  const strip = make("div", { className: "strip" }, make("div", { className: "conflict" }, why, typed), make("span", { className: "actions" }, copy, discard));
  strip.dataset.is = "due";
  discard.addEventListener("click", () => {
    localStorage.removeItem(key);
    strip.remove();
    place.hidden = !place.childElementCount;
    document.getElementById("page").focus();
  });
  return strip;
}

function forget(name) {
  const whole = slot(name);
  for (const key of Object.keys(localStorage)) {
    if (key === whole || key.startsWith(`${whole}-`)) localStorage.removeItem(key);
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

// The server names the drafts it has taken over, in the line that tells the outcome.
function forgetKept(scope) {
  for (const line of scope.querySelectorAll("[data-draft-clear]")) {
    line.dataset.draftClear.split(" ").forEach(forget);
    line.removeAttribute("data-draft-clear");
  }
}

if (owner) {
  const oldest = Date.now() - DAYS_KEPT * 86_400_000;
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith("draft:") && !(read(key)?.at > oldest)) localStorage.removeItem(key);
  }
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const holder = event.target.closest?.("[data-draft]");
    if (holder) keep(holder);
  });
}

// Whoever leaves a form by its own way out wants nothing of it back.
document.addEventListener("click", (event) => {
  const holder = event.target.closest("[data-draft-leave]")?.closest("[data-draft]");
  if (holder) forget(holder.dataset.draft);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-draft-keep]");
  if (!button) return;
  const holder = button.closest("[data-draft]");
  keep(holder);
  tell(words.kept, "done");
  const panel = holder.closest("[id]");
  const control = document.querySelector(`[aria-controls="${panel?.id}"]`);
  if (control) close(control, panel);
});

// ---- Telling: one live region. ----
const toasts = document.getElementById("toast");
const SECONDS_SHOWN = 10;

function tell(text, is = "") {
  const line = document.createElement("div");
  line.className = "toast";
  if (is) line.dataset.is = is;
  line.append(Object.assign(document.createElement("p"), { textContent: text }));
  toasts.replaceChildren(line);
  watch(toasts);
}

// What keys.js has to say.
document.addEventListener("tell", (event) => tell(event.detail));

function watch(scope) {
  for (const button of scope.querySelectorAll("[data-dismiss], [data-fill]")) button.hidden = false;
  for (const line of scope.querySelectorAll(".toast:not([data-watched])")) {
    line.dataset.watched = "yes";
    // A problem stays until it is dismissed; what went well goes. Its Undo is not seen any more, but its key still means
    // this act and no older one of another lead.
    if (["due", "overdue"].includes(line.dataset.is)) continue;
    const hide = () => (line.querySelector("[data-key]") || line.dataset.stands ? Object.assign(line, { hidden: true }) : line.remove());
    const leave = () => (line.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : hide());
    setTimeout(leave, SECONDS_SHOWN * 1000);
  }
}

document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast").remove());

// ---- Answering at once: the pressed button is off until the answer is there. ----
const busy = new Set();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog") return;
  if (busy.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.method !== "post") return;
  busy.add(form);
  form.setAttribute("aria-busy", "true");
  // After this turn, or the browser would leave the button's own name and value out.
  setTimeout(() => {
    if (event.defaultPrevented && !form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return free(form);
    const button = event.submitter;
    if (button && busy.has(form)) {
      button.dataset.busy = "yes";
      button.disabled = true;
    }
  });
}, { capture: true });

function free(form) {
  busy.delete(form);
  form.removeAttribute("aria-busy");
  for (const button of [form, ...form.querySelectorAll("[data-busy]")]) {
    if (!button.dataset.busy) continue;
    delete button.dataset.busy;
    button.disabled = false;
  }
}

// A button that is asked by itself, without its form.
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (request.method === "GET" || !sourceElement.matches("button")) return;
  sourceElement.dataset.busy = "yes";
  sourceElement.disabled = true;
});

document.addEventListener("htmx:finally:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  for (const asked of [sourceElement, request.form]) if (asked) free(asked);
});

const problems = { 400: "broken", 403: "denied", 404: "gone", 405: "broken", 413: "large", 429: "often" };

document.addEventListener("htmx:response:error", (event) => {
  const { response: { status }, text, sourceElement } = event.detail.ctx;
  // Nobody asked: nobody need hear that it went wrong.
  if (sourceElement.id === "now") return;
  if (status === 409 || status === 422) return;
  tell(status === 403 && text.includes("data-stale") ? words.stale : words[problems[status] ?? "broken"], "overdue");
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx && event.detail.ctx.sourceElement?.id !== "now") tell(words.offline, "overdue");
});

// ---- Time: what is left and how late it is. The same rule as countdown_words in team/templatetags/midfield.py. ----
function span(minutes) {
  if (minutes >= 1440) {
    const days = Math.floor(minutes / 1440);
    return days === 1 ? words.day : say(words.days, days);
  }
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (!hours) return say(words.minutes, rest);
  return rest ? say(words.hoursMinutes, hours, rest) : say(words.hours, hours);
}

function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-countdown]")) {
    const left = Date.parse(time.dateTime) - now;
    const later = left > 12 * 3_600_000 && new Date(now + left).toDateString() !== new Date(now).toDateString();
    if (later || Number.isNaN(left)) continue;
    const minutes = Math.floor((left > 0 ? left + 59_000 : -left) / 60_000);
    const text = left > 0 || minutes ? say(left > 0 ? words.left : words.late, span(minutes)) : words.now;
    if (time.textContent !== text) time.textContent = text;
    const state = left <= -60_000 ? "overdue" : left <= 3_600_000 ? "due" : "";
    const when = time.closest(".when");
    if (!when || (when.dataset.is ?? "") === state) continue;
    if (state) when.dataset.is = state;
    const use = when.querySelector("use");
    if (state === "overdue" && use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#late"));
  }
}

setInterval(tick, 10_000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });

// ---- What cannot wait: asked for every half minute, at once where the last answer had something to say. ----
const ASKED_EVERY = 30_000;

function askNow() {
  const told = document.getElementById("now");
  if (!told || document.hidden) return;
  try {
    // A tab that has just been opened shows how things stand.
    const last = JSON.parse(sessionStorage.getItem("now")) ?? { at: Date.now() };
    sessionStorage.setItem("now", JSON.stringify(last));
    if (Date.now() - last.at < ASKED_EVERY && (!last.told || told.dataset.asked)) return;
    // Before htmx has come nobody hears the question.
    if (!told.matches("[data-htmx-powered]")) return void setTimeout(askNow, 200);
    sessionStorage.setItem("now", JSON.stringify({ ...last, at: Date.now() }));
  } catch { /* Without a store every page asks for itself. */ }
  told.dataset.asked = "yes";
  told.dispatchEvent(new Event("ask"));
}

// What is told here is told on the next page, too.
window.addEventListener("pagehide", () => {
  try {
    const told = document.getElementById("now")?.childElementCount;
    sessionStorage.setItem("now", JSON.stringify({ ...JSON.parse(sessionStorage.getItem("now")), told }));
  } catch { /* As above. */ }
});

window.addEventListener("load", () => {
  askNow();
  setInterval(askNow, ASKED_EVERY / 6);
});
document.addEventListener("visibilitychange", askNow);

// ---- Forms fold in and out in their place: a control names its panel by aria-controls. ----
// Without JavaScript the control is a link that loads the page with the panel open.
function open(control, panel, { focus = true } = {}) {
  const group = control?.closest("[data-one-open]");
  for (const other of group?.querySelectorAll("[aria-controls][aria-expanded=true]") ?? []) {
    if (other !== control) close(other, document.getElementById(other.getAttribute("aria-controls")));
  }
  panel.hidden = false;
  control?.setAttribute("aria-expanded", "true");
  if (focus) begin(panel);
}

// The first thing to fill in or to press: a key pressed next, Ctrl Enter too, belongs to this form.
function begin(panel) {
  // A button only where there is nothing to fill in: above what was restored stands one that discards it.
  const first = panel.querySelector("[autofocus]") ?? panel.querySelector("input:not([type=hidden]), select, textarea") ?? panel.querySelector("button");
  const chosen = first?.type === "radio" ? panel.querySelector(`[name="${CSS.escape(first.name)}"]:checked`) : null;
  (chosen ?? first)?.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "nearest" });
}

// What was refused goes on where it stood: once for each answer, and never from a field one types in.
function goOnWhereRefused() {
  const control = document.querySelector("[aria-controls][aria-expanded=true]");
  const panel = control && document.getElementById(control.getAttribute("aria-controls"));
  const refused = panel?.querySelector("form [role=alert]:not([data-told])");
  if (!refused) return;
  refused.dataset.told = "";
  goOnIn(panel);
  // A browser that is busy lets go of what was pressed only with its next frame.
  requestAnimationFrame(() => goOnIn(panel));
}

function goOnIn(panel) {
  if (document.activeElement !== document.body) return;
  const chosen = panel.querySelector("input[type=radio]:checked");
  if (chosen) chosen.focus();
  else begin(panel);
}

function close(control, panel) {
  if (panel) panel.hidden = true;
  control?.setAttribute("aria-expanded", "false");
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("[aria-controls][aria-expanded]:not([role=combobox])");
  const panel = control && document.getElementById(control.getAttribute("aria-controls"));
  if (!panel || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // A form that htmx brings on demand, once: where it is not on its way, because htmx has not come yet or its call was
  // lost, the link loads the page with it.
  if (control.matches("[hx-get]:not(.htmx-request)") && !panel.childElementCount) return;
  event.preventDefault();
  // A key opens and never folds: pressed twice it leads into the form that is open.
  if (panel.hidden || !event.isTrusted) open(control, panel);
  else close(control, panel);
});

// Esc leaves the field one types in (keys.js), so that a digit still says how a call went; the next one, or one outside
// a field, folds the open form and gives the focus back to its button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  if (document.querySelector("dialog:modal, [popover]:popover-open")) return;
  if (event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  const folds = [...document.querySelectorAll("[aria-controls][aria-expanded=true]:not([role=combobox])")]
    .map((control) => ({ control, panel: document.getElementById(control.getAttribute("aria-controls")) }))
    .filter(({ panel }) => panel && !panel.hidden);
  const fold = folds.find(({ panel }) => panel.contains(event.target)) ?? folds[0];
  if (!fold) return;
  close(fold.control, fold.panel);
  fold.control.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-close]");
  const panel = button?.closest("[id]:is(form, section, div)");
  if (!panel) return;
  event.preventDefault();
  const control = document.querySelector(`[aria-controls="${panel.id}"]`);
  close(control, panel);
  control?.focus();
});

// A part of a form with data-when="disposition=call_back later" is asked only while one of these is chosen.
function ask(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const [name, values] = part.dataset.when.split("=");
    const chosen = new FormData(form).getAll(name).map(String);
    const wanted = values.split(" ").some((value) => chosen.includes(value));
    part.hidden = !wanted;
    for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = !wanted;
  }
}

document.addEventListener("change", (event) => { if (event.target.form?.querySelector("[data-when]")) ask(event.target.form); });

// ---- Copy ----
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  tell(button.dataset.copied ?? button.dataset.copy, "done");
});

// ---- A button that writes a usual answer into a field ----
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  const field = button && document.getElementById(button.dataset.fill);
  if (!field) return;
  field.value = button.dataset.value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
});

// ---- Theme: shown at once, kept by the server so that the next page is right from its first byte. ----
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form) return;
  event.preventDefault();
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  const body = new FormData(form);
  body.set("theme", root.dataset.theme);
  fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {});
});

// ---- Back: a list shows what is true now, and no button stays off. ----
const arrived = performance.getEntriesByType("navigation")[0];
if (arrived?.type === "back_forward" && arrived.transferSize === 0 && document.querySelector("[data-fresh]")) location.reload();

addEventListener("pageshow", (event) => {
  [...busy].forEach(free);
  if (event.persisted && document.querySelector("[data-fresh]")) location.reload();
});

// ---- Start, and again for whatever htmx puts on the page. ----
function prepare(scope) {
  forgetKept(scope);
  for (const form of scope.querySelectorAll("form")) if (form.querySelector("[data-when]")) ask(form);
  restore(scope);
  showWithoutForm();
  watch(scope);
}

// Tabs that do not fit show the one that is open.
for (const tab of document.querySelectorAll(".tabs > [aria-current]")) {
  const tabs = tab.parentElement;
  tabs.scrollLeft += tab.getBoundingClientRect().right - tabs.getBoundingClientRect().right + tab.offsetWidth;
}

// A form that another page's link has unfolded is ready to be typed in; one that is unfolded because of what was typed
// before waits, and the keys of the lead press.
const unfolded = document.querySelector("[aria-controls][aria-expanded=true]")?.getAttribute("aria-controls");
prepare(document);
tick();
if (unfolded && document.activeElement === document.body) begin(document.getElementById(unfolded) ?? document.body);
document.addEventListener("htmx:after:swap", () => {
  prepare(document);
  tick();
  goOnWhereRefused();
});
