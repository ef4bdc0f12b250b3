import { toYaml } from "../../core/yaml.js";
import { shownValue } from "../format/numbers.js";
import type { Board, Row } from "./board.js";

/**
 * The evaluation section of a model card (`model-index`), for the front matter of a README on the hub. Form: hub-docs
 * modelcard.md. Only our own numbers; every metric carries what it depends on as `args`.
 */
export function boardModelIndex({ rows }: Board, version: string): string {
  const own = rows.filter(({ origin }) => origin === undefined);
  const byModel = groupByModel(own);
  const index = [...byModel].map(([name, rows]) => ({ name, results: rows.flatMap((row) => resultsOf(row, version)) }));
  return toYaml({ "model-index": index });
}

function resultsOf(row: Row, version: string): object[] {
  return [...row.cells.values()].map(({ entry }) => ({
    task: { type: "image-text-to-text", name: "Image-Text-to-Text" },
    dataset: {
      type: entry.dataset.source,
      name: entry.task,
      ...(entry.dataset.configs?.length === 1 ? { config: entry.dataset.configs[0] } : {}),
      ...(entry.dataset.split === undefined ? {} : { split: entry.dataset.split }),
      ...(entry.dataset.revision === undefined ? {} : { revision: entry.dataset.revision }),
    },
    metrics: entry.metrics
      .filter(({ value }) => value !== null)
      .map((metric) => ({
        type: metric.name,
        value: rounded(shownValue(metric.value as number, metric.unit)),
        name: metric.name,
        args: {
          harness: `llava-eval ${version}`,
          task_version: entry.version,
          prompt_profile: row.promptProfile,
          scoring: row.scoring,
          samples: metric.n,
          ...(metric.stderr === undefined ? {} : { stderr: rounded(shownValue(metric.stderr, metric.unit)) }),
          ...(entry.judge === undefined ? {} : { judge: entry.judge }),
          ...(entry.flags.length === 0 ? {} : { flags: entry.flags.join(" ") }),
        },
      })),
  }));
}

/** Cards are read by people: two decimals of a percentage say more than the interval does. */
const rounded = (value: number) => Math.round(value * 100) / 100;

function groupByModel(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.model, [...(groups.get(row.model) ?? []), row]);
  return groups;
}
