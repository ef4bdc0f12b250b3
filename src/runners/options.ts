import type { Runner } from "../core/runner.js";
import type { LocalSettings } from "./local-settings.js";

/** What the command line adds to a model's config, where it wins. Absent = the config's own, else the runner's default. */
export interface RunnerOptions extends LocalSettings {
  /** `--concurrency`: requests in flight, at most. */
  readonly concurrency?: number;
  /** Told once per fact that a user should know. */
  readonly warn?: (message: string) => void;
  /** Told what takes long: a download, the loading of weights. */
  readonly say?: (message: string) => void;
  /** Default `process.env`: keys (`env:NAME`), proxies, HF_*. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export type OpenRunner<Config> = (config: Config, options: RunnerOptions) => Promise<Runner>;
