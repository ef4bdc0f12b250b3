import type { RawItem, RowSource } from "./source.js";

/** Several files as one split, in their order. A cell means what it means in its own file: `index` counts anew in each. */
export function inOrder(sources: readonly [RowSource, ...RowSource[]]): RowSource {
  const [first] = sources;
  let current: RowSource = first;
  return {
    get rows() {
      return sources.some(({ rows }) => rows === undefined)
        ? undefined
        : sources.reduce((sum, { rows = 0 }) => sum + rows, 0);
    },
    // Rows are converted before the next batch is asked for.
    image: (cell) => current.image(cell),
    video: (cell) => current.video?.(cell) ?? null,
    coerce: (cell, column) => (current.coerce ? current.coerce(cell, column) : cell),
    async *read(offset, columns, signal) {
      let before = 0;
      for (const source of sources) {
        current = source;
        for await (const batch of source.read(Math.max(0, offset - before), columns, signal))
          yield batch.map((item): RawItem => ({ ...item, index: item.index + before }));
        before += source.rows ?? 0;
      }
    },
    identity: () => sources.flatMap((source) => source.identity()),
    async close() {
      for (const source of sources) await source.close();
    },
  };
}
