// Tables that are sorted by the column whose heading is clicked.

function sort(table, column, descending) {
  const headers = all("thead th", table);
  for (const each of headers) each.removeAttribute("aria-sort");
  headers[column].ariaSort = descending ? "descending" : "ascending";
  const key = (row) => {
    const text = row.cells[column].dataset.value ?? row.cells[column].textContent;
    const value = text === "inf" ? Infinity : Number(text);
    return text === "" || text === "nan" ? null : Number.isNaN(value) ? text : value;
  };
  const compare = (a, b) => typeof a === "string" ? String(a).localeCompare(String(b)) : (a > b) - (a < b);
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row) => [key(row), row]);
  const undefinedRows = keyed.filter(([value]) => value === null);
  const ordered = keyed.filter(([value]) => value !== null).sort(([a], [b]) => (descending ? -1 : 1) * compare(a, b));
  body.append(...[...ordered, ...undefinedRows].map(([, row]) => row));
}

// The tables of experiments have the same columns, and are sorted alike.
function sortAll() {
  const [column, direction] = (/^\d+-(as|des)cending$/.test(shown.sort) ? shown.sort : "0-ascending").split("-");
  for (const table of all(".experiment .sortable")) {
    if (column < table.tHead.rows[0].cells.length) sort(table, Number(column), direction === "descending");
    if (!shown.sort) for (const each of all("thead th", table)) each.removeAttribute("aria-sort");
  }
}

for (const table of all(".sortable")) {
  all("thead th", table).forEach((header, column) => header.firstElementChild.addEventListener("click", () => {
    const descending = header.ariaSort !== "descending" && column > 0;
    if (!table.closest(".experiment")) {
      sort(table, column, descending);
      return;
    }
    shown.sort = `${column}-${descending ? "descending" : "ascending"}`;
    remember();
    sortAll();
  }));
}
addEventListener("beforeprint", () => all("details:not(.folded)").forEach((each) => { each.open = true; }));
