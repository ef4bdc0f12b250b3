import { serverTable, steadinessText } from "../../board/explain/steadiness.js";
import { textTable } from "../../board/format/text-table.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import { promptImages } from "../../core/prompt.js";
import { readImage } from "../../images/encoded.js";
import { readMask } from "../../images/mask.js";
import type { ServerInvariance } from "../../record/invariance-report.js";
import { plan, type RowUnit } from "../../run/plan.js";
import { checkServer } from "../../run/server-invariance.js";
import { openRunner } from "../../runners/index.js";
import { checkInvariance, type InvarianceOptions, type InvarianceReport } from "../../runners/local/invariance.js";
import { resolveModel } from "../../runners/spec.js";
import type { RunSettings } from "../settings.js";
import type { Chosen } from "../tasks/catalogue.js";
import { openClips } from "./clips.js";
import { decide, opener } from "./decide.js";
import type { RunListener } from "./listener.js";

export type { InvarianceReport, ServerInvariance };
export { serverTable, steadinessText };

/** Whether the engine answers here, whose logits can be compared bit for bit. */
export const isLocalModel = async (model: string): Promise<boolean> => (await resolveModel(model)).runner === "local";

/** Whether a local model's answers depend on what they are asked with. */
export async function checkModel(model: string, options: Partial<InvarianceOptions>): Promise<InvarianceReport> {
  const config = await resolveModel(model);
  if (config.runner !== "local") {
    throw new UserError(`"${model}" is no local model`, "--model", "write local:DIR or local:ORG/NAME");
  }
  return await checkInvariance({ ...config, ...options });
}

export interface ServerOptions {
  /** One task whose rows are asked. Default: drawn ones of vqav2. */
  readonly task?: string;
  /** `hub`, `demo`, or a folder. */
  readonly data?: string;
  readonly requests: number;
  /** In flight where they are asked together. */
  readonly atOnce: number;
  readonly newTokens?: number;
  readonly signal: AbortSignal;
  say(message: string): void;
  onWay(way: string): void;
}

/**
 * Whether a server's answers depend on what else it is doing.
 * @throws UserError  no such task, data or model; more or less than one task
 */
export async function checkServerModel(model: string, options: ServerOptions): Promise<ServerInvariance> {
  const { task = "vqav2", requests, atOnce, newTokens, signal, say, onWay } = options;
  const data = options.data ?? (options.task === undefined ? "demo" : undefined);
  const settings: RunSettings = {
    ...{ model, tasks: [task], limit: requests, concurrency: atOnce },
    ...defined({ data, "max-new-tokens": newTokens }),
  };
  const listener = listenerOf(say);
  const decided = await decide(settings);
  const [chosen, ...others] = decided.choice.chosen as [Chosen, ...Chosen[]];
  if (others.length > 0) {
    throw new UserError(
      `"${task}" is ${1 + others.length} tasks`,
      "--task",
      "name one: its rows are asked several times",
    );
  }
  const warn = (message: string) => say(`warning: ${message}`);
  await using runner = await openRunner(decided.model.config, { concurrency: atOnce, warn, say });
  await using dataset = await opener(decided, listener, signal)(chosen);
  const units: RowUnit[] = [];
  for await (const unit of plan(chosen.task, dataset, decided.selection, signal)) if ("row" in unit) units.push(unit);
  if (units.length < 2)
    throw new UserError(`${chosen.label} has fewer than two rows`, "--requests", "ask more of them");
  // What is drawn differs by itself.
  const generation = { ...decided.generationOf(chosen.task, chosen.split), temperature: 0 };
  const profile = decided.profileOf(chosen.task);
  const images = promptImages(chosen.task.prompt((units[0] as RowUnit).row, profile)).length > 0;
  await runner.preflight?.(signal, { options: [generation], images });
  const server = await runner.server?.(signal);
  const clips = await openClips(decided.frameRule, listener, signal);
  const { scoring, reading, seed } = decided;
  const found = await checkServer({
    ...{ task: chosen.task, split: chosen.split, label: chosen.label, profile, generation, runner, units, atOnce },
    rules: { scoring, reading, seed },
    media: { readImage, readMask, ...defined({ clips: clips?.reader }) },
    ...{ drain: signal, abort: signal, onWay },
  });
  return {
    schema: "llava-eval/invariance@1",
    model: runner.name,
    fingerprint: runner.fingerprint,
    ...defined({ server }),
    ...{ task: chosen.label, promptProfile: profile, generation: { ...generation } as ServerInvariance["generation"] },
    ...{ requests: units.length, atOnce },
    ...found,
  };
}

function listenerOf(say: (message: string) => void): RunListener {
  const nothing = () => {};
  return {
    ...{ say, onTaskStart: nothing, onSample: nothing, onTiming: nothing, onTaskEnd: nothing },
    requests: { begin: nothing, end: nothing },
  };
}

/** One line for each way of asking. */
export function invarianceTable({ rows }: InvarianceReport): string {
  const right = (title: string) => ({ title, align: "right" as const });
  const columns = [
    { title: "compared with: alone, nothing shared" },
    ...["logits equal", "answers equal", "likelihoods equal", "largest difference", "shared tokens"].map(right),
  ];
  const lines = rows.map(({ way, requests, logits, answers, likelihoods, largest, sharedTokens }) => [
    way,
    ...[logits, answers, likelihoods].map((equal) => `${equal}/${requests}`),
    largest === 0 ? "0" : largest.toExponential(1),
    String(sharedTokens),
  ]);
  return textTable(columns, lines);
}
