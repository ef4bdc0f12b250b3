import {
  circularAccuracy,
  defineTask,
  Image,
  LETTER_DIRECTLY,
  mean,
  Nullable,
  type Split,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { mmbenchMatching } from "./judge.js";
import { mmbenchBody, mmbenchPrompt, mmbenchQuestionToJudge } from "./prompt.js";
import { mmbenchQuestion, present } from "./row.js";
import { mmbenchHasReference, mmbenchJudgedScore, mmbenchPass, mmbenchStaticScore } from "./score.js";
import { mmbenchSubmission } from "./submission.js";

const text = Type.Optional(Nullable(Type.String()));
const row = Type.Object({
  index: Type.Union([Type.Integer(), Type.String()]),
  question: Type.String(),
  hint: text,
  answer: text,
  ...{ A: text, B: text, C: text, D: text, E: text },
  category: Type.String(),
  "L2-category": text,
  "l2-category": text, // VLMEvalKit's spelling
  source: text,
  split: text,
  image: Image(),
});
type Row = Static<typeof row>;

const SOURCES = ["lmms-lab-encoder/MMBench", "lmms-lab/MMBench"];
const LETTER_DIRECTLY_KO = "주어진 선택지 중 해당 옵션의 문자로 바로 답하세요.";
const LETTER_DIRECTLY_RU = "Выбери правильный вариант ответа буквой.";
const HEADER = "There are several options:";
const LETTER_DIRECTLY_CN = "请直接使用所提供的选项字母作为答案回答。";

const LITE = ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"];

const splits = (config: string): Record<string, Split> => ({
  dev: { sources: SOURCES, configs: [config], split: "dev", rows: 4329, licence: "apache-2.0", answers: "public" },
  test: { sources: SOURCES, configs: [config], split: "test", rows: 6666, licence: "apache-2.0", answers: "secret" },
  lite: { sources: LITE, configs: [`mmbench_${config}_dev`], split: "lite", licence: "apache-2.0", answers: "public" },
});

/** Version 1.1, other rows: VLMEvalKit's files of them are on no hub that is known. */
const revised: Record<string, Split> = {
  dev_v11: { sources: [], split: "dev_v11", licence: "apache-2.0", answers: "public" },
  test_v11: { sources: [], split: "test_v11", licence: "apache-2.0", answers: "secret" },
};
const filesOf = (language: "EN" | "CN") => ({
  ...{ dev: `MMBench_DEV_${language}`, test: `MMBench_TEST_${language}` },
  ...{ dev_v11: `MMBench_DEV_${language}_V11`, test_v11: `MMBench_TEST_${language}_V11` },
});

const english: Task<Row> = {
  name: "mmbench_en",
  aliases: ["mmbench_en_dev_static@dev", "mmbench_en_test@test"],
  version: 3,
  about: "Multiple choice asked once per rotation of the options; letters by rules, no judge (Liu et al. 2023).",
  cite: "https://arxiv.org/abs/2307.06281; rules of VLMEvalKit as in lmms-eval mmbench/mmbench_evals.py",
  splits: { ...splits("en"), ...revised },
  tsv: { files: filesOf("EN") },
  row,
  id: ({ index }) => String(index),
  imageKey: (row) => String(mmbenchQuestion(row)),
  limitByCluster: true, // fewer passes would make a question easier
  profiles: ["default", "llava"],
  prompt: (row, profile) => mmbenchPrompt(row, profile, { header: HEADER, last: LETTER_DIRECTLY, noHint: ["nan"] }),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: (row) => mmbenchHasReference(row),
  defects: {
    "lmms-eval": [
      'a missing option is the word "nan", which "banana" has',
      "--limit cuts questions apart (here: it counts questions)",
    ],
    vlmevalkit: ["a question of which passes are missing passes on those that are there"],
  },
  score: mmbenchStaticScore,
  answer: (_, output) => strip(output.text),
  metrics: [
    circularAccuracy("circular_accuracy", { of: "pass" }),
    mean("vanilla_accuracy", { of: "vanilla" }),
    mean("pass_accuracy", { of: "pass" }),
  ],
  groups: {
    l2_category: (row) => row["L2-category"] ?? row["l2-category"] ?? undefined,
    category: ({ category }) => category,
  },
  submission: mmbenchSubmission("mmbench_en_test_results.xlsx"),
};

const chinese: Task<Row> = {
  ...english,
  name: "mmbench_cn",
  aliases: ["mmbench_cn_test@test"],
  about: "MMBench in Chinese; letters by rules, no judge (Liu et al. 2023).",
  tsv: { files: { ...filesOf("CN"), cc: "CCBench" } },
  splits: { ...splits("cn"), ...revised, cc: { ...(splits("cc").dev as Split), split: "test", rows: 2040 } },
  profiles: ["default", "chinese", "llava"],
  // lmms-eval sends the English header with Chinese questions; "chinese" has the benchmark's own.
  prompt: (row, profile) =>
    mmbenchPrompt(row, profile, {
      header: profile === "chinese" ? "有如下几个选项：" : HEADER,
      last: LETTER_DIRECTLY_CN,
      noHint: profile === "chinese" ? ["", "nan"] : [], // lmms-eval looks for a missing cell alone
    }),
  generation: { maxNewTokens: 256, temperature: 0 },
  defects: {
    ...english.defects,
    "lmms-eval": [
      ...(english.defects?.["lmms-eval"] ?? []),
      "Chinese options stand under an English line (profile chinese: a Chinese one)",
    ],
  },
  submission: mmbenchSubmission("mmbench_cn_test_results.xlsx"),
};

/** As the benchmark is published: answers that the rules cannot match go to a judge. */
const judged = (task: Task<Row>, aliases: readonly string[]): Task<Row> => ({
  ...task,
  name: `${task.name}_judged`,
  aliases,
  about: task.about.replace("letters by rules, no judge", "letters by rules, the rest by a judge"),
  judge: {
    model: "gpt-3.5-turbo-0613",
    template: mmbenchMatching("{question}", "{options}", "{prediction}"),
    ask: (row, output, verdicts, scoring) =>
      verdicts.length > 0 ? undefined : mmbenchQuestionToJudge(row, output, scoring),
  },
  defects: {
    ...task.defects,
    "lmms-eval": [
      ...(task.defects?.["lmms-eval"] ?? []),
      "after three verdicts without a letter it draws one (here: no score)",
    ],
  },
  score: mmbenchJudgedScore,
});

/** Its file has the whole reply, and what was found in it. */
function taggedSubmission(file: string, answerIn: (text: string) => string): NonNullable<Task<Row>["submission"]> {
  const submission = mmbenchSubmission<Row>(file);
  return {
    ...submission,
    entry: (row, text) => ({ ...(submission.entry(row, text) as object), answer: answerIn(text) }),
  };
}

interface Tagged {
  readonly name: string;
  readonly tags: "think" | "analysis";
  readonly splits: readonly ("dev" | "test")[];
  readonly header: string;
}

/** lmms-eval's form with thoughts has two authors: one leaves out the header and writes other tags. */
const tagged = (task: Task<Row>, { name, tags, splits, header }: Tagged) =>
  defineTask(
    thoughts.form(task, {
      ...{ name, tags, splits },
      aliases: splits
        .map((split) => `${task.name}_${split}_reasoning@${split}`)
        .filter((alias) => !alias.startsWith(`${name}@`)),
      prompt: (row) => userPrompt(row.image, strip(mmbenchBody(row, { header, noHint: ["", "nan"] }))),
      gold: ({ answer }) => answer ?? "",
      submission: (answerIn) => taggedSubmission(`${task.name}_test_reasoning_results.xlsx`, answerIn),
    }),
  );

interface Translation {
  readonly name: string;
  readonly language: string;
  /** Of the rows: where they are, how many the card says, and under which licence. */
  readonly from: { readonly source: string; readonly rows?: number; readonly licence: string };
  readonly last: string;
}

/** Translated by others, for lmms-eval; the header stays English. */
function translated({ name, language, from: { source, ...facts }, last }: Translation): Task<Row> {
  const { tsv: _tsv, ...rest } = english;
  return {
    ...rest,
    name,
    aliases: [],
    version: 1,
    about: `MMBench in ${language}; letters by rules, no judge (after Liu et al. 2023).`,
    splits: { dev: { sources: [source], split: "dev", answers: "public", ...facts } },
    profiles: ["default"],
    defects: { "lmms-eval": english.defects?.["lmms-eval"] ?? [] },
    prompt: (row, profile) => mmbenchPrompt(row, profile, { header: HEADER, last, noHint: ["nan"] }),
    submission: mmbenchSubmission(`${name}_dev_results.xlsx`),
  };
}

const korean = judged(
  translated({
    ...{ name: "mmbench_ko", language: "Korean", last: LETTER_DIRECTLY_KO },
    from: { source: "NCSOFT/K-MMBench", licence: "cc-by-nc-4.0" },
  }),
  ["mmbench_ko_dev@dev"],
);
const russian = judged(
  translated({
    ...{ name: "mmbench_ru", language: "Russian", last: LETTER_DIRECTLY_RU },
    from: { source: "deepvk/MMBench-ru", rows: 3910, licence: "apache-2.0" },
  }),
  ["mmbench_ru_dev@dev"],
);

const theirNames = {
  circular_accuracy: "Overall",
  vanilla_accuracy: "Overall of vanilla_0", // with its PRINT_VANILLA
  pass_accuracy: "Overall of vanilla_all",
};

/** Its MMBench_DEV_EN, MMBench_DEV_CN, MMBench_DEV_KO and CCBench, whose options go to E. */
const asked = (task: Task<Row>) =>
  defineTask(
    vlmEvalKit.choices(
      { ...task, reportedAs: { vlmevalkit: theirNames } },
      (row) => ({
        ...{ question: row.question, options: [row.A, row.B, row.C, row.D, row.E], hint: present(row.hint) },
        ...{ gold: row.answer ?? "", images: [row.image] },
      }),
      { scored: (row, score) => mmbenchPass(row, score) },
    ),
  );

export default [
  asked(english),
  asked(chinese),
  asked(judged(english, ["mmbench_en_dev@dev", "mmbench_en_dev_lite@lite"])),
  asked(judged(chinese, ["mmbench_cn_dev@dev", "mmbench_cn_dev_lite@lite", "mmbench_cn_cc@cc"])),
  asked({ ...korean, tsv: { files: { dev: "MMBench_DEV_KO" } } }),
  defineTask(russian),
  tagged(english, { name: "mmbench_en_reasoning", tags: "think", splits: ["dev"], header: "" }),
  tagged(english, { name: "mmbench_en_test_reasoning", tags: "analysis", splits: ["test"], header: "" }),
  tagged(chinese, { name: "mmbench_cn_reasoning", tags: "analysis", splits: ["dev", "test"], header: HEADER }),
];
