import {
  defineTask,
  hasText,
  Image,
  mean,
  Nullable,
  type Split,
  type Static,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import { mathVerseExtraction, mathVerseMatching, mathVerseToJudge } from "./judge.js";
import { mathVerseScore } from "./score.js";
import { vlmEvalKitJudge } from "./vlmevalkit.js";

const row = Type.Object({
  sample_index: Type.String(),
  problem_index: Type.String(),
  problem_version: Type.String(),
  question: Type.String(),
  image: Type.Optional(Nullable(Image())), // "Text Only" has none
  answer: Type.String(),
  question_type: Type.String(),
  metadata: Type.Object({ subject: Type.String(), subfield: Type.String() }),
  query_wo: Type.String(),
  query_cot: Type.String(),
  question_for_eval: Type.String(),
});
type Row = Static<typeof row>;

const split = (config: string, name: string, rows: number): Split => ({
  sources: ["CaraJ/MathVerse-lmmseval"],
  configs: [config],
  split: name,
  rows,
  licence: "mit",
  answers: "public",
});
const versions = ["text_lite", "text_dominant", "vision_intensive", "vision_dominant", "vision_only"];

/** VLMEvalKit's table has a row for each version, and none for all of them. */
const theirNames = { vlmevalkit: { accuracy: "Overall" } };

/** `text_lite` is `Text_Lite` in VLMEvalKit's names. */
const inTitle = (version: string): string => version.replace(/(^|_)[a-z]/g, (start) => start.toUpperCase());

/** In VLMEvalKit's file the question is the query, and `metadata` a dictionary of Python's. */
function tsvRows({ index, question = "", metadata = "", ...cells }: Readonly<Record<string, string>>) {
  const told = (name: string) => new RegExp(`['"]${name}['"]\\s*:\\s*['"]([^'"]*)['"]`).exec(metadata)?.[1] ?? "";
  return [
    {
      ...{ sample_index: index, problem_index: index, question_type: "", ...cells },
      ...{ question, query_wo: question, metadata: { subject: told("subject"), subfield: told("subfield") } },
    },
  ];
}

const mathverse: Task<Row> = {
  name: "mathverse",
  aliases: [
    "mathverse_testmini@testmini",
    "mathverse_testmini_text_only@text_only",
    ...versions.map((version) => `mathverse_testmini_${version}@${version}`),
  ],
  version: 2,
  about: "Geometry and functions, each problem in versions that move words into the image (Zhang et al. 2024).",
  cite: "https://arxiv.org/abs/2403.14624; official scoring follows ZrrSkywalker/MathVerse evaluation/ (extract, then match)",
  splits: {
    testmini: { ...split("testmini", "testmini", 3940), generation: { maxNewTokens: 16_384 } },
    text_only: split("testmini_text_only", "text_only", 788),
    ...Object.fromEntries(
      versions.map((version) => [
        version,
        { ...split("testmini_version_split", version, 788), reportedAs: theirNames },
      ]),
    ),
  },
  tsv: {
    files: {
      testmini: "MathVerse_MINI",
      ...Object.fromEntries(versions.map((version) => [version, `MathVerse_MINI_${inTitle(version)}`])),
    },
    rows: tsvRows,
  },
  row,
  id: ({ sample_index }) => sample_index,
  cluster: ({ problem_index }) => problem_index,
  profiles: ["default", "cot", "vlmevalkit", "vlmevalkit-cot"],
  prompt({ image, query_wo, query_cot }, profile) {
    // VLMEvalKit sends the columns as they are.
    const isOwn = profile.startsWith("vlmevalkit");
    const query = profile.endsWith("cot") ? query_cot : query_wo;
    const words = isOwn ? query : query.trim();
    return image ? userPrompt(image, words) : userPrompt(words);
  },
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-4",
    template: `${mathVerseExtraction("{response}")}\n\n${mathVerseMatching("{question}", "{answer}", "{extraction}")}`,
    ask: mathVerseToJudge,
  },
  judgesByScoring: { vlmevalkit: vlmEvalKitJudge },
  hasReference: ({ answer }) => hasText(answer),
  scorings: ["vlmevalkit"],
  score: mathVerseScore,
  metrics: [mean("accuracy")],
  groups: {
    version: ({ problem_version }) => problem_version,
    subject: ({ metadata }) => metadata.subject,
    subfield: ({ metadata }) => metadata.subfield,
    question_type: ({ question_type }) => question_type,
  },
};

const reasoning = thoughts.form(mathverse, {
  name: "mathverse_reasoning",
  aliases: ["mathverse_testmini_reasoning@testmini"],
  tags: "think",
  prompt: (row) => mathverse.prompt(row, "default"),
  gold: ({ answer }) => answer,
});

export default [defineTask(mathverse), defineTask(reasoning)];
