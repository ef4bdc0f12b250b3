/** Vector files of the video benchmarks that are multiple choice. */

import { mean } from "../../../src/metrics/mean.js";
import { optionLetters } from "../../../src/text/mmmu-choice.js";
import { egoSchemaLetter, egoSchemaScore } from "../../../tasks/egoschema/score.js";
import { type LongVideoQuestion, longVideoScore } from "../../../tasks/longvideobench/score.js";
import { type LongVideoSubtitle, lmmsTimes, placed } from "../../../tasks/longvideobench/subtitles.js";
import { lvbenchScore } from "../../../tasks/lvbench/score.js";
import { devAverage, mlvuScore, testAverage } from "../../../tasks/mlvu/score.js";
import {
  firstLine,
  goldLetter,
  type MvbenchQuestion,
  mvbenchScore,
  namesOption,
  opened,
} from "../../../tasks/mvbench/score.js";
import { type NextQaChoice, nextQaScore, nextQaWups } from "../../../tasks/nextqa/score.js";
import { withoutStopWords, wupOf, wups } from "../../../tasks/nextqa/wups.js";
import { perceptionLetter, perceptionScore } from "../../../tasks/perceptiontest/score.js";
import { foldValue } from "../fold.js";
import type { VectorFile } from "../vector-file.js";
import { lmms, one, vlmevalkit } from "./catalogue-metrics.js";
import { asked, scoreOf } from "./video-rules.js";

const shares = (values: readonly number[]) =>
  foldValue(
    mean("accuracy"),
    values.map((value) => ({ value })),
  );
const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

interface Losses<Doc> {
  readonly losses: readonly number[];
  readonly doc: Doc;
}
const smallest = (losses: readonly number[]) => losses.indexOf(Math.min(...losses));

interface EgoDoc {
  readonly option: readonly string[];
  readonly answer: string;
}
const egoschema: VectorFile = {
  functions: {
    "lmms.process_results_generation": ({ doc, prediction }: { doc: EgoDoc; prediction: string }) => {
      const said = asked(["egoschema_subset", egoSchemaScore], doc, prediction, lmms);
      if (said.drawn) return undefined;
      const letter = egoSchemaLetter(prediction, doc.option) ?? "";
      if (scoreOf(said) !== one(letter === optionLetters(5)[Number(doc.answer)])) return "another score";
      return { pred: optionLetters(5).indexOf(said.answer), ground_truth: doc.answer };
    },
    "lmms.process_results_mcppl": ({ losses, doc }: Losses<EgoDoc>) => ({
      pred: smallest(losses),
      ground_truth: doc.answer,
    }),
    "lmms.aggregate_score": ({ results }: { results: { pred: number; ground_truth: string }[] }) =>
      shares(results.map(({ pred, ground_truth }) => one(String(pred) === ground_truth))),
  },
};

interface LvbSample {
  readonly duration_group: number;
  readonly question_category: string;
  readonly answer: string;
  readonly parsed_pred: string;
}
interface LvbSubtitles {
  readonly subtitles: readonly LongVideoSubtitle[];
  readonly starting_timestamp_for_subtitles: number;
  readonly duration: number;
  readonly max_frames: number;
  readonly frame_timestamps: readonly number[];
}
const clipOf = ({ subtitles, duration, starting_timestamp_for_subtitles: offset }: LvbSubtitles) => ({
  ...{ subtitles, duration, offset },
});
const longvideobench: VectorFile = {
  functions: {
    "lmms.process_results": ({
      doc,
      prediction,
    }: {
      doc: LongVideoQuestion & { id: string; duration_group: number; question_category: string };
      prediction: string;
    }) => {
      const said = asked(["longvideobench_val_v", longVideoScore], doc, prediction, lmms);
      const { id, duration_group, question_category } = doc;
      const parsed_pred = said.drawn ? null : said.answer;
      const answer = optionLetters(5)[doc.correct_choice];
      if (!said.drawn && scoreOf(said) !== one(parsed_pred === answer)) return "another score";
      return said.drawn ? undefined : { id, duration_group, question_category, answer, parsed_pred };
    },
    "vlmevalkit.extract_characters_regex": ({ prediction }: { prediction: string }) => {
      const options = { option0: "a", option1: "b", option2: "c", option3: "d", option4: "e" };
      return asked(["longvideobench_val_v", longVideoScore], { ...options, correct_choice: 0 }, prediction, vlmevalkit)
        .answer;
    },
    "lmms.aggregate_results": ({ results }: { results: LvbSample[] }) => {
      const right = ({ answer, parsed_pred }: LvbSample) => one(answer === parsed_pred);
      const printed: Record<string, { num: number; acc: number }> = {};
      for (const key of results.flatMap(({ duration_group, question_category }) => [
        duration_group,
        question_category,
      ])) {
        const group = results.filter((row) => row.duration_group === key || row.question_category === key);
        printed[String(key)] = { num: group.length, acc: rounded(shares(group.map(right)) ?? 0, 5) };
      }
      const overall = rounded(shares(results.map(right)) ?? 0, 5);
      // Theirs counts every sample twice there.
      printed.Overall = { num: 2 * results.length, acc: overall };
      return { overall, printed };
    },
    "lmms.insert_subtitles": (input: LvbSubtitles) =>
      placed(lmmsTimes(input.duration, input.max_frames), clipOf(input))
        .map((part) => (typeof part === "number" ? "<image>" : part))
        .join("\n"),
    "vlmevalkit.insert_subtitles": (input: LvbSubtitles) =>
      placed(input.frame_timestamps, clipOf(input)).map((part) =>
        typeof part === "number" ? { type: "image", value: `f${part}` } : { type: "text", value: `${part}\n` },
      ),
  },
};

const lvbench: VectorFile = {
  functions: {
    "lmms.process_results": ({ doc, prediction }: { doc: { answer: string }; prediction: string }) =>
      scoreOf(asked(["lvbench", lvbenchScore], doc, prediction, lmms)) === 1,
  },
};

interface MlvuSample {
  readonly task_type: string;
  readonly pred_answer: string;
  readonly answer: string;
}
const mlvuMean = (metric: typeof devAverage) => (input: { results: MlvuSample[] }) => {
  const rows = input.results.map(({ task_type, pred_answer, answer }) => ({
    value: one(pred_answer === answer),
    groups: { task_type },
  }));
  return (foldValue(metric, rows, "lmms-eval") ?? 0) * 100;
};
const letterOf = (answer: string) => answer.slice(1, answer.indexOf(")"));
const mlvu: VectorFile = {
  compare: { tolerance: { absolute: 1e-9, relative: 1e-9 } },
  functions: {
    "lmms.process_results": ({
      doc,
      prediction,
    }: {
      doc: { question: string; task_type: string; answer: string };
      prediction: string;
    }) => {
      const said = asked(["mlvu_dev", mlvuScore], doc, prediction, lmms);
      const { question: question_id, task_type, answer } = doc;
      return { question_id, task_type, pred_answer: said.answer, answer };
    },
    "official.check_ans": ({ prediction, answer }: { prediction: string; answer: string }) =>
      scoreOf(asked(["mlvu_dev", mlvuScore], { answer: letterOf(answer) }, prediction)) === 1,
    "vlmevalkit.check_ans": ({ prediction, answer }: { prediction: string; answer: string }) =>
      scoreOf(asked(["mlvu_dev", mlvuScore], { answer: letterOf(answer) }, prediction, vlmevalkit)) === 1 || {
        $judge: true,
      },
    "lmms.aggregate_results_dev": mlvuMean(devAverage),
    "lmms.aggregate_results_test": mlvuMean(testAverage),
  },
};

const mvbench: VectorFile = {
  functions: {
    "lmms.process_results": ({ doc, prediction }: { doc: MvbenchQuestion; prediction: string }) => ({
      pred_answer: prediction,
      gt_answer: goldLetter(doc),
      // The score of an empty answer, which then leaves the average.
      score: prediction === "" ? 0 : scoreOf(asked(["mvbench_action_sequence", mvbenchScore], doc, prediction, lmms)),
    }),
    check_ans: ({ prediction, answer }: { prediction: string; answer: string }) => {
      const letter = letterOf(answer);
      const candidates = optionLetters(5);
      const row = { candidates, answer: letter };
      return {
        // Theirs takes the first line before it calls this function.
        official:
          firstLine(prediction) === prediction
            ? scoreOf(asked(["mvbench_action_sequence", mvbenchScore], row, prediction)) === 1
            : namesOption(opened(prediction), letter),
        vlmevalkit: scoreOf(asked(["mvbench_action_sequence", mvbenchScore], row, prediction, vlmevalkit)) === 1,
      };
    },
    "lmms.aggregate_results": ({ results }: { results: { pred_answer: string; score: number }[] }) => {
      const rows = results.map(({ pred_answer, score }) => ({ value: pred_answer === "" ? {} : { accuracy: score } }));
      return (foldValue(mean("accuracy", { of: "accuracy" }), rows as never) ?? 0) * 100;
    },
  },
  // `check_ans_advanced` is called by neither of VLMEvalKit's two classes.
  reference: (expected, fn) => {
    if (fn !== "check_ans") return expected;
    const { vlmevalkit_advanced: _, ...rest } = expected as Record<string, unknown>;
    return rest;
  },
};

interface PerceptionDoc {
  readonly answer_id: number | string;
}
const perceptiontest: VectorFile = {
  functions: {
    "lmms.process_results_mc": ({ doc, prediction }: { doc: PerceptionDoc; prediction: string }) => ({
      pred_id: optionLetters(4).indexOf(perceptionLetter(prediction) ?? ""),
      correct: scoreOf(asked(["perceptiontest_val_mc", perceptionScore], doc, prediction, lmms)),
    }),
    "lmms.process_results_mcppl": ({ losses }: Losses<PerceptionDoc>) => smallest(losses),
    // It raises; we score the task.
    "lmms.aggregate_accuracy_of_mcppl": () => undefined,
    "lmms.aggregate_accuracy": ({ results }: { results: { correct: number }[] }) =>
      shares(results.map(({ correct }) => correct)),
  },
};

interface OpenDoc {
  readonly answer: string;
  readonly type: string;
  readonly additional_ref_answer: string | null;
}
interface Wups {
  readonly pred: string;
  readonly truth: string;
  readonly alpha: number;
}
/** The vectors have words in their base forms already. */
const words = (text: string) => text.split(" ").filter(Boolean);
const contentWords = (text: string) => withoutStopWords(words(text));

const nextqa: VectorFile = {
  functions: {
    "lmms.mc_process_results": ({ doc, prediction }: { doc: NextQaChoice; prediction: string }) => {
      const said = asked(["nextqa_mc", nextQaScore], doc, prediction, lmms);
      return said.drawn ? undefined : { exact_match: scoreOf(said) === 1 };
    },
    "lmms.wup": ({ word1, word2, alpha }: { word1: string; word2: string; alpha: number }) =>
      wupOf(word1, word2, alpha),
    "lmms.get_wups": ({ pred, truth, alpha }: Wups) => wups(words(pred), words(truth), alpha),
    "lmms.process_results": ({ doc, prediction }: { doc: OpenDoc; prediction: string }) => {
      const { type, answer, additional_ref_answer: more } = doc;
      const references = { answer: contentWords(answer), additional: more ? contentWords(more) : undefined };
      const value = nextQaWups(contentWords(prediction), { ...references, type });
      return { "0": value.wups, "0.9": value["wups@0.9"], qtype: type === "TP" ? "TN" : type };
    },
    "lmms.aggregate_results": ({ results }: { results: { "0": number }[] }) => {
      const value = shares(results.map((result) => result["0"]));
      return typeof value === "number" ? value * 100 : value;
    },
  },
};

export const videoChoiceVectors: Readonly<Record<string, VectorFile>> = {
  "video/egoschema": egoschema,
  "video/longvideobench": longvideobench,
  "video/lvbench": lvbench,
  "video/mlvu": mlvu,
  "video/mvbench": mvbench,
  "video/nextqa": nextqa,
  "video/perceptiontest": perceptiontest,
};
