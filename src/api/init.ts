/** The first files of a project: settings that an editor knows, a nightly workflow, what git is to leave alone. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import { looksSecret } from "../core/secrets.js";
import { toYaml } from "../core/yaml.js";
import { diskError } from "../files/disk-error.js";
import { resolveModel } from "../runners/spec.js";
import type { RunSettings } from "./settings.js";
import { installLines, isFoundFrom, programIn } from "./this-program.js";

export interface Begun {
  /** Files that were written, or added to. */
  readonly written: readonly string[];
  /** Files that were there already; they stay as they are. */
  readonly kept: readonly string[];
  /** The lines to type next, as they work from that folder. */
  readonly next: readonly string[];
}

/** What the settings file says instead of the demo. */
export type Chosen = Pick<RunSettings, "model" | "name" | "tasks" | "data" | "limit">;

export const nightlyConfig = "configs/nightly.yaml";
/** As `out:` of that file says. */
export const nightlyRun = "results/nightly";
export const nightlyBaseline = "results/baselines/nightly";
const settingsFile = "llava-eval.yaml";
const workflow = ".github/workflows/nightly.yml";
const schema = "schemas/config.v1.json";

/** These files are made to be committed: what looks like a key is refused before one is written, and so is a model that there is not. */
async function requireHonest({ model, ...others }: Chosen): Promise<void> {
  if (model !== undefined) await resolveModel(model);
  for (const [name, value] of Object.entries(others)) {
    if (![value].flat().some((text) => typeof text === "string" && looksSecret(text))) continue;
    throw new UserError(`--${name} holds a key`, "init", "keys are read from environment variables, never written");
  }
}

/** A nightly regression run with its gate: the package's own files, with this model and these tasks. */
export async function beginNightly(folder: string, chosen: Chosen): Promise<Begun> {
  await requireHonest(chosen);
  const config = changed(await readFile(join(packageRoot, nightlyConfig), "utf8"), chosen, "../");
  const files = { [nightlyConfig]: config, [workflow]: await readFile(join(packageRoot, workflow), "utf8") };
  const begun = await writeMissing(folder, files);
  const ignored = await ignoreRuns(folder);
  const call = programIn(folder);
  return {
    written: [...begun.written, ...ignored],
    kept: begun.kept,
    next: [
      ...neededFirst(folder),
      `${call} run --config ${nightlyConfig}`,
      `${call} compare ${nightlyBaseline} ${nightlyRun} --fail-on regression`,
    ],
  };
}

/** Settings for `run --config`. */
export async function beginSettings(folder: string, chosen: Chosen): Promise<Begun> {
  await requireHonest(chosen);
  const text = `# yaml-language-server: $schema=./node_modules/llava-eval/${schema}
# Settings for \`llava-eval run --config ${settingsFile}\`: every key is a flag (\`llava-eval run --help\`), and a flag wins over its key.
tasks: [vqav2, mmmu]
data: demo
${ownModel}`;
  const begun = await writeMissing(folder, { [settingsFile]: changed(text, chosen, "./") });
  const next = [...neededFirst(folder), `${programIn(folder)} run --config ${settingsFile}`];
  return { ...begun, next };
}

const ownModel = `# For your own model, instead of the line above:
#   model: openai:my-model@http://gpu-host:8000/v1
#   data: hub
`;

/** The workflow calls the package that the project has; so does the line by which editors find the schema. */
const neededFirst = (folder: string): readonly string[] => (isFoundFrom(folder) ? [] : installLines());

/** The settings with what was chosen in the demo's place. @param up  from the file's folder to the project's */
function changed(text: string, { model, name, tasks, data, limit }: Chosen, up: string): string {
  const own = { model, name, data: data ?? (model === undefined ? "demo" : "hub"), limit };
  const lines = toYaml(JSON.parse(JSON.stringify(own))); // without what is undefined
  const replaced = [
    [/\$schema=\S+/, `$schema=${up}node_modules/llava-eval/${schema}`],
    ...(tasks === undefined ? [] : [[/^tasks: .*$/m, `tasks: [${tasks.map(flowItem).join(", ")}]`]]),
    ...(model === undefined ? [] : [[/^# As it stands .*\n/m, ""]]),
    ...(model === undefined && data === undefined && limit === undefined
      ? []
      : [[/^data: demo\n(#.*\n)*/m, model === undefined ? `${lines}${ownModel}` : lines]]),
  ] as const;
  return replaced.reduce<string>((result, [from, to]) => result.replace(from as RegExp, () => to as string), text);
}

const flowItem = (text: string) => (/^[\w./@+-]+$/.test(text) ? text : JSON.stringify(text));

async function writeMissing(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<Pick<Begun, "written" | "kept">> {
  const [written, kept]: [string[], string[]] = [[], []];
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    if (existsSync(path)) kept.push(name);
    else {
      await writeAt(path, text);
      written.push(name);
    }
  }
  return { written, kept };
}

const ignoredByGit = ["node_modules/", "results/*", "!results/baselines/"];

/** Runs are large and can be made again; baselines are small and belong to the project. */
async function ignoreRuns(folder: string): Promise<string[]> {
  const path = join(folder, ".gitignore");
  const before = existsSync(path) ? await readFile(path, "utf8") : "";
  const known = before.split(/\r?\n/).map((line) => line.trim());
  const missing = ignoredByGit.filter((line) => !known.includes(line));
  if (missing.length === 0) return [];
  const gap = before === "" || before.endsWith("\n") ? "" : "\n";
  await writeAt(path, `${before}${gap}${missing.join("\n")}\n`);
  return [".gitignore"];
}

async function writeAt(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw diskError(error, "the file", path);
  }
}

/** Whether a baseline is there already: it changes only by being accepted. */
export const hasBaseline = (folder: string): boolean => existsSync(join(folder, nightlyBaseline));
