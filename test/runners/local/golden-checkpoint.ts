/** The golden checkpoints have no tokenizer: here they get one in which every id is one character, so that whole prompts can be asked. */

import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EncodedImage } from "../../../src/core/image.js";
import type { RenderedPrompt, ShownPart } from "../../../src/core/prompt.js";
import { encodedImage } from "../../../src/images/encoded.js";
import { goldenFolder } from "./golden-folder.js";

export interface GoldenPrompt {
  /** -200 where an image stands. */
  readonly input_ids: readonly number[];
  readonly images: readonly string[];
  /** What stands in each slot, of cases that read several images in several ways. */
  readonly slots?: readonly {
    readonly kind: "image" | "video";
    readonly reading: "native" | "pad" | "square" | "frames";
    readonly files: readonly string[];
  }[];
  /** As the reference was handed them: a list, or one stacked tensor. */
  readonly handed?: "list" | "stacked";
  readonly config_overrides?: Readonly<Record<string, unknown>>;
  /** Which frame of its video each image is; the runner knows none. */
  readonly frame_indices?: readonly number[];
  readonly continuation: readonly number[];
  readonly continuation_logprob: number;
  readonly continuation_is_greedy: boolean;
  readonly greedy: readonly number[];
  readonly "greedy_repetition_1.05"?: readonly number[];
}

export interface GoldenExpectations {
  readonly images: Readonly<Record<string, { readonly decoded_rgb_sha256: string }>>;
  readonly prompts: Readonly<Record<string, GoldenPrompt>>;
}

/** Copies in the repository first, then the golden folder beside it; undefined when neither has the case. */
export function goldenCase(name: string): string | undefined {
  const own = fileURLToPath(new URL("../../golden/", import.meta.url));
  return [join(own, name), join(own, "cases", name), join(goldenFolder, name)].find((path) => existsSync(path));
}

/** `llava-next-qwen-tiny-native` has the images and expectations of its converted sibling. */
export function goldenExpectations(name: string): { expected: GoldenExpectations; imageFolder: string } {
  const folder = goldenCase(name.replace(/-native$/, "")) ?? goldenCase(name) ?? "";
  return {
    expected: JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as GoldenExpectations,
    imageFolder: join(folder, "images"),
  };
}

/** `image_token_index` (or `image_token_id`) of a converted checkpoint. */
export function imageTokenOf(name: string): number | undefined {
  const config = JSON.parse(readFileSync(join(goldenCase(name) ?? "", "config.json"), "utf8")) as {
    image_token_index?: number;
    image_token_id?: number;
  };
  return config.image_token_index ?? config.image_token_id;
}

const letter = (id: number): string => String.fromCharCode(0x4e00 + id);
export const lettersOf = (ids: readonly number[]): string => ids.map(letter).join("");

/** A temporary copy of the checkpoint with `tokenizer.json` and a template that says nothing but the message. */
export async function askableCheckpoint(name: string): Promise<{ path: string; template: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "golden-"));
  await cp(goldenCase(name) as string, path, {
    recursive: true,
    filter: (source) => !/images|expected/.test(source.slice(-20)),
  });
  const letters = Array.from({ length: 512 }, (_, id) => [letter(id), id] as const);
  // Plain words have ids as well, but are never what an id decodes to.
  const ascii = Array.from({ length: 127 }, (_, id) => [String.fromCharCode(id), id + 10] as const);
  const vocab = Object.fromEntries([...ascii, ...letters]);
  const tokenizer = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "BPE", vocab, merges: [], unk_token: null },
  };
  await writeFile(join(path, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(path, "plain.jinja"), "{% for m in messages %}{{ m.content }}{% endfor %}");
  return {
    path,
    template: join(path, "plain.jinja"),
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Whether a runner with this `--images` reads the prompt as the reference did; prompts that change the config are the engine's own test. */
export function isReadAs(rule: string, prompt: GoldenPrompt): boolean {
  const { slots, handed, config_overrides: overrides = {}, frame_indices: frames } = prompt;
  if (Object.keys(overrides).length > 0 || frames) return false;
  const stills = slots?.filter(({ kind }) => kind === "image") ?? [];
  if (stills.length < 2) return stills.every(({ reading }) => reading === "native");
  return stills.every(({ reading }) => rule === (reading === "native" ? "anyres" : `${handed}-${reading}`));
}

export function goldenPrompt({ input_ids, images, slots }: GoldenPrompt, imageFolder: string): RenderedPrompt {
  const files = images.map((file) => encodedImage(readFileSync(join(imageFolder, file)), file));
  const parts: ShownPart<EncodedImage>[] = [{ type: "text", text: "" }]; // text first: images stand as they are given
  let slot = 0;
  for (const id of input_ids) {
    if (id !== -200) {
      parts.push({ type: "text", text: letter(id) });
      continue;
    }
    const given = slots?.[slot];
    const clip = given?.kind === "video" ? { clip: slot } : {};
    for (const image of files.splice(0, given?.files.length ?? 1)) parts.push({ type: "image", image, ...clip });
    slot += 1;
  }
  return { messages: [{ role: "user", parts }] };
}
