/** The command that asks for a run once more, from what its manifest says was asked for. */
import type { Json } from "../core/json.js";
import type { RunManifest } from "./run-manifest.js";

export interface RepeatCommand {
  readonly line: string;
  /** What the model file that the line names has to hold: JSON, which is YAML too. */
  readonly modelFile?: string;
}

/** Where a run goes and how it is shown is no part of what is repeated. */
const leftOut = new Set(["out", "fresh", "view", "json", "dry-run", "model"]);

export function repeatCommand({ config }: Pick<RunManifest, "config">): RepeatCommand {
  const flags = Object.entries(config).flatMap(([flag, value]) =>
    leftOut.has(flag) || !isFlag(flag) || value === false || value === null ? [] : flagOf(flag, value as Json),
  );
  const { model } = config;
  if (model === undefined) return { line: lineOf(flags) };
  const spec = specOf(model as Json, config.name as Json | undefined);
  if (spec !== undefined) return { line: lineOf([`--model ${quoted(spec)}`, ...flags]) };
  return { line: lineOf(["--model ./model.yaml", ...flags]), modelFile: `${JSON.stringify(model, null, 2)}\n` };
}

/** A run may come from elsewhere, and a shell reads the line. */
const isFlag = (name: string) => /^[a-z][a-z-]*$/.test(name);

const lineOf = (flags: readonly string[]) => ["npx llava-eval run", ...flags].join(" ");

/** Lists are written with commas; those of models, whose URLs have commas, one by one. */
function flagOf(flag: string, value: Json): string[] {
  if (value === true) return [`--${flag}`];
  if (flag === "judge" && Array.isArray(value)) return value.map((one) => `--judge ${quoted(String(one))}`);
  return [`--${flag} ${quoted(Array.isArray(value) ? value.join(",") : String(value))}`];
}

/** As `--model` is written; undefined for a model that has more settings than that says. */
function specOf(model: Json, name: Json | undefined): string | undefined {
  if (typeof model === "string") return model;
  if (model === null || typeof model !== "object" || Array.isArray(model)) return undefined;
  const { runner, name: called, ...rest } = model as Readonly<Record<string, Json>>;
  if (called !== undefined && called !== name) return undefined;
  const only = (...keys: readonly string[]) => Object.keys(rest).every((key) => keys.includes(key));
  if (runner === "local" && only("checkpoint", "revision"))
    return `local:${rest.checkpoint}${rest.revision === undefined ? "" : `@${rest.revision}`}`;
  if (runner === "replay" && only("file")) return `replay:${rest.file}`;
  if (runner === "stub" && only("answer")) return rest.answer === undefined ? "stub" : `stub:${rest.answer}`;
  if (typeof rest.model === "string" && only("model", "urls"))
    return `${runner}:${rest.model}${Array.isArray(rest.urls) ? `@${rest.urls.join(",")}` : ""}`;
  return undefined;
}

/** As one word of a shell. */
const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
