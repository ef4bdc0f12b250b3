/** What a user can choose about a local model, and how it is said to the engine. */
import { defined } from "../../core/defined.js";
import { resolve } from "node:path";
import { UserError } from "../../core/errors.js";
import type { NativeAddon, NativeModelDescription, NativeModelOptions, NativeReadings } from "./addon.js";
import { withHome } from "./checkpoint/resolve.js";

export interface LocalOptions {
  /** A folder, or a hub model id. */
  readonly checkpoint: string;
  /** Commit or branch of the hub model. */
  readonly revision?: string;
  /** Shown in results instead of `local:<checkpoint>`. */
  readonly name?: string;
  readonly template?: string;
  /** `bf16`, `fp16`, `fp32`, or `auto` (default): the checkpoint's own. */
  readonly dtype?: string;
  /** `auto` (default): the first CUDA device, else the CPU. */
  readonly device?: string;
  /** `wh` or `hw`. Default: what the checkpoint's layout implies. */
  readonly gridOrder?: string;
  readonly unpadRounding?: NativeReadings["unpadRounding"];
  readonly aspectRatio?: NativeReadings["aspectRatio"];
  readonly quantisation?: NativeModelOptions["quantisation"];
  /** Folder of the vision tower of a native checkpoint that only names it. */
  readonly visionTower?: string;
  /** Engines that answer side by side, each in its own process on its own devices. Default 1. */
  readonly replicas?: number;
  /** CPU worker threads of one engine. Default: the usable cores, divided among replicas. */
  readonly threads?: number;
  /** Bytes for weights, scratch and KV cache of one engine. Default: from the device's free memory. */
  readonly memory?: number;
  /** Requests in flight, at most. Default: what the engine's memory holds. */
  readonly concurrency?: number;
  /** Told once per fact that a user should know. */
  readonly warn?: (message: string) => void;
  /** Told what takes long: a download, the loading of weights. */
  readonly say?: (message: string) => void;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const dtypes = {
  auto: "auto",
  bf16: "bfloat16",
  bfloat16: "bfloat16",
  fp16: "float16",
  float16: "float16",
  fp32: "float32",
  float32: "float32",
} as const;

export function nativeDtype(given: string = "auto"): NonNullable<NativeModelOptions["dtype"]> {
  if (Object.hasOwn(dtypes, given)) return dtypes[given as keyof typeof dtypes];
  throw new UserError(`no dtype named "${given}"`, "--dtype", "choose bf16, fp16, fp32 or auto");
}

export function gridOrder(given: string | undefined): NativeReadings["gridOrder"] {
  if (given === undefined || given === "wh" || given === "hw") return given;
  throw new UserError(`no grid order named "${given}"`, "--grid-order", "choose wh (width, height) or hw");
}

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

type MemoryPlan = NativeModelDescription["memoryPlan"];

/** The part that `describe` and `open` share. Absent options stay absent: the engine's defaults hold. */
export function modelOptions(folder: string, options: LocalOptions): NativeModelOptions {
  const order = gridOrder(options.gridOrder);
  return {
    path: folder,
    dtype: nativeDtype(options.dtype),
    ...defined({ gridOrder: order, unpadRounding: options.unpadRounding, aspectRatio: options.aspectRatio, quantisation: options.quantisation }),
    ...(options.visionTower === undefined
      ? {}
      : { visionTower: resolve(withHome(options.visionTower, options.environment)) }),
  };
}
