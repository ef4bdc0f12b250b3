/** The script of a leaderboard's page: sorts by a click on a head, searches, filters; what is shown stands in the address. */

const table = document.querySelector("table.board") as HTMLTableElement;
const body = table.tBodies[0] as HTMLTableSectionElement;
const heads = [...table.querySelectorAll<HTMLTableCellElement>("thead th")];
const rows = [...body.rows];
const controls = document.querySelector(".controls") as HTMLElement;
const [search, group, size, elsewhere, count] = ["search", "group", "size", "elsewhere", "count"].map((id) =>
  document.getElementById(id),
) as [HTMLInputElement, HTMLSelectElement | null, HTMLSelectElement | null, HTMLInputElement | null, HTMLOutputElement];

type Order = "ascending" | "descending";
let sorted: { readonly place: number; readonly order: Order } | undefined;

/** What is worth looking at first: the best of a task, the first of names. */
const firstOrder = (head: HTMLElement): Order => (head.dataset.first === "ascending" ? "ascending" : "descending");
const nameOf = (head: HTMLElement) => head.querySelector("button")?.textContent ?? "";

function sort(place: number, order: Order): void {
  sorted = { place, order };
  for (const [i, head] of heads.entries()) {
    if (i === place) head.ariaSort = order;
    else head.removeAttribute("aria-sort");
  }
  const sign = order === "ascending" ? 1 : -1;
  const valueIn = (row: HTMLTableRowElement) => row.cells[place]?.dataset.value;
  const compare = (a: string, b: string) =>
    place === 0 ? a.localeCompare(b, "en", { numeric: true }) : Number(a) - Number(b);
  // What has no value has no place: it stands below, whichever way.
  const ordered = [...rows].sort((x, y) => {
    const [a, b] = [valueIn(x), valueIn(y)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return sign * compare(a, b);
  });
  body.append(...ordered);
}

function filter(): void {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const name = (row.cells[0]?.dataset.value ?? "").toLowerCase();
    row.hidden =
      !words.every((word) => name.includes(word)) ||
      (size !== null && size.value !== "" && row.dataset.size !== size.value) ||
      (elsewhere !== null && !elsewhere.checked && row.classList.contains("elsewhere"));
    if (!row.hidden) shown++;
  }
  for (const [i, head] of heads.entries()) {
    const groups = head.dataset.groups;
    const hidden =
      groups !== undefined && group !== null && group.value !== "" && !JSON.parse(groups).includes(group.value);
    head.hidden = hidden;
    for (const row of rows) if (row.cells[i]) row.cells[i].hidden = hidden;
  }
  count.value = `${shown} of ${rows.length} rows`;
}

function writeAddress(): void {
  const said = new URLSearchParams();
  if (sorted) said.set(sorted.order === "ascending" ? "up" : "down", nameOf(heads[sorted.place] as HTMLElement));
  if (search.value !== "") said.set("search", search.value);
  if (group?.value) said.set("tasks", group.value);
  if (size?.value) said.set("size", size.value);
  if (elsewhere?.checked === false) said.set("others", "no");
  history.replaceState(null, "", `#${said}`);
}

function readAddress(): void {
  const said = new URLSearchParams(location.hash.slice(1));
  search.value = said.get("search") ?? "";
  if (group) group.value = said.get("tasks") ?? "";
  if (size) size.value = said.get("size") ?? "";
  if (elsewhere) elsewhere.checked = said.get("others") !== "no";
  const order: Order = said.has("up") ? "ascending" : "descending";
  const place = heads.findIndex((head) => nameOf(head) === (said.get("up") ?? said.get("down")));
  if (place >= 0) sort(place, order);
  filter();
}

for (const [place, head] of heads.entries())
  head.querySelector("button")?.addEventListener("click", () => {
    const first = firstOrder(head);
    const other: Order = first === "ascending" ? "descending" : "ascending";
    sort(place, sorted?.place === place && sorted.order === first ? other : first);
    writeAddress();
  });
for (const control of [search, group, size, elsewhere])
  control?.addEventListener("input", () => {
    filter();
    writeAddress();
  });
addEventListener("hashchange", readAddress);
readAddress();
controls.hidden = false;
