import type { Runner } from "../core/runner.js";

/** What the command line adds to a model's config. Absent = the config's own, else the runner's default. */
export interface RunnerOptions {
  /** `--concurrency`: requests in flight, at most. */
  readonly concurrency?: number;
  /** Told once per fact that a user should know. */
  readonly warn?: (message: string) => void;
  /** Told what takes long: a download, the loading of weights. */
  readonly say?: (message: string) => void;
  /** Default `process.env`: keys (`env:NAME`), proxies, HF_*. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** `--device --replicas --dtype --quantisation --template --grid-order --vision-tower`, local models only: they win over the config. */
  readonly device?: string;
  readonly replicas?: number;
  readonly dtype?: string;
  readonly quantisation?: "none" | "int8" | "fp8";
  readonly template?: string;
  readonly gridOrder?: string;
  readonly visionTower?: string;
}

export type OpenRunner<Config> = (config: Config, options: RunnerOptions) => Promise<Runner>;
