"use strict";
// Fills the page's plots with rows of what is shown, sorts its tables, and reads its controls. All figures come from npal.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const specifications = read("specifications");
const overview = document.getElementById("overview-data") ? read("overview-data") : null;
const controls = document.getElementById("controls");
const darkness = matchMedia("(prefers-color-scheme: dark)");
const NOTHING = "nothing";

const shown = { evaluation: "test", quantity: "score", baseline: "random", ticked: new Map(), nothingElse: false };
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

const rowsOf = {
  curves(p) {
    const b = p.baselines.findIndex((each) => each.name === shown.baseline);
    const level = b < 0;
    const values = level ? p.levels[shown.evaluation][shown.quantity] : p.differences[shown.evaluation][shown.quantity][b];
    const errors = level ? p.level_errors[shown.evaluation][shown.quantity] : p.errors[shown.evaluation][shown.quantity][b];
    const runs = level ? p.level_runs : p.runs[b];
    return p.strategies.flatMap((strategy, s) => !visible(strategy) ? [] : values[s].flatMap((value, step) => {
      if (value === null) return [];
      const error = errors[s][step];
      const band = 2 * (error ?? 0);
      return [{ ...named(strategy), step, value, error, low: value - band, high: value + band, runs: runs[s] }];
    }));
  },
  ranks(p) {
    const ranks = p.ranks[shown.evaluation];
    return ranks.strategies.map((s, i) => ({
      ...named(p.strategies[s]), value: ranks.mean[i], low: ranks.mean[i] - ranks.spread[i], high: ranks.mean[i] + ranks.spread[i],
    }));
  },
  pairs(p) {
    return p.pairs[shown.evaluation].flatMap(({ pair: [i, j], value, error, runs, needed, p: chance }) => {
      if (!visible(p.strategies[i]) || !visible(p.strategies[j])) return [];
      const [one, other] = [p.strategies[i].label, p.strategies[j].label];
      const rest = { competitors: p.strategies[i].competitor && p.strategies[j].competitor, error, runs, chance: chance ?? "too few runs", needed: needed ?? "more than can be told", apart: chance !== null && chance < 0.05 ? "yes" : "no" };
      return [{ label: one, other, value, ...rest }, { label: other, other: one, value: -value, ...rest }];
    });
  },
  rare(p) {
    const last = (kind, quantity, s) => p[kind][shown.evaluation][quantity][s].at(-1);
    return p.strategies.flatMap((strategy, s) => {
      const row = named(strategy);
      for (const name of ["precision", "recall"]) {
        const value = last("levels", `rare_${name}`, s);
        const band = 2 * (last("level_errors", `rare_${name}`, s) ?? 0);
        Object.assign(row, { [name]: value, [`${name}_low`]: value - band, [`${name}_high`]: value + band });
      }
      return visible(strategy) && row.precision !== null && row.recall !== null ? [row] : [];
    });
  },
  balance(p) {
    return p.strategies.filter(visible).flatMap((strategy) => p.balance[strategy.name].map((value, i) => (
      { ...named(strategy), step: i + 1, value, pool: p.pool })));
  },
  map(p, chosen) {
    const place = (kind) => ([x, y, label]) => ({ kind, x, y, class: label, step: null });
    const strategy = p.strategies.find((each) => each.name === chosen);
    const points = (p.map.chosen[chosen] ?? []).map(([x, y, label, step]) => ({ ...named(strategy), kind: "chosen", x, y, class: label, step }));
    return [...p.map.pool.map(place("pool")), ...p.map.annotated.map(place("annotated")), ...points];
  },
  loss(p, chosen) {
    return (p.loss[chosen] ?? []).flatMap((losses, step) => losses.map((value, epoch) => ({ step: step + 1, epoch: epoch + 1, value })));
  },
  prediction(p, chosen) {
    const found = p.predictions[chosen];
    if (!found) return [];
    const colour = paint(p.strategies.find((each) => each.name === chosen).colour);
    return [
      ...found.points.map(([predicted, improvement]) => ({ kind: "point", predicted, improvement, colour: darkness.matches ? "#9bb7cc" : "#557a95" })),
      ...found.bins.map(([predicted, improvement, error]) => (
        { kind: "bin", predicted, improvement, low: improvement - 2 * error, high: improvement + 2 * error, colour })),
    ];
  },
  calibration(p) {
    return Object.entries(p.predictions).flatMap(([name, found]) => found.levels.map((nominal, i) => (
      { ...named(p.strategies.find((each) => each.name === name)), nominal, observed: found.observed[i] })));
  },
  gains: () => overview.gains[shown.evaluation].filter((row) => isShown(row.strategy, row.aside)),
  distances: () => overview.distances.map((row) => ({ ...row, colour: paint(row.colour) })),
};

// Plots that are as high as they have lines.
const LINE = { ranks: { of: "label", size: 22 }, pairs: { of: "label", size: 20 }, gains: { of: "experiment", size: 22 }, distances: { of: "place", size: 26 } };

// Colours span what competitors differ by; a bound that is farther off has the last colour.
function limits(rows) {
  const competing = rows.filter((row) => row.competitors).map((row) => Math.abs(row.value));
  const most = Math.max(...(competing.length ? competing : rows.map((row) => Math.abs(row.value))), 0.01);
  return [-most, most];
}

const choicesOf = {
  map: (p) => p.strategies.filter((each) => each.name in p.map.chosen),
  loss: (p) => p.strategies.filter((each) => each.name in p.loss),
  prediction: (p) => p.strategies.filter((each) => each.name in p.predictions),
};

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
  const section = canvas.closest(".experiment");
  const kind = canvas.dataset.plot;
  const choice = canvas.parentElement.querySelector(".choice");
  const rows = rowsOf[kind](section && payloadOf(section), choice?.value);
  views.get(canvas)?.finalize();
  views.delete(canvas);
  canvas.dataset.rows = rows.length;
  if (!rows.length) {
    canvas.replaceChildren("Nothing to show of the strategies that are ticked.");
    return;
  }
  const specification = structuredClone(specifications[kind]);
  specification.datasets = { ...specification.datasets, rows };
  specification.config = theme();
  specification.autosize = { type: "fit-x", contains: "padding" };
  if (kind in LINE) specification.height = LINE[kind].size * new Set(rows.map((row) => row[LINE[kind].of])).size;
  if (kind === "pairs" || kind === "gains") specification.encoding.color.scale.domain = limits(rows);
  if (kind === "pairs") for (const axis of ["x", "y"]) specification.encoding[axis].sort = payloadOf(section).strategies.map((each) => each.label);
  if (kind === "gains") specification.encoding.x.sort = overview.strategies;
  const tooltip = { theme: darkness.matches ? "dark" : "light" };
  views.set(canvas, await vegaEmbed(canvas, specification, { actions: false, renderer: "svg", tooltip }));
}

function caption(section) {
  const p = payloadOf(section);
  const quantity = document.getElementById("quantity").selectedOptions[0].text;
  const baseline = p.baselines.find((each) => each.name === shown.baseline);
  const on = controls.querySelector("[name=evaluation]:checked").parentElement.textContent.trim();
  const said = section.querySelector("[data-plot=curves]").parentElement.querySelector(".said");
  said.textContent = `${quantity} on the ${on}${baseline ? `, less that of ${baseline.label} in the same run` : ""}; bands of two standard errors`;
  const map = section.querySelector("[data-plot=map]").parentElement.querySelector(".said");
  map.textContent = `run ${p.map.run}: pool (grey), annotated at first (blue), and chosen with its step; principal components of the features`;
}

const sections = () => all(".experiment:not([hidden])");
const drawable = () => [...sections(), ...all("#overview")].flatMap((section) => all(".canvas", section));

async function show(canvases = drawable()) {
  document.documentElement.dataset.state = "drawing";
  document.documentElement.dataset.drawn = darkness.matches ? "dark" : "light";
  for (const each of all("main [data-evaluation]")) each.hidden = each.dataset.evaluation !== shown.evaluation;
  for (const row of all("tr[data-strategy]")) row.hidden = !isShown(row.dataset.strategy, "aside" in row.dataset);
  sections().forEach(caption);
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
      if (select) fill(select, choicesOf[canvas.dataset.plot](payloadOf(section)), select.value || "np");
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
