/** Vector files of the video benchmarks whose values are made of groups, or whose answers are judged or calculated. */

import { mean } from "../../../src/metrics/mean.js";
import { meanOfGroups } from "../../../src/metrics/mean-of-groups.js";
import { formatFloat, roundHalfEven } from "../../../src/text/python-numbers.js";
import { activityVerdict, lmmsVerdict, pythonDictionary } from "../../../tasks/activitynetqa/judge.js";
import { activityScore } from "../../../tasks/activitynetqa/score.js";
import { parseVideoOpen } from "../../../tasks/mmmu/open-answer.js";
import { domainOf, subjectOf } from "../../../tasks/mmmu/score.js";
import { type VideoMmmuQuestion, videoMmmuScore } from "../../../tasks/mmmu/video-score.js";
import { captionVerdict, saysCorrect } from "../../../tasks/tempcompass/judge.js";
import {
  hasMarks,
  type TempCompassForm,
  type TempCompassQuestion,
  tempCompassScore,
  yesNoSaid,
} from "../../../tasks/tempcompass/score.js";
import { logicScore, meanOfVideos, relevanceScore } from "../../../tasks/videomme/group-score.js";
import { subtitleBlock, subtitledWords, type VideoMmeWords } from "../../../tasks/videomme/prompt.js";
import { type GroupedQuestion, videoMmeScore, videoMmeV2Score } from "../../../tasks/videomme/score.js";
import { allSubtitles, type SubtitleWord, segmentsOf, subtitlesOfFrames } from "../../../tasks/videomme/subtitles.js";
import { vsiAverage } from "../../../tasks/vsibench/average.js";
import { choiceTypes, meanRelativeAccuracy, type VsiQuestion, vsiScore } from "../../../tasks/vsibench/score.js";
import { type FoldInput, foldValue } from "../fold.js";
import type { VectorFile } from "../vector-file.js";
import { lmms, one, vlmevalkit } from "./catalogue-metrics.js";
import { asked, scoreOf } from "./video-rules.js";

const shareOrNone = (values: readonly number[]): number | null =>
  foldValue(
    mean("accuracy"),
    values.map((value) => ({ value })),
  );
const share = (values: readonly number[]): number => shareOrNone(values) ?? 0;

const durations = ["short", "medium", "long"];
const domains = [
  ...["Knowledge", "Film & Television", "Sports Competition", "Artistic Performance", "Life Record", "Multilingual"],
];
const subCategories = [
  ...["Humanity & History", "Literature & Art", "Biology & Medicine", "Finance & Commerce", "Astronomy", "Geography"],
  ...["Law", "Life Tip", "Technology", "Animation", "Movie & TV Show", "Documentary", "News Report", "Esports"],
  ...["Basketball", "Football", "Athletics", "Other Sports", "Stage Play", "Magic Show", "Variety Show", "Acrobatics"],
  ...["Handicraft", "Food", "Fashion", "Daily Life", "Travel", "Pet & Animal", "Exercise", "Multilingual"],
];
const taskTypes = [
  ...["Temporal Perception", "Spatial Perception", "Attribute Perception", "Action Recognition", "Object Recognition"],
  ...["OCR Problems", "Counting Problem", "Temporal Reasoning", "Spatial Reasoning", "Action Reasoning"],
  ...["Object Reasoning", "Information Synopsis"],
];

interface VideoMmeSample {
  readonly duration: string;
  readonly category: string;
  readonly sub_category: string;
  readonly task_category: string;
  readonly pred_answer: string;
  readonly answer: string;
}

/** lmms-eval prints every group's accuracy; a name that stands in two columns is counted in both. */
function videoMmeLog(results: readonly VideoMmeSample[]): unknown {
  const value = ({ pred_answer, answer }: VideoMmeSample) => one(pred_answer === answer);
  const columns = ({ duration, category, sub_category, task_category }: VideoMmeSample) => [
    ...[duration, category, sub_category, task_category],
  ];
  const of = (name: string) => results.filter((row) => columns(row).some((column) => column === name));
  const line = (title: string, rows: readonly VideoMmeSample[]) =>
    `${title}:  ${roundHalfEven(100 * share(rows.map(value)), 1).toFixed(1)}%`;
  return {
    overall: 100 * share(results.map(value)),
    logged: [
      ...durations.map((name) => line(`Evaluation on video Type: ${name}`, of(name))),
      ...domains.map((name) => line(`Evaluation on Categories: ${name}`, of(name))),
      ...subCategories.map((name) => line(`Evaluation on Video Sub Categories: ${name}`, of(name))),
      ...taskTypes.map((name) => line(`Evaluation on Task Categories: ${name}`, of(name))),
      line("Overall Performance", results),
    ],
  };
}

interface VlmSample {
  readonly duration: string;
  readonly domain: string;
  readonly sub_category: string;
  readonly task_type: string;
  readonly score: number;
}
function videoMmeRating(results: readonly VlmSample[]): unknown {
  const scored = results.filter(({ score }) => score >= 0);
  const rating = (rows: readonly VlmSample[]) =>
    rows.length === 0 ? "nan" : roundHalfEven(share(rows.map(({ score }) => score)), 3).toFixed(3);
  const table = (rows: readonly VlmSample[]) => {
    const each = (key: "domain" | "sub_category" | "task_type", names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, rating(rows.filter((row) => row[key] === name))]));
    return {
      overall: rating(rows),
      domain: each("domain", domains),
      sub_category: each("sub_category", subCategories),
      task_type: each("task_type", taskTypes),
    };
  };
  return Object.fromEntries([
    ...durations.map((name) => [name, table(scored.filter(({ duration }) => duration === name))] as const),
    ["overall", table(scored)],
  ]);
}

interface SubtitledDoc {
  readonly srt: string | null;
  readonly fps: number;
  readonly total_frames: number;
  readonly doc: VideoMmeWords;
  readonly lmms_eval_specific_kwargs: {
    readonly frame_num?: number;
    readonly format?: string;
    readonly gemini_api_flag?: string;
  };
}
function subtitledPrompt({
  srt,
  fps,
  total_frames: frames,
  doc,
  lmms_eval_specific_kwargs: asks,
}: SubtitledDoc): string {
  const all = asks.gemini_api_flag !== undefined;
  const of = (file: string) =>
    all ? allSubtitles(file) : subtitlesOfFrames(file, { fps, frames }, asks.frame_num ?? 0);
  const profile = asks.format ?? "default";
  return subtitleBlock(srt === null ? undefined : of(srt), profile) + subtitledWords(doc, profile);
}

interface VideoMmeDoc {
  readonly question_id: string;
  readonly duration: string;
  readonly domain: string;
  readonly sub_category: string;
  readonly task_type: string;
  readonly answer: string;
  readonly videoID: string;
}
const videomme: VectorFile = {
  functions: {
    "lmms.process_results": ({ doc, prediction }: { doc: VideoMmeDoc; prediction: string }) => {
      const said = asked(["videomme", videoMmeScore], doc, prediction, lmms);
      const { question_id, duration, domain, sub_category, task_type, answer, videoID } = doc;
      const groups = { category: domain, sub_category, task_category: task_type };
      return { question_id, duration, ...groups, pred_answer: said.answer, answer, score: scoreOf(said), videoID };
    },
    "vlmevalkit.extract_characters_regex": ({ prediction }: { prediction: string }) =>
      asked(["videomme", videoMmeScore], { answer: "A" }, prediction, vlmevalkit).answer,
    "lmms.aggregate_results": ({ results }: { results: VideoMmeSample[] }) => videoMmeLog(results),
    "vlmevalkit.get_dimension_rating": ({ results }: { results: VlmSample[] }) => videoMmeRating(results),
    "lmms.doc_to_text_subtitle": subtitledPrompt,
  },
};

type V2Sample = GroupedQuestion & {
  readonly video_id: string;
  readonly second_head: string;
  readonly third_head: string;
  readonly score: number;
};
const v2Input = ({ answer = "A", ...row }: Partial<V2Sample> & Omit<V2Sample, "answer">): FoldInput => {
  // No gold of the vectors is an H.
  const said = row.score === 1 ? answer : row.score === 0 ? "H" : "";
  const { value, data = null } = asked(["videomme_v2", videoMmeV2Score], { ...row, answer }, said);
  return { value, data, cluster: row.video_id };
};
const groups = (
  rows: readonly V2Sample[],
  kept: Parameters<typeof meanOfVideos>[1],
  scoring: "official" | "lmms-eval",
) => 100 * (foldValue(meanOfVideos("score", kept), rows.map(v2Input), scoring) ?? 0);
const questions = (rows: readonly V2Sample[]) => 100 * share(rows.map(({ score }) => one(score === 1)));

const videommeV2: VectorFile = {
  functions: {
    extract: ({ prediction }: { prediction: string }) => {
      const row = { ...{ question_id: "0-1", answer: "A", group_type: "relevance", group_structure: "[1,2,3,4]" } };
      const letter = (scoring: "official" | "lmms-eval" | "vlmevalkit") =>
        asked(["videomme_v2", videoMmeV2Score], row, prediction, { scoring }).answer;
      return { lmms: letter("lmms-eval"), official: letter("official"), vlmevalkit: letter("vlmevalkit") };
    },
    group: ({ scores }: { scores: number[] }) => {
      const structures = ["[1, 2, 3, 4]", "[1, [2, 3], 4]", "[[1, 2], 3, 4]"];
      const relevance = 100 * relevanceScore(scores);
      return {
        relevance,
        relevance_official: [relevance, 100 * share(scores)],
        ...Object.fromEntries(structures.map((structure) => [structure, 100 * logicScore(scores, structure)])),
      };
    },
    "lmms.aggregate": ({ results }: { results: V2Sample[] }) => {
      const typed = (type: string) => results.filter(({ group_type }) => group_type === type);
      const at = (level: number) => results.filter((row) => Number(row.level) === level);
      return {
        overall_score: groups(results, () => true, "lmms-eval"),
        relevance_score: groups(results, ({ type }) => type === "relevance", "lmms-eval"),
        logic_score: groups(results, ({ type }) => type === "logic", "lmms-eval"),
        level_1_score: groups(results, ({ level }) => level === "1", "lmms-eval"),
        level_2_score: groups(results, ({ level }) => level === "2", "lmms-eval"),
        level_3_score: groups(results, ({ level }) => level === "3", "lmms-eval"),
        overall_acc: questions(results),
        relevance_acc: questions(typed("relevance")),
        logic_acc: questions(typed("logic")),
        level_1_acc: questions(at(1)),
        level_2_acc: questions(at(2)),
        level_3_acc: questions(at(3)),
      };
    },
    "official.get_final_rating": ({ results }: { results: V2Sample[] }) => {
      // Theirs takes four rows of the file for a group.
      const rows = results.map((row, i) => ({ ...row, video_id: String(Math.floor(i / 4)) }));
      const last = rows.filter((_, i) => i % 4 === 3 || i === rows.length - 1);
      const official = (kept: Parameters<typeof meanOfVideos>[1]) => groups(rows, kept, "official");
      const headed = (key: "second_head" | "third_head") =>
        Object.fromEntries(
          [...new Set(last.map((row) => row[key]))].map((head) => {
            const ids = new Set(last.filter((row) => row[key] === head).map(({ video_id }) => video_id));
            return [
              head,
              groups(
                rows.filter(({ video_id }) => ids.has(video_id)),
                () => true,
                "official",
              ),
            ];
          }),
        );
      const relevant = rows.filter(({ group_type }) => group_type === "relevance").map(({ score }) => score);
      return {
        final_rating: {
          level_1: official(({ level }) => level === "1"),
          level_2: official(({ level }) => level === "2"),
          level_3: official(({ level }) => level === "3"),
          relevance_score: official(({ type }) => type === "relevance"),
          // Their linear score, which we do not offer: the accuracy in percent, an answer without a letter being -1.
          relevance_linear_score: 100 * share(relevant),
          logic_score: official(({ type }) => type === "logic"),
          total: official(() => true),
        },
        second_head_rating: headed("second_head"),
        third_head_rating: headed("third_head"),
      };
    },
    "official.group_subtitle_segments": ({ entries }: { entries: SubtitleWord[] }) => segmentsOf(entries),
  },
};

type MmmuDoc = VideoMmmuQuestion & { readonly id: string };
interface MmmuSample {
  readonly id: string;
  readonly subdomain: string;
  readonly question_type: string;
  readonly answer: string;
  readonly parsed_pred: string;
}
const jsonOfCandidate = (candidate: string | number) =>
  typeof candidate === "number"
    ? formatFloat(candidate)
    : JSON.stringify(candidate).replace(
        /[^\x00-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
const videommmu: VectorFile = {
  compare: { unordered: ["parsed_pred"] },
  functions: {
    "lmms.process_results": ({ doc, prediction }: { doc: MmmuDoc; prediction: string }) => {
      const said = asked(["video_mmmu_perception", videoMmmuScore], doc, prediction, lmms);
      const { id, question_type, answer } = doc;
      const chosen = question_type === "multiple-choice";
      const parsed = chosen
        ? said.answer || "No Answer Found."
        : prediction === ""
          ? "API Error"
          : parseVideoOpen(prediction).map(jsonOfCandidate);
      const correct = Number.isNaN(scoreOf(said)) ? false : scoreOf(said) === 1;
      return { id, subdomain: subjectOf(id), question_type, answer, parsed_pred: parsed, correct };
    },
    "vlmevalkit.parse_multi_choice": ({ options, prediction }: { options: string[]; prediction: string }) => {
      if (prediction === "") return "API Error";
      const row = { options, question_type: "multiple-choice", answer: "A" };
      return asked(["video_mmmu_perception", videoMmmuScore], row, prediction, vlmevalkit).answer || "No Answere Found";
    },
    "lmms.aggregate_results": ({ results }: { results: MmmuSample[] }) => {
      const kept = results.filter(({ parsed_pred }) => parsed_pred !== "API Error");
      const cell = (rows: readonly MmmuSample[]) => ({
        num: rows.length,
        acc: roundHalfEven(share(rows.map(({ answer, parsed_pred }) => one(answer === parsed_pred))), 5),
      });
      const printed: Record<string, unknown> = {};
      for (const domain of mmmuDomainNames) {
        const rows = kept.filter(({ subdomain }) => domainOf(subdomain) === domain);
        printed[`Overall-${domain}`] = cell(rows);
        for (const subject of new Set(rows.map(({ subdomain }) => subdomain)))
          printed[subject] = cell(rows.filter(({ subdomain }) => subdomain === subject));
      }
      printed.Overall = cell(kept);
      return { overall: cell(kept).acc, printed };
    },
  },
};
const mmmuDomainNames = [
  ...["Art and Design", "Business", "Science", "Health and Medicine", "Humanities and Social Science"],
  "Tech and Engineering",
];

type VsiSample = VsiQuestion & { readonly prediction: string };
const metricOf = (type: string) => ((choiceTypes as readonly string[]).includes(type) ? "accuracy" : "MRA:.5:.95:.05");
function vsiTable(
  results: readonly VsiSample[],
  scoring: "official" | "lmms-eval",
): Record<string, number> | undefined {
  const rows = results.map((row) => ({
    value: scoreOf(asked(["vsibench", vsiScore], row, row.prediction, { scoring })),
    groups: { question_type: row.question_type },
  }));
  const of = (types: readonly string[]) =>
    foldValue(
      meanOfGroups("mean", { group: "question_type", weights: Object.fromEntries(types.map((type) => [type, 1])) }),
      rows,
    ) ?? Number.NaN;
  const overall = foldValue(vsiAverage, rows, scoring);
  if (overall === null) return undefined;
  const there = new Set(results.map(({ question_type }) => question_type));
  const directions = [...there].filter((type) => type.startsWith("object_rel_direction"));
  // Theirs prints the levels only together.
  const levels = scoring === "lmms-eval" || there.has("object_rel_direction_easy") ? directions : [];
  const each = [...there].filter((type) => !directions.includes(type));
  return {
    ...Object.fromEntries(each.map((type) => [`${type}_${metricOf(type)}`, of([type])])),
    ...(levels.length === 0 ? {} : { object_rel_direction_accuracy: of(levels) }),
    overall,
  };
}
const vsibench: VectorFile = {
  functions: {
    process_results: ({ doc, prediction }: { doc: VsiQuestion; prediction: string }) => ({
      lmms: scoreOf(asked(["vsibench", vsiScore], doc, prediction, lmms)),
      official: scoreOf(asked(["vsibench", vsiScore], doc, prediction)),
    }),
    mean_relative_accuracy: ({ pred, target }: { pred: number; target: number }) => meanRelativeAccuracy(pred, target),
    aggregate: ({ results }: { results: VsiSample[] }) => {
      const official = vsiTable(results, "official");
      return {
        lmms: vsiTable(results, "lmms-eval"),
        official: official && Object.fromEntries(Object.entries(official).map(([name, value]) => [name, 100 * value])),
      };
    },
  },
};

const taskOf: Readonly<Record<TempCompassForm, string>> = {
  "multi-choice": "tempcompass_multi_choice",
  yes_no: "tempcompass_yes_no",
  caption_matching: "tempcompass_caption_matching",
  captioning: "tempcompass_captioning",
};

/** What the rules say, or that a judge is asked. */
const matched = (form: TempCompassForm, row: TempCompassQuestion, text: string) => {
  // No run asks such a row (`hasReference`).
  if (form === "caption_matching" && !hasMarks(row)) throw new RangeError("an option without a mark");
  try {
    return scoreOf(asked([taskOf[form], (...given) => tempCompassScore(form, ...given)], row, text, lmms));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};
const tempcompass: VectorFile = {
  functions: {
    "lmms.multi_choice": ({ doc, prediction }: { doc: TempCompassQuestion; prediction: string }) => {
      const rating = matched("multi-choice", doc, prediction);
      return rating === undefined
        ? { $judge: true }
        : { keys: [`${doc.dim}_accuracy`, "avg_accuracy"].sort(), rating, match_success: true };
    },
    "lmms.yes_no": ({ doc, prediction }: { doc: TempCompassQuestion; prediction: string }) =>
      matched("yes_no", doc, prediction) ?? { $judge: true },
    "lmms.caption_matching": ({ doc, prediction }: { doc: TempCompassQuestion; prediction: string }) =>
      matched("caption_matching", doc, prediction) ?? { $judge: true },
    "vlmevalkit.multi_choice": ({ prediction, answer }: { prediction: string; answer: string }) =>
      matched("multi-choice", { question: "", answer, dim: "" }, prediction) ?? "fail",
    "vlmevalkit.yes_no": ({ prediction }: { prediction: string }) => yesNoSaid(prediction) ?? false,
    "vlmevalkit.caption_matching": (input: { prediction: string; answer: string; candidates: string[] }) => {
      const row = { question: ["", ...input.candidates].join("\n"), answer: input.answer, dim: "" };
      return matched("caption_matching", row, input.prediction) ?? "fail";
    },
    "judge.rating": ({ reply }: { reply: string }) => {
      const right = saysCorrect(reply);
      // VLMEvalKit takes a reply with neither word for a no; no such reply is a verdict of ours.
      return right === undefined ? { lmms: undefined, vlmevalkit: 0 } : { lmms: one(right), vlmevalkit: one(right) };
    },
    "judge.captioning": ({ reply, mc_answer }: { reply: string; mc_answer: string }) => {
      if (reply === "" || reply === "invalid_request_error")
        return { "chatgpt-reasoning": null, "chatgpt-answer": null, rating: -1 };
      const { reasoning, answer, right } = captionVerdict(reply, mc_answer);
      return { "chatgpt-reasoning": reasoning, "chatgpt-answer": answer, rating: one(right) };
    },
    "lmms.aggregate_rating": ({ results }: { results: { rating: number }[] }) =>
      100 * (shareOrNone(results.map(({ rating }) => one(rating === 1))) ?? Number.NaN),
  },
};

const activitynetqa: VectorFile = {
  functions: {
    parse: ({ review }: { review: string }) => {
      const verdict = lmmsVerdict(review);
      const official = pythonDictionary(review);
      // What theirs reads is a verdict of ours only with a text and a number in it.
      const usable = activityVerdict(review, "official") !== undefined;
      if (usable && official === undefined) return "a verdict that theirs cannot read";
      return { lmms: verdict ? [verdict.pred, verdict.score] : null, official };
    },
    "lmms.aggregate": ({ results }: { results: { Correctness: string; score: number }[] }) => {
      const scored = results.map(({ Correctness: pred, score }) =>
        asked(["activitynetqa", activityScore], { answer: "" }, "", { ...lmms, verdicts: [{ pred, score }] }),
      );
      const of = (name: string, range: readonly [number, number]) =>
        foldValue(mean(name, { of: name, range }), scored) ?? 0;
      return { accuracy: 100 * of("accuracy", [0, 1]), score: of("score", [0, 5]) };
    },
  },
};

export const videoGroupVectors: Readonly<Record<string, VectorFile>> = {
  "video/videomme": videomme,
  "video/videomme_v2": videommeV2,
  "video/videommmu": videommmu,
  "video/vsibench": vsibench,
  "video/tempcompass": tempcompass,
  "video/activitynetqa": activitynetqa,
};
