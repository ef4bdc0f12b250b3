import { expect, test } from "vitest";
import { shardRule } from "../../src/run/shard.js";

const facts = { source: "s", kind: "folder", split: "test", licence: "CC0-1.0" } as const;

/** Which rows each shard takes, when each reads only what its rule says it must. */
function taken(
  clusters: readonly string[],
  count: number,
  more: { fileRows?: number[]; offset?: number; end?: number } = {},
) {
  const { fileRows = [clusters.length], offset = 0, end = Number.POSITIVE_INFINITY } = more;
  return Array.from({ length: count }, (_, index) => {
    const dataset = { facts: { ...facts, rows: clusters.length }, fileRows };
    const rule = shardRule({ index, count }, dataset, { offset, end, byPosition: true });
    const rows = clusters.map((cluster, row) => ({ cluster, row })).slice(rule.from, rule.to);
    return rows.filter(({ cluster, row }) => row < end && rule.has(row, cluster)).map(({ row }) => row);
  });
}

const upTo = (n: number, from = 0) => Array.from({ length: n - from }, (_, i) => from + i);

test("every row is one shard's, and a cluster is not cut", () => {
  // Clusters of 1 to 5 rows, by a fixed rule.
  const clusters = upTo(60).flatMap((cluster) => Array.from({ length: 1 + ((cluster * 7) % 5) }, () => `c${cluster}`));
  for (const count of [1, 2, 3, 7, 16, 100, 400]) {
    const shards = taken(clusters, count);
    expect(shards.flat()).toEqual(upTo(clusters.length));
    const owner = new Map<string, number>();
    for (const [shard, rows] of shards.entries())
      for (const row of rows) {
        const cluster = clusters[row] as string;
        expect(owner.get(cluster) ?? shard, `${cluster}, cut in ${count}`).toBe(shard);
        owner.set(cluster, shard);
      }
  }
});

test("one cluster that is longer than a shard is one shard's", () => {
  expect(
    taken(
      Array.from({ length: 9 }, () => "a"),
      3,
    ),
  ).toEqual([upTo(9), [], []]);
});

test("a cluster ends with its file: a shard at a file's beginning reads nothing before it", () => {
  const clusters = ["a", "a", "b", "b", "b", "b", "c", "d"];
  const dataset = { facts: { ...facts, rows: 8 }, fileRows: [4, 4] };
  const rule = shardRule({ index: 1, count: 2 }, dataset, { offset: 0, end: 8, byPosition: true });
  expect([rule.from, rule.to]).toEqual([4, 8]);
  expect(taken(clusters, 2, { fileRows: [4, 4] })).toEqual([upTo(4), upTo(8, 4)]);
});

test("a selection is cut, not the split", () => {
  const clusters = upTo(20).map((row) => `c${row}`);
  expect(taken(clusters, 2, { offset: 4, end: 10 })).toEqual([upTo(7, 4), upTo(10, 7)]);
});

test("rows that nobody has counted go where their cluster's digest sends them", () => {
  const rules = upTo(3).map((index) =>
    shardRule({ index, count: 3 }, { facts, fileRows: undefined }, { offset: 0, end: 50, byPosition: true }),
  );
  for (const cluster of upTo(50).map(String)) {
    expect(rules.filter((rule) => rule.has(0, cluster))).toHaveLength(1);
  }
});
