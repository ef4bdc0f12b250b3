/** Published numbers (configs/published/*.yaml) as leaderboard entries, marked as what they are. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../../core/defined.js";
import type { MetricResult } from "../../core/metric-result.js";
import { type Static, Type } from "../../core/schema.js";
import { readYaml } from "../../core/yaml.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";

const closed = { additionalProperties: false };

export const PublishedResults = Type.Object(
  {
    tables: Type.Array(
      Type.Object(
        {
          source: Type.String(),
          /** The source in a word or three, for the names of its rows. */
          name: Type.String(),
          /** A key for BibTeX. */
          cite: Type.String({ pattern: "^[a-z0-9-]+$" }),
          url: Type.String(),
          status: Type.Enum(["read", "transcribed"]),
          harness: Type.String(),
          note: Type.Optional(Type.String()),
          /** By the name that rows use; the name is the task unless `task` says otherwise. */
          columns: Type.Unsafe<Readonly<Record<string, PublishedColumn>>>({
            type: "object",
            additionalProperties: {
              type: "object",
              properties: {
                task: { type: "string" },
                metric: { type: "string" },
                unit: { enum: ["percent", "points", "ratio"] },
              },
              required: ["metric"],
              additionalProperties: false,
            },
          }),
          rows: Type.Unsafe<Readonly<Record<string, Readonly<Record<string, number>>>>>({
            type: "object",
            additionalProperties: { type: "object", additionalProperties: { type: "number" } },
          }),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type PublishedResults = Static<typeof PublishedResults>;

interface PublishedColumn {
  readonly task?: string;
  readonly metric: string;
  readonly unit?: "percent" | "points" | "ratio";
}

/** Every table of every file of `folder`. */
export async function readPublished(folder: string): Promise<LeaderboardEntry[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  const files = await Promise.all(names.map((name) => readYaml(join(folder, name), PublishedResults)));
  return files.flatMap(({ tables }) => tables.flatMap(entriesOfTable));
}

function entriesOfTable(table: PublishedResults["tables"][number]): LeaderboardEntry[] {
  const { source: title, name, cite, url, status, note, harness, columns, rows } = table;
  const source = { name, title, url, cite, status, ...defined({ note }) };
  return Object.entries(rows).flatMap(([model, values]) => {
    const byTask = new Map<string, MetricResult[]>();
    for (const [column, { task = column, metric, unit = "percent" }] of Object.entries(columns)) {
      const value = values[column];
      if (value === undefined) continue;
      const result: MetricResult = { name: metric, unit, direction: "higher", value, n: 0 };
      byTask.set(task, [...(byTask.get(task) ?? []), result]);
    }
    return [...byTask].map(([task, metrics]) => ({
      ...{ model, task, version: 0, scoring: harness, promptProfile: "as published", dataset: { source: title } },
      ...{ metrics, flags: [], run: title, origin: "published", source },
    }));
  });
}
