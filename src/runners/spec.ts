import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { packageRoot } from "../core/package-root.js";
import { Type } from "../core/schema.js";
import { hideShapes } from "../core/secrets.js";
import { type ModelConfig, modelSchemas, type RunnerName, remoteSchemas } from "./config.js";
import { looksLikeHubId } from "./local/checkpoint/hub-id.js";
import { refuseOverrides } from "./no-overrides.js";
import { refuseSecrets } from "./no-secrets.js";

const presetFolder = join(packageRoot, "configs", "models");
const where = "--model";

/** `openai:ID@URL, ...`: how each model behind HTTP is written; without a URL it is the provider's own. */
const remoteForms = Object.keys(remoteSchemas)
  .map((name) => `${name}:ID@URL`)
  .join(", ");

/**
 * What `--model` says, as a config: a preset's name (`llava-next-72b`), a YAML file, or a specification:
 * `openai:ID@URL[,URL...]`, `anthropic:ID[@URL]`, `gemini:ID[@URL]`, `local:DIR|HUB-ID[@REVISION]`, `replay:FILE`, `stub[:ANSWER]`.
 * @throws UserError  an unknown runner or preset (with the nearest one), a part that is missing, a mistake in the YAML
 */
export async function resolveModel(spec: string): Promise<ModelConfig> {
  const config = await configOf(spec);
  const from = /\.ya?ml$/.test(spec) ? spec : where;
  refuseSecrets(config, from);
  refuseOverrides(config, from);
  return config;
}

async function configOf(spec: string): Promise<ModelConfig> {
  const colon = spec.indexOf(":");
  const name = colon < 0 ? spec : spec.slice(0, colon);
  if (Object.hasOwn(modelSchemas, name) && !/\.ya?ml$/.test(spec)) {
    return parseSpec(name as RunnerName, colon < 0 ? "" : spec.slice(colon + 1), spec);
  }
  if (/\.ya?ml$/.test(spec)) return readModel(spec);
  const presets = await presetNames();
  if (presets.includes(spec)) return readModel(join(presetFolder, `${spec}.yaml`));
  const bare = await bareName(spec);
  if (bare) throw bare;
  throw new UserError(
    `no model or preset named "${hideShapes(spec)}"`,
    where,
    `${didYouMean(spec, [...presets, ...Object.keys(modelSchemas)])}presets: ${presets.join(", ")}; ` +
      `or ${remoteForms}, local:DIR, replay:FILE, stub, or a YAML file`,
  );
}

/** Names of the presets that ship with the package. */
export async function presetNames(): Promise<string[]> {
  const files = await readdir(presetFolder);
  return files
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/** The runner's name decides which schema the file must fit, so that an error speaks of that runner's keys only. */
async function readModel(path: string): Promise<ModelConfig> {
  const { readYaml } = await import("../core/yaml.js");
  const { runner } = await readYaml(
    path,
    Type.Object({ runner: Type.Enum(Object.keys(modelSchemas) as RunnerName[]) }),
  );
  return readYaml(path, modelSchemas[runner]);
}

/** A folder, a URL or a hub id without the runner's name in front: told how it is written. */
async function bareName(spec: string): Promise<UserError | undefined> {
  if (/^https?:\/\//.test(spec)) {
    return new UserError(
      "a URL alone names no model", // not repeated: it may hold a password
      where,
      `write the id that the server knows in front: ${remoteForms}`,
    );
  }
  const facts = await stat(spec).catch(() => undefined); // not there: nothing to say about it
  if (facts?.isDirectory()) return new UserError(`"${spec}" is a folder`, where, `write local:${spec}`);
  if (facts?.isFile()) {
    return new UserError(
      `"${spec}" is a file, and no YAML file of a model`,
      where,
      "a checkpoint is a folder with config.json and *.safetensors: local:DIR; a GGUF file is served (llama-server) and named openai:ID@URL",
    );
  }
  if (/^(\.{0,2}|~)\//.test(spec)) {
    return new UserError(`no folder "${spec}"`, where, "a checkpoint on this machine is written local:DIR");
  }
  if (!looksLikeHubId(spec)) return undefined;
  return new UserError(
    `no model or preset named "${spec}"`,
    where,
    `write local:${spec} for a checkpoint of the hub, or openai:${spec}@URL for a server that has it loaded`,
  );
}

function parseSpec(runner: RunnerName, rest: string, spec: string): ModelConfig {
  switch (runner) {
    case "local": {
      if (rest === "") throw incomplete(spec, "local:DIR or local:ORG/NAME");
      // A folder may have an @ in its name; a revision is what follows an @ in a Hub id.
      const [checkpoint = "", revision] = /^[\w.-]+\/[\w.-]+@[\w./-]+$/.test(rest) ? rest.split("@") : [rest];
      return { runner, checkpoint, ...defined({ revision }) };
    }
    case "replay":
      if (rest === "") throw incomplete(spec, "replay:FILE");
      return { runner, file: rest };
    case "stub":
      return { runner, ...(rest === "" ? {} : { answer: rest }) };
    default:
      return { runner, ...modelAndUrls(rest, spec) };
  }
}

/** `ID@URL,URL`; an id may itself hold an @, so the last one before `http` divides. */
function modelAndUrls(rest: string, spec: string): { model: string; urls?: string[] } {
  const at = rest.search(/@https?:\/\//);
  const model = at < 0 ? rest : rest.slice(0, at);
  if (model === "") throw incomplete(spec, "openai:gpt-4o-mini, or openai:ID@http://HOST:PORT/v1");
  if (at < 0) {
    if (/@/.test(model))
      throw new UserError(`no URL in "${hideShapes(spec)}"`, where, "a URL begins with http:// or https://");
    return { model };
  }
  const urls = rest
    .slice(at + 1)
    .split(",")
    .map((url) => url.trim());
  for (const url of urls) {
    if (!URL.canParse(url) || !/^https?:/.test(url))
      throw new UserError(`"${hideShapes(url)}" is no URL`, where, "it must begin with http:// or https://");
  }
  return { model, urls };
}

function incomplete(spec: string, example: string): UserError {
  return new UserError(`"${hideShapes(spec)}" is not complete`, where, `write it as ${example}`);
}
