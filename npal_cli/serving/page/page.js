// The page to label on. It shows what the server says, a row at a time, and sends what is said of it. All that comes
// from the table goes through textContent, so nothing in a table is ever run.
"use strict";

const WAIT = 2000; // milliseconds between two looks at how the background work goes
const SHOWN = 30; // columns that are shown at once
const MANY = 9; // classes beyond which there is a field to find one by
const tab = sessionStorage.getItem("npal-tab") || Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("");
sessionStorage.setItem("npal-tab", tab); // a tab that is loaded again shows the row that it showed
const at = (id) => document.getElementById(id);

let state = null; // what the server said last
let opened = null; // a row that was answered before and is open to change
let busy = false; // an answer is on its way: nobody can have seen the next row yet
let acts = 0; // how often something was done: what was asked before is out of date
let drawnRow = null;
let pictureIsThere = true; // of the row that is shown, or it is known that there is none
const drawn = new Map(); // what each part of the page was drawn from: what is as it was keeps its focus

function made(name, text = "", properties = {}) {
  const element = Object.assign(document.createElement(name), properties);
  element.textContent = text;
  return element;
}

function say(text, refused = false) {
  at("said").textContent = text;
  at("said").classList.toggle("refused", refused);
}

async function asked(path, body) {
  const how = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, how);
  } catch {
    throw new Error("npal serve does not answer: start it again; all answers so far are kept");
  }
  if (answer.status === 403) throw new Error("this page is of an earlier npal serve: open the address that it printed now");
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.error || `refused (${answer.status})`);
  return content;
}

async function act(work) {
  if (busy) return;
  busy = true;
  acts += 1;
  document.documentElement.dataset.state = "busy";
  try {
    await work();
  } catch (error) {
    say(error.message, true);
    await asked(`/state?tab=${tab}`).then((found) => { state = found; }, () => {});
  } finally {
    busy = false;
    draw();
  }
}

const shown = () => opened || (state && state.row);

function answer(label, { aside = false, newClass = false } = {}) {
  const row = shown();
  if (!row || !label) return;
  if (!pictureIsThere) return say("Wait for the picture of this row.");
  return act(async () => {
    state = await asked("/answer", { tab, name: row.id, label, aside, change: row === opened, new_class: newClass });
    const counts = state.counts_as && state.counts_as !== label ? ` It counts as ${state.counts_as}, which most said, or said first.` : "";
    say(`Row ${row.id}: ${label}.${counts} ${state.left} left of this batch.`);
    opened = null;
  });
}

const setAside = (word) => answer(word, { aside: true });

function undo() {
  return act(async () => {
    state = await asked("/undo", { tab });
    opened = null;
    say(`The answer of row ${state.undone} is taken back.`);
  });
}

function open(name) {
  return act(async () => {
    opened = await asked(`/row?name=${encodeURIComponent(name)}`);
    say(`Row ${name} is open to change.`);
  });
}

function back() {
  opened = null;
  draw();
}

function guess() {
  const row = shown();
  if (!row) return;
  return act(async () => {
    row.guess = (await asked(`/guess?name=${encodeURIComponent(row.id)}`)).guess.sort((a, b) => b.probability - a.probability);
    say("");
  });
}

function drawCells(list, cells) {
  list.replaceChildren(...cells.flatMap((cell) => [made("dt", cell.name), made("dd", cell.value || "–", { className: cell.kind })]));
}

function drawRow() {
  const row = shown();
  at("row").hidden = !row;
  at("nothing").hidden = Boolean(row);
  at("back").hidden = !opened;
  at("nothing").textContent = state.working ? "Choosing the next rows …" : "No row waits for a label.";
  at("guess").replaceChildren();
  if (row && row.guess) {
    at("guess").replaceChildren(...row.guess.slice(0, 5).map((each) => {
      const item = made("li");
      const bar = made("progress", "", { value: each.probability, max: 1 });
      bar.setAttribute("aria-hidden", "true");
      item.append(bar, made("span", `${each.name} ${Math.round(100 * each.probability)} %`));
      return item;
    }));
  }
  const key = row && `${row.id}/${row === opened}/${row.said}`;
  if (key === drawnRow) return;
  drawnRow = key;
  if (!row) return;
  at("name").textContent = `Row ${row.id}`;
  at("about").textContent = row.said ? `It has an answer: ${row.said}. What you choose now takes its place.` : "";
  at("about").hidden = !row.said;
  at("picture").hidden = true;
  at("picture").removeAttribute("src"); // the last row's would be seen until this one's has come
  pictureIsThere = !row.picture;
  if (row.picture) {
    at("picture").src = `/picture?name=${encodeURIComponent(row.id)}`;
    at("picture").alt = `picture of row ${row.id}`;
  }
  drawCells(at("cells"), row.picture && row.cells.length > SHOWN ? [] : row.cells.slice(0, SHOWN));
  const rest = row.picture && row.cells.length > SHOWN ? row.cells : row.cells.slice(SHOWN);
  at("more").hidden = rest.length === 0;
  at("more").querySelector("summary").textContent = `${rest.length} more columns`;
  drawCells(at("others"), rest);
  if (document.activeElement === document.body || at("controls").contains(document.activeElement) || at("last").contains(document.activeElement)) {
    at("name").focus({ preventScroll: false }); // so that a screen reader goes on with the row
  }
}

function isAsDrawn(part, ...from) {
  const now = JSON.stringify(from);
  if (drawn.get(part) === now) return true;
  drawn.set(part, now);
  return false;
}

function drawClasses() {
  const row = shown();
  at("filter").hidden = state.classes.length <= MANY;
  if (isAsDrawn("classes", state.classes.map((each) => [each.name, each.key]), at("filter").value, row && row.said)) return;
  const wanted = at("filter").value.trim().toLowerCase();
  const buttons = state.classes.map((each) => {
    const key = each.key;
    const button = made("button", "", { type: "button" });
    if (key) button.append(made("kbd", key));
    if (key) button.setAttribute("aria-keyshortcuts", key);
    button.append(document.createTextNode(each.name));
    button.classList.toggle("said", Boolean(row && row.said === each.name));
    button.hidden = !each.name.toLowerCase().includes(wanted);
    button.addEventListener("click", () => answer(each.name));
    return button;
  });
  at("classes").replaceChildren(...buttons);
}

function drawAside() {
  at("none-yet").hidden = state.last.length > 0;
  if (!isAsDrawn("last", state.last)) at("last").replaceChildren(...state.last.map((each) => {
    const item = made("li");
    const button = made("button", "", { type: "button", title: "open to change" });
    button.append(made("span", each.id), made("span", each.said));
    button.addEventListener("click", () => open(each.id));
    item.append(button);
    return item;
  }));
  if (!isAsDrawn("counts", state.classes)) at("counts").replaceChildren(...state.classes.map((each) => {
    const item = made("li");
    item.append(made("span", each.name), made("span", String(each.count)));
    return item;
  }));
  const working = state.working ? "Learning from your answers …" : "";
  if (at("working").textContent !== working) at("working").textContent = working;
  at("note").hidden = !state.note;
  at("note").textContent = state.note;
  at("curve").hidden = !state.curve;
  if (state.curve && at("curve").getAttribute("src") !== state.curve) at("curve").src = state.curve;
  at("advice").textContent = state.advice;
  at("explained").hidden = state.findings.length === 0;
  if (!isAsDrawn("findings", state.findings)) at("findings").replaceChildren(...state.findings.map((each) => made("p", each)));
}

function draw() {
  if (!state) return;
  document.title = `${state.data}: label ${state.target}`;
  at("title").textContent = `${state.data}: ${state.target}?`;
  at("progress").textContent = `${state.labelled} of ${state.rows} rows labelled · ${state.left} left of batch ${state.round}`;
  at("bar").max = Math.max(state.of_round, 1);
  at("bar").value = state.of_round - state.left;
  drawRow();
  drawClasses();
  drawAside();
  for (const id of ["skip", "unsure", "ask-guess"]) at(id).disabled = !shown();
  at("undo").disabled = state.last.length === 0;
  document.documentElement.dataset.state = busy ? "busy" : "ready";
}

async function look() {
  if (!busy && !document.hidden) {
    const before = acts;
    try {
      const found = await asked(`/state?tab=${tab}`);
      if (acts === before) {
        if (state && state.row && found.row && state.row.id === found.row.id) found.row.guess = state.row.guess;
        state = found;
        draw();
      }
    } catch (error) {
      if (acts === before) say(error.message, true);
    }
  }
  setTimeout(look, WAIT);
}

const KEYS = { " ": () => setAside("skip"), u: () => setAside("unsure"), Backspace: undo, g: guess, h: () => at("help").showModal(), "/": () => at("filter").focus() };

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !at("help").open) {
    if (event.target.matches("input")) at("name").focus();
    else if (opened) back();
    return;
  }
  if (!at("keys").checked || !state || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (at("help").open || event.target.matches("input, textarea")) return;
  if (event.key === " " && event.target.matches("button, summary")) return; // that presses the button
  const meant = state.classes.find((each) => each.key === event.key);
  const action = meant ? () => answer(meant.name) : KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

at("skip").addEventListener("click", () => setAside("skip"));
at("unsure").addEventListener("click", () => setAside("unsure"));
at("undo").addEventListener("click", undo);
at("ask-guess").addEventListener("click", guess);
at("ask-help").addEventListener("click", () => at("help").showModal());
at("back").addEventListener("click", back);
at("filter").addEventListener("input", drawClasses);
at("filter").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const wanted = at("filter").value.trim().toLowerCase();
  const fitting = state.classes.filter((each) => each.name.toLowerCase().includes(wanted));
  const meant = fitting.find((each) => each.name.toLowerCase() === wanted) || (fitting.length === 1 ? fitting[0] : null);
  if (!wanted || !meant) return say("Type enough of the name that one class is left.");
  at("filter").value = "";
  at("name").focus();
  answer(meant.name);
});
at("picture").addEventListener("load", () => {
  pictureIsThere = true;
  at("picture").hidden = false;
  at("picture").classList.toggle("large", at("picture").naturalWidth > 128);
});
at("picture").addEventListener("error", () => {
  pictureIsThere = true;
  asked(at("picture").getAttribute("src")).catch((error) => say(error.message, true));
});
at("new-class").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = at("class-name").value.trim();
  at("class-name").value = "";
  answer(name, { newClass: true });
});
at("keys").checked = localStorage.getItem("npal-keys") !== "off";
at("keys").addEventListener("change", () => localStorage.setItem("npal-keys", at("keys").checked ? "on" : "off"));

look();
