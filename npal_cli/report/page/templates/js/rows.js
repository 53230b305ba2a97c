// Rows of what is shown, from a plot's table.

const paint = ({ light, dark }) => (darkness.matches ? dark : light);

// Markers that Vega does not have, as paths within the unit square.
const PATHS = { star: "M0.00,-1.25L0.29,-0.40L1.19,-0.39L0.48,0.15L0.73,1.01L0.00,0.50L-0.73,1.01L-0.48,0.15L-1.19,-0.39L-0.29,-0.40Z" };

// How a strategy looks: a variant or a control is hollow.
function look(strategy) {
  const colour = paint(strategy);
  return { label: strategy.label, colour, fill: strategy.hollow ? "transparent" : colour, marker: PATHS[strategy.marker] ?? strategy.marker, dash: strategy.dash };
}

// A row for each place of the table's axes that is asked for, with the columns' values there.
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
    if (row.strategy) Object.assign(row, look(styles.get(row.strategy)));
    if (row.other) row.other_label = styles.get(row.other).label;
    if (row.light) row.colour = paint(row);
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

// The last row of each line, and the height `at` that its label has room at, each `lines` of the plot's height apart.
function endsOf(rows, [x, y], lines) {
  const last = Math.max(...rows.map((row) => row[x]));
  const ends = rows.filter((row) => row[x] === last).map((row) => ({ ...row })).sort((a, b) => a[y] - b[y]);
  const values = rows.flatMap((row) => [row[y] - 2 * (row.error ?? 0), row[y] + 2 * (row.error ?? 0)]);
  const gap = (Math.max(...values) - Math.min(...values)) / lines;
  for (const end of ends) end.at = end[y];
  for (let moved = true, round = 0; moved && round < 500; round++) {
    moved = false;
    for (let i = 1; i < ends.length; i++) {
      const lack = gap - (ends[i].at - ends[i - 1].at);
      if (lack < gap / 100) continue;
      ends[i - 1].at -= lack / 2;
      ends[i].at += lack / 2;
      moved = true;
    }
  }
  return ends;
}
