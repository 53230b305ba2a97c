// The controls, and what they change.

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
  shown.nothingElse = strategies.every((each) => each.aside);
  const fieldset = document.getElementById("strategies");
  const legend = fieldset.querySelector("legend");
  fieldset.replaceChildren(legend, ...strategies.map((each) => {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", value: each.name, checked: visible(each) });
    const label = document.createElement("label");
    label.append(box, " ", swatch(each), each.label);
    return label;
  }));
}

// Sets the controls to what is shown.
function offer() {
  offerStrategies();
  document.getElementById("experiment").value = shown.experiment;
  controls.querySelector(`[name=evaluation][value=${shown.evaluation}]`).checked = true;
  const rare = sections().some((section) => payloadOf(section).rare);
  for (const option of all("#quantity option")) option.hidden = option.disabled = option.value !== "score" && !rare;
  document.getElementById("quantity").value = rare ? shown.quantity : "score";
  const baselines = union("baselines");
  const wished = baselines.some((each) => each.name === shown.baseline) ? shown.baseline : NOTHING;
  fill(document.getElementById("baseline"), [{ name: NOTHING, label: "nothing" }, ...baselines], wished);
  for (const section of sections()) {
    for (const select of all(".choice", section)) {
      const plot = select.closest("figure").querySelector(".canvas").dataset.plot;
      fill(select, strategiesIn(payloadOf(section), payloadOf(section).tables[plot]), shown.one.get(plot) ?? "np");
    }
  }
}

const measure = () => document.documentElement.style.setProperty("--controls", `${controls.offsetHeight}px`);

// Shows the experiment that is chosen, and all else that is.
function apply() {
  for (const section of all(".experiment")) section.hidden = shown.experiment !== "all" && section.id !== shown.experiment;
  offer();
  sortAll();
  measure();
  if (location.hash) document.getElementById(shown.experiment)?.scrollIntoView();
  return show();
}

// What is as it is unasked is not remembered.
function tick(name, checked) {
  shown.ticked.delete(name);
  const strategy = union("strategies").find((each) => each.name === name);
  if (visible(strategy) !== checked) shown.ticked.set(name, checked);
}

const remember = () => history.replaceState(null, "", address());

function listen() {
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("change", ({ target }) => {
    if (target.id === "experiment") {
      shown.experiment = target.value;
      location.hash = address();
      return;
    }
    if (target.name === "evaluation") shown.evaluation = target.value;
    else if (target.type === "checkbox") tick(target.value, target.checked);
    else shown[target.id] = target.value;
    remember();
    show();
  });
  for (const select of all(".choice")) {
    select.addEventListener("change", () => {
      const canvas = select.closest("figure").querySelector(".canvas");
      shown.one.set(canvas.dataset.plot, select.value);
      remember();
      show([canvas]);
    });
  }
  addEventListener("resize", measure);
  addEventListener("hashchange", () => { if (readAddress()) apply(); });
  darkness.addEventListener("change", () => show());
}
