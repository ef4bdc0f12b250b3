/**
 * The cheapest pairing of rows and columns (Crouse 2016: shortest augmenting paths, for matrices that are not square). Of several pairings of one
 * cost it takes the one that SciPy's `linear_sum_assignment` takes.
 *
 * @param cost a row for each item, all of one length
 * @returns of each row its column, undefined for rows that get none
 */
export function cheapestPairs(cost: readonly (readonly number[])[]): readonly (number | undefined)[] {
  const rows = cost.length;
  const columns = cost[0]?.length ?? 0;
  if (columns >= rows) return paired(rows, columns, (i, j) => cost[i]?.[j] as number);
  const turned = paired(columns, rows, (i, j) => cost[j]?.[i] as number);
  const found: (number | undefined)[] = Array.from({ length: rows }, () => undefined);
  turned.forEach((row, column) => {
    if (row !== undefined) found[row] = column;
  });
  return found;
}

/** @param rows  no more than columns */
function paired(rows: number, columns: number, cost: (row: number, column: number) => number): (number | undefined)[] {
  const [rowPrice, columnPrice] = [new Float64Array(rows), new Float64Array(columns)];
  const columnOf = new Int32Array(rows).fill(-1);
  const rowOf = new Int32Array(columns).fill(-1);
  for (let row = 0; row < rows; row++) {
    const shortest = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
    const cameFrom = new Int32Array(columns).fill(-1);
    const left = Array.from({ length: columns }, (_, i) => columns - 1 - i);
    const [reachedRows, reachedColumns] = [new Set<number>(), new Set<number>()];
    let length = 0;
    let free = -1;
    for (let at = row; free < 0; ) {
      reachedRows.add(at);
      let nearest = 0;
      let lowest = Number.POSITIVE_INFINITY;
      for (const [i, column] of left.entries()) {
        const way = length + cost(at, column) - (rowPrice[at] as number) - (columnPrice[column] as number);
        if (way < (shortest[column] as number)) {
          cameFrom[column] = at;
          shortest[column] = way;
        }
        const own = shortest[column] as number;
        // Of columns that are equally near, a free one ends the search.
        if (own < lowest || (own === lowest && rowOf[column] === -1)) {
          lowest = own;
          nearest = i;
        }
      }
      length = lowest;
      const column = left[nearest] as number;
      if (rowOf[column] === -1) free = column;
      else at = rowOf[column] as number;
      reachedColumns.add(column);
      const last = left.pop() as number;
      if (last !== column) left[nearest] = last;
    }
    for (const one of reachedRows) {
      const change = one === row ? length : length - (shortest[columnOf[one] as number] as number);
      rowPrice[one] = (rowPrice[one] as number) + change;
    }
    for (const one of reachedColumns)
      columnPrice[one] = (columnPrice[one] as number) - (length - (shortest[one] as number));
    for (let column = free, at = -1; at !== row; ) {
      at = cameFrom[column] as number;
      rowOf[column] = at;
      const before = columnOf[at] as number;
      columnOf[at] = column;
      column = before;
    }
  }
  return [...columnOf];
}
