import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { MetricResult } from "../../core/metric-result.js";
import { nameThere } from "../../core/reported-as.js";
import { toYaml } from "../../core/yaml.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { shownValue } from "../format/numbers.js";
import type { Board, Row } from "./board.js";

/**
 * The evaluation section of one model's card (`model-index`), for the front matter of a README on the hub. Form: hub-docs
 * modelcard.md. Only our own numbers over the hub's own rows: a card names a data set that others can open, never a folder of ours.
 * Every metric carries what it depends on as `args`.
 * @throws UserError for several models: huggingface_hub gives all results of a card to the last of them
 */
export function boardModelIndex(board: Board, version: string): string {
  const { own, models } = oneModelOf(board, "model-index");
  const cells = own.flatMap((row) => [...row.cells.values()].map(({ entry }) => ({ row, entry })));
  const [hub, local] = [cells.filter(({ entry }) => isOfHub(entry)), cells.filter(({ entry }) => !isOfHub(entry))];
  const results = hub.map(({ row, entry }) =>
    resultOf(
      row,
      entry,
      configOf(
        entry,
        hub.map((cell) => cell.entry),
      ),
      version,
    ),
  );
  const left = local.map(({ entry }) => `# left out: ${JSON.stringify(entry.task)}, whose rows are not the hub's\n`);
  return (
    toYaml({ "model-index": models.length > 0 && results.length > 0 ? [{ name: models[0], results }] : [] }) +
    left.join("")
  );
}

/** Our own numbers of the one model that a card is about. @throws UserError  there are several */
export function oneModelOf(
  { rows }: Board,
  format: string,
): { readonly own: readonly Row[]; readonly models: string[] } {
  const own = rows.filter(({ origin }) => origin === undefined);
  const models = [...new Set(own.map(({ model }) => model))];
  if (models.length <= 1) return { own, models };
  throw new UserError(
    `a model card is about one model, and the board has ${models.length}: ${models.slice(0, 5).join(", ")}`,
    `--format ${format}`,
    `name one: --models ${JSON.stringify(models[0])}`,
  );
}

/** Only the hub's data has a commit. */
const isOfHub = ({ dataset }: LeaderboardEntry) => dataset.revision !== undefined;

/**
 * huggingface_hub merges results that agree in data set, config, split and revision (repocard_data.py): where several of our tasks do,
 * the task's name stands for the config.
 */
function configOf(entry: LeaderboardEntry, all: readonly LeaderboardEntry[]): string | undefined {
  const key = ({ dataset: { source, configs, split, revision } }: LeaderboardEntry) =>
    JSON.stringify([source, configs?.length === 1 ? configs[0] : null, split, revision]);
  const alone = all.filter((other) => key(other) === key(entry)).length === 1;
  if (!alone) return entry.task;
  return entry.dataset.configs?.length === 1 ? entry.dataset.configs[0] : undefined;
}

function resultOf(row: Row, entry: LeaderboardEntry, config: string | undefined, version: string): object {
  return {
    task: { type: "image-text-to-text", name: "Image-Text-to-Text" },
    dataset: {
      type: entry.dataset.source,
      name: entry.task,
      ...defined({ config, split: entry.dataset.split, revision: entry.dataset.revision }),
    },
    metrics: entry.metrics
      .filter(({ value }) => value !== null)
      .map((metric) => ({
        type: metric.name,
        value: cardNumber(metric.value as number, metric.unit),
        name: `${entry.task} ${metric.name}`,
        args: {
          harness: `llava-eval ${version}`,
          task_version: entry.version,
          prompt_profile: row.promptProfile,
          scoring: row.scoring,
          samples: metric.n,
          ...(metric.stderr === undefined ? {} : { stderr: significant(shownValue(metric.stderr, metric.unit), 3) }),
          ...defined({ judge: entry.judge, reported_as: nameThere(metric) }),
          ...(entry.flags.length === 0 ? {} : { flags: entry.flags.join(" ") }),
        },
      })),
  };
}

/** Cards are read by people: two decimals of a percentage say more than the interval does, of a ratio (CIDEr) they say too little. */
export const cardNumber = (value: number, unit: MetricResult["unit"]) =>
  unit === "ratio" ? significant(value, 4) : Math.round(shownValue(value, unit) * 100) / 100;
const significant = (value: number, digits: number) => Number(value.toPrecision(digits));
