import { hostname } from "node:os";
import { defined } from "../../core/defined.js";
import { digestOf } from "../../core/digest.js";
import type { Json } from "../../core/json.js";
import type { Runner } from "../../core/runner.js";
import type { Identity } from "../../record/identity.js";
import type { RunManifest } from "../../record/run-manifest.js";
import type { ModelConfig } from "../../runners/config.js";
import type { RunSettings } from "../settings.js";
import type { Choice, Chosen } from "../tasks/catalogue.js";
import { versions } from "../versions.js";
import { largestBudget } from "./ways.js";

export interface NameParts {
  readonly settings: RunSettings;
  readonly choice: Choice;
  readonly config: ModelConfig;
  /** What results call the model. */
  readonly model: string;
  /** `hub`, `demo`, or a folder, resolved. */
  readonly data: string;
  /** What the settings decide for all tasks. */
  readonly decided: Identity;
}

/** `llava-next-72b-3f2a91c0`: of what was asked for, so that the same command finds the same folder. */
export function runName({ settings, choice, config, model, data, decided }: NameParts): string {
  // The same command finds the same folder: only what was asked for, not what it resolved to.
  const {
    limit: _limit,
    shard: _shard,
    concurrency: _c,
    "max-failed": _m,
    out: _o,
    fresh: _f,
    json: _j,
    view: _v,
    cache: _k,
    "judge-budget": _b,
    blind: _w,
    "prompt-profiles": _p,
    "option-orders": _r,
    ...asked
  } = settings;
  const tasks = choice.chosen.map(({ label }) => label);
  const digest = digestOf(
    {
      asked: { ...asked, tasks, ...defined({ "max-new-tokens": largestBudget(settings) }) } as Json,
      config: config as unknown as Json,
      data,
      ...decided,
    },
    8,
  );
  return `${slug(model)}-${digest}`;
}

export interface ManifestParts {
  readonly name: string;
  readonly settings: RunSettings;
  readonly choice: Choice;
  /** Where the model is and how it is asked, as far as it is known here. */
  readonly config: Json;
  readonly runner: Runner;
  readonly data: string;
  readonly identity: Identity;
}

/** What `run.json` says of a run before it begins: what was asked for, what decides its numbers, and its name. */
export function manifestOf({ name, settings, choice, config, runner, data, identity }: ManifestParts): RunManifest {
  return {
    schema: "llava-eval/run@1",
    name,
    status: "running",
    model: runner.name,
    fingerprint: runner.fingerprint,
    identity,
    config: {
      ...settings,
      tasks: choice.chosen.map(askedName),
      model: config,
      data,
    } as Record<string, Json>,
    tasks: choice.chosen.map(({ label }) => label),
    versions: versions(),
    host: { hostname: hostname(), platform: `${process.platform}-${process.arch}`, node: process.version },
    startedAt: new Date().toISOString(),
  };
}

/** `/path/to/mine.ts@split`, `vqav2~/path/to/list.yaml`: finds a task of the user's, or a list of theirs, again, from any folder. */
function askedName({ label, path, without }: Chosen): string {
  const [whole = label] = label.split("~");
  const name = path === undefined ? whole : path + (/@.*$/.exec(whole)?.[0] ?? "");
  return without === undefined ? name : `${name}~${without.path}`;
}

const slug = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[-.]+|-+$/g, "")
    .slice(0, 60) || "model";
