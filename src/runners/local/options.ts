/** What a user can choose about a local model, and how it is said to the engine. */
import { UserError } from "../../core/errors.js";
import type { NativeAddon, NativeModelDescription, NativeModelOptions, NativeReadings } from "./addon.js";

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
  /** CPU worker threads. Default: one per usable core. */
  readonly threads?: number;
  /** Bytes for weights, scratch and KV cache together. Default: from the device's free memory. */
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
 * `auto`: the first GPU that holds the model, else all GPUs together (layers split over them), else the CPU when there is no GPU.
 * Names that the engine does not know fail when it opens.
 */
export function chooseDevice(addon: NativeAddon, given: string = "auto", plan: MemoryPlan = []): string {
  if (given !== "auto") return given;
  const gpus = addon.devices().filter((device) => device.kind === "cuda");
  if (gpus.length === 0) return "cpu";
  const holding = gpus.find(({ name }) => plan.find(({ device }) => device === name)?.fits ?? true);
  return holding?.name ?? gpus.map(({ name }) => name).join(",");
}

type MemoryPlan = NativeModelDescription["memoryPlan"];

/** The part that `describe` and `open` share. Absent options stay absent: the engine's defaults hold. */
export function modelOptions(folder: string, options: LocalOptions): NativeModelOptions {
  const order = gridOrder(options.gridOrder);
  return {
    path: folder,
    dtype: nativeDtype(options.dtype),
    ...(order === undefined ? {} : { gridOrder: order }),
    ...(options.unpadRounding === undefined ? {} : { unpadRounding: options.unpadRounding }),
    ...(options.aspectRatio === undefined ? {} : { aspectRatio: options.aspectRatio }),
    ...(options.quantisation === undefined ? {} : { quantisation: options.quantisation }),
    ...(options.visionTower === undefined ? {} : { visionTower: options.visionTower }),
  };
}
