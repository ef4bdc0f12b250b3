/** VLMEvalKit's prompts: a row of its TSV goes in, the words and the images' places come out, by the data set and by its LLaVA classes. */

import { replyInSequence } from "../../../src/board/explain/across/llava-next-reply.js";
import type { ImageRef } from "../../../src/core/image.js";
import type { Prompt } from "../../../src/core/prompt.js";
import { taskNamed } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { type Cells, datasets, type TaskRow } from "./vlmevalkit-choices.js";

const words = (row: Cells): Cells => row;

/** Those with options stand beside what scores them. */
const asked: Readonly<Record<string, TaskRow>> = {
  ...datasets,
  AI2D_TEST_NO_MASK: ["ai2d_no_mask", datasets.AI2D_TEST?.[1] ?? words],
  MMMU_Pro_V_COT: ["mmmu_pro_vision_cot", datasets.MMMU_Pro_V?.[1] ?? words],
  "MMT-Bench_VAL_MI": ["mmt_bench_mi", datasets["MMT-Bench_VAL"]?.[1] ?? words],
  ...{ ChartQA_TEST: ["chartqa", words], DocVQA_VAL: ["docvqa", words], GQA_TestDev_Balanced: ["gqa", words] },
  ...{ InfoVQA_VAL: ["infovqa", words], TextVQA_VAL: ["textvqa", words], VizWiz: ["vizwiz_vqa", words] },
  ...{ HallusionBench: ["hallusion_bench_image", words], MME: ["mme", words], POPE: ["pope", words] },
  ...{ LLaVABench: ["llava_in_the_wild", words], MMVet: ["mmvet", words], OCRBench: ["ocrbench", words] },
  MathVision: ["mathvision", (row) => ({ ...row, options: [] })],
  ScreenSpot_Mobile: ["screenspot", (row) => ({ ...row, instruction: row.question })],
  RefCOCO: ["refcoco_bbox_rec", (row) => ({ ...row, vlmevalkit_question: row.question })],
  ...{ COCO_VAL: ["coco2017_cap", words], CMMMU_VAL: ["cmmmu", words] },
  MathVista_MINI: ["mathvista", (row) => ({ ...row, query: row.question })],
  MathVerse_MINI: ["mathverse", (row) => ({ ...row, query_wo: row.question })],
  MathVerse_MINI_Vision_Only_cot: ["mathverse", (row) => ({ ...row, query_wo: row.question })],
};

const image = (number: number): ImageRef => ({
  path: String(number),
  bytes: () => Promise.reject(new Error("nothing is read here")),
});

/** The row with its images in every column in which a task looks for them. */
function withImages(row: Cells): Cells {
  const { pictures = 1 } = (row.image ?? {}) as { pictures?: number };
  const images = Array.from({ length: pictures }, (_, i) => image(i + 1));
  const columns = Object.fromEntries(images.map((one, i) => [`image_${i + 1}`, one]));
  return { ...row, ...columns, images, image_list: images, image: images.length === 1 ? images[0] : images };
}

type Item = { readonly type: string; readonly value?: unknown; readonly text?: string };

/** Texts, and `[1]` for an image; neighbouring texts are one. */
function joined(items: readonly Item[]): readonly string[] {
  const parts: string[] = [];
  let isText = false;
  for (const { type, value, text } of items) {
    if (type === "image") parts.push(`[${String(value ?? "")}]`);
    else if (isText) parts.push(`${parts.pop()}${String(value ?? text)}`);
    else parts.push(String(value ?? text));
    isText = type !== "image";
  }
  return parts.filter((part) => part !== "");
}

/** Images are numbered as they come. */
function sent({ messages }: Prompt, isNumbered: boolean): readonly string[] {
  const seen: unknown[] = [];
  const numberOf = (path: unknown) => {
    if (!seen.includes(path)) seen.push(path);
    return seen.indexOf(path) + 1;
  };
  return joined(
    messages
      .flatMap(({ parts }) => parts)
      .map((part) => {
        if (part.type === "text") return part;
        return { type: "image", value: isNumbered && part.type === "image" ? numberOf(part.image.path) : "" };
      }),
  );
}

/** A cell of numbers with a gap in its column is a fraction for pandas: which rows stand beside this one decides. */
const withoutFractions = (parts: readonly string[]) => parts.map((part) => part.replace(/^([A-I]\. \d+)\.0$/gm, "$1"));

interface Expected {
  readonly messages: readonly Item[];
  readonly llava_next: { readonly conversation: readonly { readonly content: readonly Item[] }[] };
}

const reasons: Readonly<Record<string, string>> = {
  "LLaVA_Next.apply_prompt_template": "a model's template, which is the runner's",
};

const file: VectorFile = {
  part: "the words and images that a task sends",
  unsupported: reasons,
  setAside({ row }: { row: Cells }, fn) {
    const most = asked[fn]?.[2];
    return most === 4 && typeof row.E === "string" ? "more options than the benchmark has" : undefined;
  },
  reference(expected) {
    const { messages, llava_next } = expected as Expected;
    return {
      dataset: withoutFractions(joined(messages)),
      llava: withoutFractions(joined(llava_next.conversation[0]?.content ?? [])),
    };
  },
  functions: Object.fromEntries(
    Object.entries(asked).map(([name, [task, of]]) => [
      name,
      ({ row }: { row: Cells }) => {
        const ours = { ...withImages(row), ...of(row), ...imagesOf(withImages(row), task) } as Record<string, unknown>;
        const { profiles = [], prompt } = taskNamed(task);
        const profile = name.endsWith("_cot") && profiles.includes("vlmevalkit-cot") ? "vlmevalkit-cot" : "vlmevalkit";
        const llava = profiles.includes("vlmevalkit-llava") ? "vlmevalkit-llava" : profile;
        return { dataset: sent(prompt(ours, profile), true), llava: sent(prompt(ours, llava), false) };
      },
    ]),
  ),
};

const imagesOf = (row: Cells, task: string): Cells => ({
  ...Object.fromEntries(Object.entries(row).filter(([column]) => column.startsWith("image"))),
  ...(task.startsWith("seedbench") ? { image: row.images } : {}),
  ...(task === "mathvision" || task === "mathvista" ? { decoded_image: row.image } : {}),
});

const llavaNext: VectorFile = {
  part: "how its class for LLaVA-1.6 takes a reply out of the whole text, by which `explain` knows a piece of the question",
  functions: { "LLaVA_Next.output_process": ({ answer }: { answer: string }) => replyInSequence(answer) },
};

export const vlmEvalKitPromptVectors: Readonly<Record<string, VectorFile>> = {
  "prompts/vlmevalkit": file,
  "vlmevalkit/llava_out": llavaNext,
  "vlmevalkit/llava_out_more": llavaNext,
};
