/** What a user can choose about a local model, and how it is said to the engine. */
import { resolve } from "node:path";
import { UserError } from "../../core/errors.js";
import { type LocalSetting, type LocalSettings, localSettings } from "../local-settings.js";
import { withHome } from "./checkpoint/resolve.js";
import type { NativeAddon, NativeModelDescription, NativeModelOptions } from "./native.js";

export interface LocalOptions extends LocalSettings {
  /** A folder, or a hub model id. */
  readonly checkpoint: string;
  /** Commit or branch of the hub model. */
  readonly revision?: string;
  /** Shown in results instead of `local:<checkpoint>`. */
  readonly name?: string;
  /** Requests in flight, at most. Default: what the engine's memory holds. */
  readonly concurrency?: number;
  /** Told once per fact that a user should know. */
  readonly warn?: (message: string) => void;
  /** Told what takes long: a download, the loading of weights. */
  readonly say?: (message: string) => void;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const dtypes = { bf16: "bfloat16", fp16: "float16", fp32: "float32" } as const;

/**
 * The devices of each replica, as the engine's `device` takes them. `auto`: the first GPUs that hold the model, one each; else all GPUs,
 * shared out (layers split over them); else the CPU when there is no GPU. A list is shared out in its order.
 * Names that the engine does not know fail when it opens.
 *
 * @throws UserError  the devices cannot be shared out evenly
 */
export function chooseDevices(
  addon: NativeAddon,
  { device = "auto", replicas = 1 }: Pick<LocalOptions, "device" | "replicas">,
  plan: MemoryPlan = [],
): string[] {
  if (device !== "auto") {
    const names = device.split(",");
    return names.every((name) => name === "cpu")
      ? Array.from({ length: replicas }, () => device)
      : shared(names, replicas);
  }
  const gpus = addon.devices().filter(({ kind }) => kind === "cuda");
  if (gpus.length === 0) return Array.from({ length: replicas }, () => "cpu");
  const holding = gpus.filter(({ name }) => plan.find(({ device }) => device === name)?.fits ?? true);
  if (holding.length >= replicas) return holding.slice(0, replicas).map(({ name }) => name);
  return shared(
    gpus.map(({ name }) => name),
    replicas,
  );
}

function shared(names: readonly string[], replicas: number): string[] {
  const each = names.length / replicas;
  if (!Number.isInteger(each)) {
    throw new UserError(
      `${names.length} device(s) cannot be shared out to ${replicas} replicas`,
      "--replicas",
      `name as many devices for each: --device ${Array.from({ length: replicas }, (_, i) => `cuda:${i}`).join(",")}`,
    );
  }
  return Array.from({ length: replicas }, (_, i) => names.slice(i * each, (i + 1) * each).join(","));
}

/** Readings that the engine does not see: what is written around images, and which of them are frames. */
const ofPrompts: readonly string[] = ["template", "clipAs"] satisfies (keyof LocalSettings)[];

type MemoryPlan = NativeModelDescription["memoryPlan"];

/** The part that `describe` and `open` share. Absent options stay absent: the engine's defaults hold. */
export function modelOptions(folder: string, options: LocalOptions): NativeModelOptions {
  const { dtype, visionTower, environment } = options;
  const readings = Object.entries<LocalSetting>(localSettings)
    .filter(([key, { isReading }]) => isReading && !ofPrompts.includes(key))
    .map(([key]) => [key, options[key as keyof LocalSettings]] as const)
    .filter(([, value]) => value !== undefined);
  return {
    path: folder,
    ...Object.fromEntries(readings),
    dtype: dtype === undefined ? "auto" : dtypes[dtype],
    ...(visionTower === undefined ? {} : { visionTower: resolve(withHome(visionTower, environment)) }),
  };
}
