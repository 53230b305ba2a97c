"use strict";
// Fills the page's plots with rows of what is shown, sorts its tables, and reads its controls. All figures come from npal.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const specifications = read("specifications");
const controls = document.getElementById("controls");
const darkness = matchMedia("(prefers-color-scheme: dark)");
const NOTHING = "nothing";

const shown = { evaluation: "held_out", quantity: "score", baseline: "random", ticked: new Map(), nothingElse: false };
const payloads = new Map();
const views = new Map();

function payloadOf(section) {
  if (!payloads.has(section.id)) payloads.set(section.id, read(`${section.id}-data`));
  return payloads.get(section.id);
}

// Colours that would vanish on a dark page.
const LIGHTER = { "#000000": "#ffffff", "#444444": "#c8c8c8", "#004B75": "#5aa0cc", "#8C4A70": "#b9799c" };
const paint = (colour) => (darkness.matches && LIGHTER[colour]) || colour;
const named = (strategy) => ({ label: strategy.label, colour: paint(strategy.colour), dash: strategy.dash });
// Variants and controls are shown only when ticked or alone, all others unless unticked.
const isShown = (name, aside) => shown.ticked.get(name) ?? (!aside || shown.nothingElse);
const visible = (strategy) => isShown(strategy.name, strategy.dash === "dashed");

// What is chosen, as far as an experiment has it.
const chosen = (p) => ({ ...shown, baseline: p.baselines.some((each) => each.name === shown.baseline) ? shown.baseline : NOTHING });
const CONTROLLED = ["evaluation", "quantity", "baseline"];

// The rows of a plot's table that are asked for: a row for each place of its axes, with the columns' values there.
function rowsOf(p, table, told, one) {
  const asked = chosen(p);
  const styles = new Map(p.strategies.map((each) => [each.name, each]));
  const isAsked = (name, value) => {
    if (CONTROLLED.includes(name)) return value === asked[name];
    if (name === "strategy" && told.one) return value === null || value === one;
    return !["strategy", "other"].includes(name) || visible(styles.get(value));
  };
  let places = [{ at: {}, row: {} }];
  for (const [axis, values] of Object.entries(table.axes)) {
    const kept = values.map((value, i) => [value, i]).filter(([value]) => isAsked(axis, value));
    places = places.flatMap(({ at, row }) => kept.map(([value, i]) => ({ at: { ...at, [axis]: i }, row: { ...row, [axis]: value } })));
  }
  return places.flatMap(({ at, row }) => {
    for (const [name, { over, values }] of Object.entries(table.columns)) {
      const value = over.reduce((part, axis) => part[at[axis]], values);
      if (!isAsked(name, value) || (value === null && told.defined.includes(name))) return [];
      row[name] = value;
    }
    if (row.strategy) Object.assign(row, named(styles.get(row.strategy)));
    if (row.other) row.other_label = styles.get(row.other).label;
    if (row.colour) row.colour = paint(row.colour);
    return [row];
  });
}

// The strategies that a table has rows of.
function strategiesIn(p, table) {
  const names = new Set(table.axes.strategy ?? table.columns.strategy.values);
  return p.strategies.filter((each) => names.has(each.name));
}

// Colours span what competitors differ by; a bound that is farther off has the last colour.
function limits(rows) {
  const competing = rows.filter((row) => row.competitors).map((row) => Math.abs(row.value));
  const most = Math.max(...(competing.length ? competing : rows.map((row) => Math.abs(row.value))), 0.01);
  return [-most, most];
}

function theme() {
  const style = getComputedStyle(document.documentElement);
  const [ink, quiet, line] = ["--ink", "--quiet", "--line"].map((name) => style.getPropertyValue(name).trim());
  return {
    background: "transparent",
    view: { stroke: line },
    axis: { labelColor: ink, titleColor: quiet, gridColor: line, domainColor: quiet, tickColor: quiet, titleFontWeight: "normal" },
    legend: { labelColor: ink, titleColor: quiet, titleFontWeight: "normal" },
    text: { color: ink },
    rule: { color: quiet },
  };
}

async function draw(canvas) {
  const p = payloadOf(canvas.closest("section"));
  const kind = canvas.dataset.plot;
  const specification = structuredClone(specifications[kind]);
  const [told, table] = [specification.usermeta, p.tables[kind]];
  const rows = rowsOf(p, table, told, canvas.parentElement.querySelector(".choice")?.value);
  caption(canvas, p, told.caption, table.of);
  views.get(canvas)?.finalize();
  views.delete(canvas);
  canvas.dataset.rows = rows.length;
  if (!rows.length) {
    canvas.replaceChildren("Nothing to show of the strategies that are ticked.");
    return;
  }
  specification.datasets = { ...specification.datasets, rows };
  specification.config = theme();
  specification.autosize = { type: "fit-x", contains: "padding" };
  if (told.line) specification.height = told.line[1] * new Set(rows.map((row) => row[told.line[0]])).size;
  if (told.diverging) specification.encoding.color.scale.domain = limits(rows);
  for (const channel of told.ordered) specification.encoding[channel].sort = p.strategies.map((each) => each.label);
  const tooltip = { theme: darkness.matches ? "dark" : "light" };
  views.set(canvas, await vegaEmbed(canvas, specification, { actions: false, renderer: "svg", tooltip }));
}

function caption(canvas, p, text, of) {
  const baseline = p.baselines.find((each) => each.name === chosen(p).baseline);
  const words = {
    quantity: document.getElementById("quantity").selectedOptions[0].text,
    evaluation: controls.querySelector("[name=evaluation]:checked").parentElement.textContent.trim(),
    baseline: baseline ? `, less that of ${baseline.label} in the same run` : "",
    of,
  };
  canvas.parentElement.querySelector(".said").textContent = text.replace(/\{(\w+)\}/g, (_, word) => words[word]);
}

const sections = () => all(".experiment:not([hidden])");
const drawable = () => [...sections(), ...all("#overview")].flatMap((section) => all(".canvas", section));

async function show(canvases = drawable()) {
  document.documentElement.dataset.state = "drawing";
  document.documentElement.dataset.drawn = darkness.matches ? "dark" : "light";
  for (const each of all("main [data-evaluation]")) each.hidden = each.dataset.evaluation !== shown.evaluation;
  for (const row of all("tr[data-strategy]")) row.hidden = !isShown(row.dataset.strategy, "aside" in row.dataset);
  await Promise.all(canvases.map(draw));
  document.documentElement.dataset.state = "ready";
}

function fill(select, strategies, value) {
  select.replaceChildren(...strategies.map((each) => new Option(each.label, each.name)));
  if (strategies.some((each) => each.name === value)) select.value = value;
}

function union(key) {
  const found = new Map(sections().flatMap((section) => payloadOf(section)[key].map((each) => [each.name, each])));
  return [...found.values()];
}

function offerStrategies() {
  const strategies = union("strategies");
  shown.nothingElse = strategies.every((each) => each.dash === "dashed");
  const fieldset = document.getElementById("strategies");
  const legend = fieldset.querySelector("legend");
  fieldset.replaceChildren(legend, ...strategies.map((each) => {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", value: each.name, checked: visible(each) });
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.setProperty("--colour", paint(each.colour));
    const label = document.createElement("label");
    label.append(box, " ", swatch, each.label);
    return label;
  }));
  const baselines = union("baselines");
  const wished = baselines.some((each) => each.name === shown.baseline) ? shown.baseline : NOTHING;
  fill(document.getElementById("baseline"), [{ name: NOTHING, label: "nothing" }, ...baselines], wished);
  for (const section of sections()) {
    for (const canvas of all("[data-plot]", section)) {
      const select = canvas.parentElement.querySelector(".choice");
      if (select) fill(select, strategiesIn(payloadOf(section), payloadOf(section).tables[canvas.dataset.plot]), select.value || "np");
    }
  }
}

const isExperiment = (id) => id === "all" || all(".experiment").some((section) => section.id === id);

function choose(id) {
  const chosen = isExperiment(id) ? id : all(".experiment")[0].id;
  for (const section of all(".experiment")) section.hidden = chosen !== "all" && section.id !== chosen;
  document.getElementById("experiment").value = chosen;
  offerStrategies();
  document.documentElement.style.setProperty("--controls", `${controls.offsetHeight}px`);
  if (location.hash) document.getElementById(chosen)?.scrollIntoView();
  return show();
}

function sort(table, column, header) {
  const descending = header.ariaSort !== "descending" && column > 0;
  for (const each of all("th", table.tHead)) each.removeAttribute("aria-sort");
  header.ariaSort = descending ? "descending" : "ascending";
  const body = table.tBodies[0];
  const key = (row) => {
    const text = row.cells[column].dataset.value ?? row.cells[column].textContent;
    const value = text === "inf" ? Infinity : Number(text);
    return text === "" || text === "nan" ? null : Number.isNaN(value) ? text : value;
  };
  const compare = (a, b) => typeof a === "string" ? String(a).localeCompare(String(b)) : (a > b) - (a < b);
  const keyed = [...body.rows].map((row) => [key(row), row]);
  const undefinedRows = keyed.filter(([value]) => value === null);
  const ordered = keyed.filter(([value]) => value !== null).sort(([a], [b]) => (descending ? -1 : 1) * compare(a, b));
  body.append(...[...ordered, ...undefinedRows].map(([, row]) => row));
}

for (const table of all(".sortable")) {
  all("thead th", table).forEach((header, column) => header.firstElementChild.addEventListener("click", () => sort(table, column, header)));
}
addEventListener("beforeprint", () => all("details:not(.folded)").forEach((each) => { each.open = true; }));

if (controls) {
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("change", ({ target }) => {
    if (target.id === "experiment") {
      location.hash = target.value;
      return;
    }
    if (target.name === "evaluation") shown.evaluation = target.value;
    else if (target.type === "checkbox") shown.ticked.set(target.value, target.checked);
    else shown[target.id] = target.value;
    show();
  });
  for (const select of all(".choice")) {
    select.addEventListener("change", () => show([select.closest("figure").querySelector(".canvas")]));
  }
  addEventListener("hashchange", () => { if (isExperiment(location.hash.slice(1))) choose(location.hash.slice(1)); });
  darkness.addEventListener("change", () => { offerStrategies(); show(); });
  choose(location.hash.slice(1));
} else {
  document.documentElement.dataset.state = "ready";
}
