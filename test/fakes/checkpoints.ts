/** Variants of the demo model as training scripts, converters, newer libraries and accidents leave them. */
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const demo = fileURLToPath(new URL("../../configs/demo/model/", import.meta.url));

export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}
export type Tensors = Readonly<Record<string, StoredTensor>>;

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
export type Header = Record<string, Entry>;

export function readSafetensors(path: string): { header: Header; data: Buffer } {
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE(0));
  const { __metadata__: _, ...header } = JSON.parse(file.toString("utf8", 8, 8 + length)) as Header & {
    __metadata__?: unknown;
  };
  return { header, data: file.subarray(8 + length) };
}

/** A file with this header and these bytes behind it, whether they belong together or not. */
export function safetensorsFile(header: unknown, data: Uint8Array, length?: bigint): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([size, text, data]);
}

export function safetensorsOf(tensors: Tensors): Buffer {
  const header: Header = {};
  let at = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape: [...shape], data_offsets: [at, at + data.length] };
    at += data.length;
  }
  return safetensorsFile(header, Buffer.concat(Object.values(tensors).map(({ data }) => data)));
}

const stored = readSafetensors(join(demo, "model.safetensors"));
export const demoHeader: Header = stored.header;
export const demoData: Buffer = stored.data;
export const demoTensors: Tensors = Object.fromEntries(
  Object.entries(stored.header).map(([name, { dtype, shape, data_offsets }]) => [
    name,
    { dtype, shape, data: stored.data.subarray(...data_offsets) },
  ]),
);

export const renamed = (tensors: Tensors, rename: (name: string) => string): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor]));
export const without = (tensors: Tensors, unwanted: RegExp): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !unwanted.test(name)));

type Fields = Record<string, unknown>;
export interface DemoConfig extends Fields {
  text_config: Fields;
  vision_config: Fields;
}
export const readDemoJson = <T = Fields>(name: string): T => JSON.parse(readFileSync(join(demo, name), "utf8")) as T;
/** A copy of the demo model's config.json, changed. */
export function demoConfig(change: (config: DemoConfig) => void = () => {}): DemoConfig {
  const config = readDemoJson<DemoConfig>("config.json");
  change(config);
  return config;
}

/** The LLaVA repository's names and config of the same model. */
export const nativeTensors: Tensors = renamed(demoTensors, (name) =>
  name
    .replace(/^language_model\.model\./, "model.")
    .replace(/^language_model\.lm_head/, "lm_head")
    .replace(/^multi_modal_projector\.linear_1/, "model.mm_projector.0")
    .replace(/^multi_modal_projector\.linear_2/, "model.mm_projector.2")
    .replace(/^image_newline/, "model.image_newline")
    .replace(/^vision_tower\./, "model.vision_tower.vision_tower."),
);
export function nativeConfig(more: Fields = {}): Fields {
  const { text_config, vision_config: _, image_grid_pinpoints } = demoConfig();
  return {
    ...text_config,
    architectures: ["LlavaQwenForCausalLM"],
    model_type: "llava_qwen",
    mm_vision_tower: "./vision_tower",
    mm_hidden_size: 128,
    mm_projector_type: "mlp2x_gelu",
    mm_vision_select_layer: -2,
    mm_vision_select_feature: "patch",
    image_aspect_ratio: "anyres",
    mm_patch_merge_type: "spatial_unpad",
    image_grid_pinpoints,
    torch_dtype: "bfloat16",
    use_mm_proj: true,
    tokenizer_model_max_length: 1024,
    ...more,
  };
}
/** Files of the tower's own folder, which a native checkpoint names. */
export const nativeTower = {
  "vision_tower/config.json": JSON.stringify(demoConfig().vision_config),
  "vision_tower/preprocessor_config.json": readFileSync(join(demo, "preprocessor_config.json"), "utf8"),
};

export interface Variant {
  /** Default: the demo model's. */
  readonly config?: unknown;
  /** Default: the demo model's, in one file. Null: no weights. */
  readonly tensors?: Tensors | null;
  /** Further files, or other contents; null: the file is not there. */
  readonly files?: Readonly<Record<string, string | Uint8Array | null>>;
}

export interface VariantFolder extends AsyncDisposable {
  readonly path: string;
}

/** A temporary folder with the variant. */
export async function variantFolder({ config, tensors, files = {} }: Variant): Promise<VariantFolder> {
  const path = await mkdtemp(join(tmpdir(), "variant-"));
  for (const name of await readdir(demo)) {
    const replaced = name === "README.md" || (name === "model.safetensors" && tensors !== undefined);
    if (!replaced) await cp(join(demo, name), join(path, name));
  }
  if (config !== undefined) await writeFile(join(path, "config.json"), JSON.stringify(config));
  if (tensors) await writeFile(join(path, "model.safetensors"), safetensorsOf(tensors));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    if (content === null) await rm(join(path, name));
    else await writeFile(join(path, name), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
