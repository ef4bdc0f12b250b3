/** Prompt vectors of the video benchmarks: a row goes in, the words that lmms-eval sends come out, subtitles among them. */

import type { Part } from "../../../src/core/prompt.js";
import type { VideoRef } from "../../../src/core/video.js";
import { egoSchemaChoices } from "../../../tasks/egoschema/score.js";
import { videoMmmuOptions } from "../../../tasks/mmmu/video-score.js";
import { taskNamed } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

interface Given {
  readonly doc: Readonly<Record<string, unknown>>;
  readonly kwargs?: Readonly<Record<string, unknown>> | null;
  /** Words of Video-MME-v2's subtitles; null: the video has none. */
  readonly subtitle?: readonly object[] | null;
}

const clip = (path: string): VideoRef => ({
  path,
  file: () => Promise.reject(new Error("nothing is decoded here")),
  named: clip,
  beside: (text) => ({ path: text, read: async () => undefined }),
});

/** Columns that name the clip, by the benchmarks. */
const clipColumns = ["videoID", "video_id", "video_idx", "video", "video_name", "video_path", "scene_name"];
const isClip = (column: string): boolean => clipColumns.includes(column);

function rowOf(name: string, doc: Given["doc"]): Record<string, unknown> {
  const columns = Object.fromEntries(clipColumns.map((column) => [column, clip("x")]));
  const cells = Object.entries(doc).map(([column, cell]) => [column, isClip(column) ? clip(String(cell)) : cell]);
  // Video-MMMU's id is its clip, which says the discipline.
  return {
    ...columns,
    ...(name.startsWith("video_mmmu") ? { id: clip("dev_Art_1") } : {}),
    ...Object.fromEntries(cells),
  };
}

const nothingShown = { indices: [], times: [], total: 0, rate: 1 };

function wordsOf(part: Part, subtitle: Given["subtitle"]): string {
  if (part.type === "text") return part.text;
  if (part.type === "image" || part.subtitles === undefined) return "";
  const text = subtitle?.map((word) => JSON.stringify(word)).join("\n");
  return part.subtitles.place(text, nothingShown).join("");
}

function sent(name: string, profile: string, { doc, subtitle }: Given): string {
  const task = taskNamed(name);
  const row = rowOf(name, doc);
  // No run asks a question of another kind, whether its answer is a number or a letter.
  const couldBe = (target: string) => task.hasReference?.({ ...row, ground_truth: target }) !== false;
  if ("question_type" in doc && name === "vsibench" && !["1", "A"].some(couldBe)) throw new RangeError("no reference");
  const { messages } = task.prompt(row, profile);
  return messages
    .filter(({ role }) => role === "user")
    .flatMap(({ parts }) => parts.map((part) => wordsOf(part, subtitle)))
    .join("");
}

/** By what distinguishes them: the yaml's words before and after the question. */
function profileOf({ kwargs }: Given): string {
  const { post_prompt: after, pre_prompt: before, format, na_post_prompt: number } = kwargs ?? {};
  if (format === "qwen3_vl") return "qwen3_vl";
  if (String(before).startsWith("[UNUSED")) return "xcomposer2_4khd";
  if (String(before).startsWith("Please answer the question about")) return "aria";
  if (after === "Answer the question with A, B, C, or D." || String(number).startsWith("Do not response"))
    return "gpt4v";
  if (after === "The best answer is:") return "llava_vid";
  const last = typeof after === "object" ? (after as Record<string, unknown>).yes_no : after;
  return last === "\nOnly give the best option." || last === "\nOnly answer yes or no." ? "plm" : "default";
}

/** lmms-eval's name, where ours is another. */
const renamed: Readonly<Record<string, string>> = { nextqa_mc_test: "nextqa_mc", nextqa_oe_test: "nextqa_oe" };

const names = [
  ...["videomme", "videomme_v2", "videomme_v2_reasoning", "videomme_v2_w_subtitle", "egoschema", "egoschema_subset"],
  ...[
    "nextqa_mc_test",
    "nextqa_oe_test",
    "perceptiontest_val_mc",
    "activitynetqa",
    "longvideobench_val_v",
    "mlvu_dev",
    "mlvu_test",
  ],
  ...["multi_choice", "yes_no", "caption_matching", "captioning"].map((form) => `tempcompass_${form}`),
  ...["adaptation", "comprehension", "perception", "adaptation_question_only"].map((track) => `video_mmmu_${track}`),
  ...["lvbench", "vsibench"],
  ...["action_antonym", "action_count", "action_localization", "action_prediction", "action_sequence"].map(mvbench),
  ...["character_order", "counterfactual_inference", "egocentric_navigation", "episodic_reasoning"].map(mvbench),
  ...["fine_grained_action", "fine_grained_pose", "moving_attribute", "moving_count", "moving_direction"].map(mvbench),
  ...["object_existence", "object_interaction", "object_shuffle", "scene_transition", "state_change"].map(mvbench),
  mvbench("unexpected_action"),
];
function mvbench(kind: string): string {
  return `mvbench_${kind}`;
}

/** VLMEvalKit's list of candidates is Python's text of a list. */
const quoted = (list: unknown): string[] =>
  [...String(list).matchAll(/'((?:[^'\\]|\\.)*)'/g)].map(([, text = ""]) => text);

interface Template {
  readonly doc: { readonly question: string; readonly candidates: string; readonly answer: string };
}

export const videoPromptVectors: Readonly<Record<string, VectorFile>> = {
  "prompts/video": {
    part: "the words that a task sends",
    functions: {
      ...Object.fromEntries(
        names.map((name) => [`lmms.${name}`, (given: Given) => sent(renamed[name] ?? name, profileOf(given), given)]),
      ),
      // Theirs ends before the words that the authors put last.
      "vlmevalkit.mvbench.qa_template": ({ doc: { question, candidates, answer } }: Template) => {
        const options = quoted(candidates);
        const text = sent("mvbench_action_count", "official", { doc: { question, candidates: options } });
        return [text.split("\nOnly give the best option.")[0], `(${"ABCD"[options.indexOf(answer)]}) ${answer}`];
      },
      "lmms.egoschema.doc_to_choice": ({ doc }: { doc: { option: string[] } }) => egoSchemaChoices(doc.option),
      "vlmevalkit.videommmu.parse_options": ({ doc }: { doc: { options: string[] } }) => videoMmmuOptions(doc.options),
    },
    unsupported: {
      "vlmevalkit.mlvu.qa_template": "VLMEvalKit's words, which no profile sends",
      "vlmevalkit.tempcompass_mcq.qa_template": "VLMEvalKit's words, which no profile sends",
      "vlmevalkit.tempcompass_yorn.qa_template": "VLMEvalKit's words, which no profile sends",
      "vlmevalkit.tempcompass_captioning.qa_template": "VLMEvalKit's words, which no profile sends",
    },
    setAside: ({ doc, kwargs }: Given, fn) => {
      if (fn.startsWith("lmms.egoschema") && doc.option === undefined)
        return "a row without its options is not asked; by their log-likelihood the question stands alone";
      if (fn === "lmms.videomme_v2_reasoning" && kwargs?.format === "qwen3_vl")
        return "a profile without the reasoning that the task is about";
      return kwargs?.prompt_format === "neo_ov" ? "words for one model alone" : undefined;
    },
  },
};
