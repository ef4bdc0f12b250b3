/** Prompt vectors: a row in its real schema goes in, the words and the images' places come out, for each profile that the row expects. */

import type { ImageRef } from "../../../src/core/image.js";
import type { Part, Prompt } from "../../../src/core/prompt.js";
import type { Output } from "../../../src/core/runner.js";
import { vlmEvalKitExtraction } from "../../../tasks/mmlongbench_doc/vlmevalkit.js";
import { taskNamed } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

/** By the name of a harness's words: whose task's which profile sends them. */
type Sent = Readonly<Record<string, readonly [task: string, profile: string]>>;

/** A task whose `default` is lmms-eval's, with profiles of the same name as the other harness's. */
const own = (task: string, ...profiles: string[]): Sent => ({
  "lmms-eval": [task, "default"],
  ...Object.fromEntries(profiles.map((profile) => [profile, [task, profile] as const])),
});
/** VLMEvalKit sends what lmms-eval sends. */
const both = (task: string): Sent => ({ ...own(task), vlmevalkit: [task, "default"] });

/** What lmms-eval calls a form with thoughts, where it is not the benchmark's name alone. */
const theirs: Readonly<Record<string, string>> = {
  docvqa: "docvqa_val_reasoning",
  infovqa: "infovqa_val_reasoning",
  mathverse: "mathverse_testmini_reasoning",
  mathvision: "mathvision_reason_test_reasoning",
  mathvista: "mathvista_testmini_cot_reasoning",
  mmbench_cn: "mmbench_cn_dev_reasoning",
};

const sentBy: Readonly<Record<string, Sent>> = {
  "3dsrbench": both("3dsrbench"),
  babyvision: both("babyvision"),
  cc_ocr: both("cc_ocr_doc_parsing"),
  chartqapro: { ...own("chartqapro"), vlmevalkit: ["chartqapro", "official"] },
  charxiv_val_descriptive: own("charxiv_dq", "official"),
  charxiv_val_reasoning: own("charxiv_rq", "official"),
  countbenchqa: {
    "lmms-eval": ["countbenchqa", "lmms-eval"],
    "lmms-eval:countbench": ["countbench", "default"],
  },
  crpe_relation: own("crpe_relation", "official"),
  cv_bench: own("cv_bench"),
  dynamath: {
    official: ["dynamath", "default"],
    vlmevalkit: ["dynamath", "vlmevalkit"],
    "vlmevalkit:noprompt": ["dynamath", "vlmevalkit-noprompt"],
  },
  embspatial: own("embspatial"),
  emma: own("emma"),
  erqa: { ...own("erqa"), "vlmevalkit:ERQABench": ["erqa", "official"] },
  llava_interleave_bench_in_domain: own("llava_interleave"),
  llava_interleave_bench_multi_view: own("llava_interleave_multi_view"),
  logicvista: { vlmevalkit: ["logicvista", "default"] },
  hrbench4k: { ...own("hrbench"), vlmevalkit: ["hrbench", "official"] },
  mindcube: own("mindcube"),
  mmerealworld: own("mme_realworld"),
  mmerealworld_cn: own("mme_realworld_cn"),
  mmlongbench_doc: { "lmms-eval": ["mmlongbench_doc", "lmms-eval"] },
  mmsi_bench: own("mmsi_bench"),
  mmvp: own("mmvp", "official"),
  mtvqa: own("mtvqa"),
  naturalbench: both("naturalbench"),
  olympiadbench: { ...own("olympiadbench", "official"), vlmevalkit: ["olympiadbench", "official"] },
  omnispatial: {
    "lmms-eval:omni_spatial": ["omni_spatial", "default"],
    "lmms-eval:omnispatial_test": ["omnispatial", "default"],
  },
  ocrbench_v2: own("ocrbench_v2", "official", "vlmevalkit"),
  omnidocbench: own("omnidocbench", "vlmevalkit"),
  osworld_g: own("osworld_g", "vlmevalkit"),
  pixmo_count: own("pixmo_count"),
  screenspot_pro: own("screenspot_pro", "vlmevalkit"),
  screenspot_v2: own("screenspot_v2", "vlmevalkit"),
  // VLMEvalKit's words for refspatial are those of the class whose scoring is not offered.
  refspatial: own("refspatial", "official"),
  refspatial_json: {
    "lmms-eval": ["refspatial_json", "default"],
    official: ["refspatial_json", "default"],
    vlmevalkit: ["refspatial_json", "vlmevalkit"],
  },
  refspatial_official_Gemini25Pro: { official: ["refspatial", "gemini"] },
  refspatial_official_Molmo: { official: ["refspatial", "molmo"] },
  refspatial_official_RoboBrain: { official: ["refspatial", "robobrain"] },
  robo_spatial: {
    "lmms-eval": ["robo_spatial", "lmms-eval"],
    official: ["robo_spatial", "default"],
    vlmevalkit: ["robo_spatial", "vlmevalkit"],
  },
  seedbench_2_plus: own("seedbench_2_plus"),
  simplevqa: { ...own("simplevqa", "vlmevalkit"), "lmms-eval:qwen3_vl": ["simplevqa", "qwen3_vl"] },
  visulogic: own("visulogic"),
  VisualPuzzles: {
    "lmms-eval:cot": ["visualpuzzles", "default"],
    "lmms-eval:direct": ["visualpuzzles_direct", "default"],
  },
  vl_rewardbench: own("vl_rewardbench", "vlmevalkit"),
  vlms_are_biased: both("vlms_are_biased"),
  vlmsareblind: own("vlmsareblind", "official", "vlmevalkit"),
  where2place: own("where2place"),
  where2place_json: own("where2place_json"),
  worldvqa: own("worldvqa", "official", "vlmevalkit"),
  zerobench: own("zerobench", "vlmevalkit"),
  ...Object.fromEntries(
    [
      ...["ai2d", "chartqa", "docvqa", "infovqa", "mathverse", "mathvision", "mathvista", "mmstar", "ocrbench"],
      ...["realworldqa", "seedbench", "vstar_bench", "mmbench_cn"],
    ].map((name) => [theirs[name] ?? `${name}_reasoning`, own(`${name}_reasoning`)]),
  ),
  mmmu_val_pass64: own("mmmu"),
  mmmu_val_qwen: { "lmms-eval": ["mmmu", "qwen"] },
  llava_in_the_wild_ko: own("llava_in_the_wild_ko"),
  mmstar_qwen: { "lmms-eval": ["mmstar", "qwen3_vl"] },
  mmstar_ko: own("mmstar_ko"),
  mmstar_oc: own("mmstar_oc"),
  seedbench_ko: own("seedbench_ko"),
  mmbench_ko_dev: own("mmbench_ko_judged"),
  mmbench_ru_dev: own("mmbench_ru_judged"),
  mmbench_en_dev_reasoning: { "lmms-eval:en_reasoning folder": ["mmbench_en_reasoning", "default"] },
  ...Object.fromEntries(
    ["mmmu_val_reasoning", "mmmu_pro_standard_cot_reasoning", "mmmu_pro_vision_cot_reasoning"].map((name) => [
      name,
      own(name),
    ]),
  ),
};

/** What is not asked here, or not in these words. */
const notSent: Readonly<Record<string, string>> = {
  ...reasons("a variant of lmms-eval's that is no task here: tasks --like says why", ["mmmu_val_group_img"]),
  ...reasons("no task of this benchmark is here", [...["emma_direct", "emma_vek_marks", "wemath_testmini"]]),
  ...reasons("a judge's words, which the task's own test holds", [
    "babyvision_judge",
    "emma_judge",
    "vl_rewardbench_judge",
    "worldvqa_judge",
  ]),
  ...reasons("words that ask for reasoning or a program, which no profile sends", ["chartqapro_cot", "chartqapro_pot"]),
};

function reasons(why: string, names: readonly string[], suffix = ""): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name + suffix, why]));
}

type Item = { readonly image: unknown } | { readonly text: string } | { readonly system: string };
interface Expected {
  readonly text?: string;
  readonly content?: readonly Item[];
  readonly messages?: readonly { readonly role: string; readonly content: readonly Item[] }[];
  /** What the judge is told, and what it is asked. */
  readonly judge_system?: string;
  readonly judge_content?: string;
}

/** Where only the words are known, they alone are compared. */
interface Words {
  readonly text?: string;
  readonly system?: string;
  /** Texts, and `[name]` for an image. */
  readonly parts?: readonly string[];
  readonly judge?: readonly string[];
}

const joined = (items: readonly Item[]): readonly string[] =>
  merged(
    items.flatMap((item): (string | readonly unknown[])[] =>
      "system" in item ? [] : "text" in item ? [item.text] : [[item.image]],
    ),
  );

/** Neighbouring texts as one; an empty one is nothing. */
function merged(items: readonly (string | readonly unknown[])[]): readonly string[] {
  const parts: string[] = [];
  let open = false;
  for (const item of items) {
    if (typeof item !== "string") parts.push(`[${String(item[0])}]`);
    else if (open) parts.push(`${parts.pop()}${item}`);
    else if (item !== "") parts.push(item);
    open = typeof item === "string" ? open || item !== "" : false;
  }
  return parts;
}

function wordsOf(expected: Expected | readonly Item[]): Words {
  if (Array.isArray(expected)) {
    const items = expected as readonly Item[];
    const parts = joined(items);
    const system = items.find((item) => "system" in item)?.system;
    if (system !== undefined) return { system, parts };
    return items.some((item) => "image" in item) ? { parts } : { text: parts.join("") };
  }
  const { text, content, messages, judge_system, judge_content } = expected as Expected;
  if (judge_content !== undefined) return { text: text ?? "", judge: [judge_system ?? "", judge_content] };
  if (messages !== undefined) {
    const system = messages.find(({ role }) => role === "system")?.content ?? [];
    const user = messages.find(({ role }) => role === "user")?.content ?? [];
    return { system: joined(system).join(""), parts: joined(user) };
  }
  return content !== undefined ? { parts: joined(content) } : { text: text ?? "" };
}

function sentWords({ messages }: Prompt): Words {
  const of = (role: string): readonly Part[] =>
    messages.filter((one) => one.role === role).flatMap(({ parts }) => parts);
  const items = (parts: readonly Part[]) =>
    merged(
      parts.map((part) =>
        part.type === "text" ? part.text : [(part.type === "video" ? part.video : part.image).path],
      ),
    );
  const user = items(of("user"));
  return {
    text: of("user")
      .flatMap((part) => (part.type === "text" ? [part.text] : []))
      .join(""),
    ...{ system: items(of("system")).join(""), parts: user },
  };
}

const image = (path: string): ImageRef => ({ path, bytes: () => Promise.reject(new Error("nothing is read here")) });

/** Cells with a mark of an image become one. */
function withImages(cell: unknown): unknown {
  if (Array.isArray(cell)) return cell.map(withImages);
  if (typeof cell !== "object" || cell === null) return cell;
  const { $image, $base64 } = cell as { $image?: unknown; $base64?: unknown };
  const name = $image ?? $base64;
  return name === undefined ? cell : image(typeof name === "string" ? name : "image");
}

function rowOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const row = Object.fromEntries(Object.entries(given).map(([column, cell]) => [column, withImages(cell)]));
  // Paths of files are images here; MTVQA's and CharXiv's rows are their questions already.
  if (Array.isArray(given.images))
    row.images = given.images.map((cell) =>
      typeof cell === "string" ? image(cell.split(" ")[0] ?? "") : withImages(cell),
    );
  if ("evidence_pages" in given) row.pages = [1, 2, 3, 4, 5].map((page) => image(`page ${page}`));
  if (typeof row.image_path === "string") row.image_path = image("image1");
  if (typeof row.image === "object" && row.image !== null && "path" in row.image && row.image.path === null)
    row.image = image("image");
  const [, number] = /descriptive_q(\d)/.exec(Object.keys(given).join(" ")) ?? [];
  return {
    ...{ ...row, pair: { question: row.question, answer: row.answer } },
    ...(number === undefined ? {} : { number: Number(number) }),
  };
}

function promptFile(): VectorFile {
  const functions = Object.entries(sentBy).map(([fn, sent]) => [
    fn,
    ({ row: given }: { row: Record<string, unknown> }) => {
      const row = rowOf(given);
      return Object.fromEntries(
        Object.entries(sent).map(([harness, [name, profile]]) => {
          const task = taskNamed(name);
          return [harness, sentWords(task.prompt(row, profile))];
        }),
      );
    },
  ]);
  // Its judge's words: VLMEvalKit's are one turn.
  const toJudge = ({ row: { question, prediction } }: { row: { question: string; prediction: string } }) => ({
    vlmevalkit: { text: vlmEvalKitExtraction(question, prediction) },
  });
  /** With its judge's words, about the vectors' own answer. */
  const reviewedInKorean = ({ row: given }: { row: Record<string, unknown> }) => {
    const task = taskNamed("llava_in_the_wild_ko");
    const row = rowOf(given);
    const output = {
      text: "model answer",
      finish: "stop",
      usage: {},
      timing: { totalMs: 0, attempts: 1 },
      warnings: [],
    };
    const question = task.judge?.ask(row, output as Output, [], "lmms-eval");
    const judge = question?.prompt.messages.map(({ parts }) =>
      parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(""),
    );
    return { "lmms-eval": { ...sentWords(task.prompt(row, "default")), judge } };
  };
  return {
    part: "the words and images that a task sends",
    unsupported: notSent,
    setAside: ({ row }: { row: { source?: unknown; question?: unknown; question_type?: unknown } }, fn) => {
      if (fn.startsWith("mmmu") && /<image [2-9]>.*<image 1>/s.test(String(row.question)))
        return "it puts images into their places by number, which may be another's place";
      return /_zh_/.test(String(row.source)) ? "a problem in Chinese, which no task here asks" : undefined;
    },
    compare: { extraKeys: true },
    reference: (expected, fn) =>
      Object.fromEntries(
        Object.entries(expected as Record<string, Expected | readonly Item[]>).flatMap(([harness, words]) =>
          harness in (sentBy[fn] ?? {}) || fn === "mmlongbench_doc_extract" ? [[harness, wordsOf(words)]] : [],
        ),
      ),
    functions: {
      ...Object.fromEntries(functions),
      mmlongbench_doc_extract: toJudge,
      llava_in_the_wild_ko: reviewedInKorean,
    },
  };
}

export const promptVectors: Readonly<Record<string, VectorFile>> = {
  "prompts/catalogue1": promptFile(),
  "prompts/catalogue2": promptFile(),
};
