import type { Runner } from "../core/runner.js";
import { isRemote, type ModelConfig, type RemoteConfig } from "./config.js";
import { refuseSecrets } from "./no-secrets.js";
import type { OpenRunner, RunnerOptions } from "./options.js";
import { resolveModel } from "./spec.js";

type Here = Exclude<ModelConfig, RemoteConfig>;

/** The runners, imported when chosen: `stub` must not load an HTTP client, and no run but a local one the engine. */
const here = {
  local: async (config, options) => (await import("./local/index.js")).openLocal({ ...config, ...given(options) }),
  replay: async (config, options) => (await import("./replay.js")).openReplay(config, options),
  stub: async (config, options) => (await import("./stub.js")).openStub(config, options),
} satisfies { [Name in Here["runner"]]: OpenRunner<Extract<Here, { runner: Name }>> };

/** `--device` and its like win over the config. */
function given(options: RunnerOptions) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Opens what `--model` names (see `resolveModel`), or a config in hand. Nothing is asked yet: see `Runner.preflight`. */
export async function openRunner(model: string | ModelConfig, options: RunnerOptions = {}): Promise<Runner> {
  const config = typeof model === "string" ? await resolveModel(model) : model;
  if (typeof model !== "string") refuseSecrets(config, `the model ${"model" in config ? config.model : config.runner}`);
  if (isRemote(config)) return (await import("./remote/open.js")).openRemote(config, options);
  const open = here[config.runner] as OpenRunner<ModelConfig>;
  return open(config, options);
}
