// Draws the plots with what is shown.

const specifications = read("specifications");
const views = new Map();
const LABEL = 15;

function theme(width) {
  const style = getComputedStyle(document.documentElement);
  const [ink, quiet, line] = ["--ink", "--quiet", "--line"].map((name) => style.getPropertyValue(name).trim());
  return {
    background: "transparent",
    view: { stroke: line },
    axis: { labelColor: ink, titleColor: quiet, gridColor: line, domainColor: quiet, tickColor: quiet, titleFontWeight: "normal" },
    legend: { labelColor: ink, titleColor: quiet, titleFontWeight: "normal", orient: "bottom", columns: Math.max(Math.floor(width / 90), 2) },
    text: { color: ink },
    rule: { color: quiet },
  };
}

// What stands for the words in braces of captions and titles.
function words(p, of) {
  const asked = chosen(p);
  const baseline = p.baselines.find((each) => each.name === asked.baseline);
  return {
    quantity: all("#quantity option").find((each) => each.value === asked.quantity).text,
    evaluation: controls.querySelector("[name=evaluation]:checked").parentElement.textContent.trim(),
    baseline: baseline ? `, less that of ${baseline.label}` : "",
    of,
  };
}

const filled = (text, said) => text.replace(/\{(quantity|evaluation|baseline|of)\}/g, (_, word) => said[word]);
const quoted = (said) => Object.fromEntries(Object.entries(said).map(([name, word]) => [name, JSON.stringify(word).slice(1, -1)]));

async function draw(canvas) {
  const p = payloadOf(canvas.closest("section"));
  const kind = canvas.dataset.plot;
  const table = p.tables[kind];
  const said = words(p, table.of);
  const specification = JSON.parse(filled(JSON.stringify(specifications[kind]), quoted(said)));
  const told = specification.usermeta;
  const rows = rowsOf(p, table, told, canvas.parentElement.querySelector(".choice")?.value);
  canvas.parentElement.querySelector(".said").textContent = filled(told.caption, said);
  views.get(canvas)?.finalize();
  views.delete(canvas);
  canvas.dataset.rows = rows.length;
  legend(canvas, p, told.legend ? rows : []);
  canvas.classList.toggle("own", told.diverging);
  if (!rows.length) {
    canvas.replaceChildren("Nothing to show of the strategies that are ticked.");
    return;
  }
  const width = canvas.clientWidth;
  const distinct = (column) => new Set(rows.map((row) => row[column])).size;
  specification.datasets = { ...specification.datasets, rows };
  specification.config = theme(width);
  specification.autosize = { type: "fit-x", contains: "padding" };
  if (told.line) specification.height = told.line[1] * distinct(told.line[0]);
  if (told.across) widen(canvas, specification, width, told.across[1] * distinct(told.across[0]));
  if (told.ends) {
    specification.height = Math.max(specification.height, LABEL * distinct("label"));
    specification.datasets.ends = endsOf(rows, told.ends, specification.height / LABEL);
  }
  for (const each of [specification, ...(specification.layer ?? [])]) {
    if (told.diverging && each.encoding?.color?.scale) each.encoding.color.scale.domain = limits(rows);
    for (const channel of told.ordered) if (each.encoding?.[channel]) each.encoding[channel].sort = p.strategies.map((one) => one.label);
  }
  const tooltip = { theme: darkness.matches ? "dark" : "light" };
  views.set(canvas, await vegaEmbed(canvas, specification, { actions: false, renderer: "svg", tooltip }));
}

// As wide as its cells need, so that figures can be read; the canvas scrolls where the window is narrower.
function widen(canvas, specification, width, cells) {
  const labels = 6.2 * Math.min(Math.max(...specification.datasets.rows.map((row) => (row.experiment ?? row.label).length)), 42);
  const needed = cells + labels + 40;
  canvas.classList.toggle("wide", needed > width);
  if (needed > width) {
    specification.width = needed;
    canvas.tabIndex = 0;
  } else canvas.removeAttribute("tabindex");
}

// A swatch as the page's templates have it: the line and the marker of a strategy.
function swatch(strategy) {
  const made = document.getElementById("swatch").content.firstElementChild.cloneNode(true);
  made.style.setProperty("--light", strategy.light);
  made.style.setProperty("--dark", strategy.dark);
  made.classList.add(strategy.dash);
  made.classList.toggle("hollow", strategy.hollow);
  made.querySelector("use").setAttribute("href", `#${strategy.marker}`);
  return made;
}

function legend(canvas, p, rows) {
  const there = new Set(rows.map((row) => row.strategy));
  const list = canvas.parentElement.querySelector(".legend");
  list.hidden = !rows.length;
  list.replaceChildren(...p.strategies.filter((each) => there.has(each.name)).map((each) => {
    const item = document.createElement("li");
    item.append(swatch(each), each.label);
    return item;
  }));
}
