// What is shown: the reader's choices, which the address holds, so that a link shows the same.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const controls = document.getElementById("controls");
const darkness = matchMedia("(prefers-color-scheme: dark)");
const NOTHING = "nothing";
const CONTROLLED = ["evaluation", "quantity", "baseline"];

const isExperiment = (id) => id === "all" || all(".experiment").some((section) => section.id === id);
const first = () => ({
  experiment: all(".experiment")[0]?.id, evaluation: "held_out", quantity: "score", baseline: "random",
  ticked: new Map(), one: new Map(), sort: "",
});
const shown = { ...first(), nothingElse: false };

// "#experiment-2&evaluation=test&show=oracle&hide=cbal&of-map=np&sort=2-descending": what differs from the first view.
function address() {
  const told = new URLSearchParams();
  for (const name of [...CONTROLLED, "sort"]) if (shown[name] !== first()[name]) told.set(name, shown[name]);
  for (const [name, ticked] of shown.ticked) told.append(ticked ? "show" : "hide", name);
  for (const [plot, name] of shown.one) told.set(`of-${plot}`, name);
  const more = told.toString();
  return `#${shown.experiment}${more && `&${more}`}`;
}

// Takes the choices of the address; false if it names a place on the page instead.
function readAddress() {
  const [id, ...more] = location.hash.slice(1).split("&");
  if (id && !isExperiment(id)) return false;
  Object.assign(shown, first());
  shown.experiment = id || shown.experiment;
  for (const [name, value] of new URLSearchParams(more.join("&"))) {
    if (name === "show" || name === "hide") shown.ticked.set(value, name === "show");
    else if (name.startsWith("of-")) shown.one.set(name.slice(3), value);
    else if ([...CONTROLLED, "sort"].includes(name)) shown[name] = value;
  }
  for (const [name, selector] of [["evaluation", "[name=evaluation]"], ["quantity", "#quantity option"]]) {
    if (!all(selector, controls).some((each) => each.value === shown[name])) shown[name] = first()[name];
  }
  return true;
}

// Variants and controls are shown only when ticked or alone, all others unless unticked.
const isShown = (name, aside) => shown.ticked.get(name) ?? (!aside || shown.nothingElse);
const visible = (strategy) => isShown(strategy.name, strategy.aside);

const payloads = new Map();
function payloadOf(section) {
  if (!payloads.has(section.id)) payloads.set(section.id, read(`${section.id}-data`));
  return payloads.get(section.id);
}

// What is chosen, as far as an experiment has it.
function chosen(p) {
  const there = p.baselines.some((each) => each.name === shown.baseline);
  return { ...shown, baseline: there ? shown.baseline : NOTHING, quantity: p.rare ? shown.quantity : "score" };
}
