import {
  chosen,
  defineTask,
  guessedOr,
  Image,
  inferChoice,
  isOptionLetter,
  letteredOptions,
  mean,
  optionLetters,
  type Prompt,
  rightOrWrong,
  type Scored,
  type Static,
  type Task,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import {
  ANSWER_LINE,
  LETTER_ONLY,
  LMMS_MANUAL_COT,
  MANUAL_COT,
  VLMEVALKIT_COPIES,
  VLMEVALKIT_DIRECT,
} from "./instructions.js";
import { answerLineLetter, firstLetter, withoutThoughts } from "./score.js";

const columns = {
  question: Type.String(),
  options: Type.Array(Type.String()), // two to four
  task_type: Type.String(), // Dynamic_Reasoning, Spatial_Interaction, Complex_Logic, Perspective_Taking
  sub_task_type: Type.String(),
};
const reasonedRow = Type.Object({
  ...columns,
  id: Type.String(),
  image_path: Image(), // a file of the repository
  gt: Type.String(),
});
type ReasonedRow = Static<typeof reasonedRow>;
const directRow = Type.Object({
  ...columns,
  id: Type.Optional(Type.Union([Type.String(), Type.Integer()])),
  image: Image(),
  answer: Type.Integer(), // position in options
});
type DirectRow = Static<typeof directRow>;

const asked = ({ question, options }: { question: string; options: readonly string[] }): string =>
  `${question}\n${letteredOptions(options)}`;

/** A row of VLMEvalKit's file. Its images are files of the repository's archive as it is unpacked. */
function fromTsv({ index, answer = "", image, image_path: path, ...cells }: Readonly<Record<string, string>>) {
  const isFile = image === path;
  return {
    ...{ ...cells, id: index, image: isFile ? `OmniSpatial-test/${path?.replace(/^\/+/, "")}` : image },
    ...{ options: vlmEvalKit.optionsOf(cells), answer },
  };
}

/** VLMEvalKit's rule for both tasks. */
const byLetter = (text: string, letter: string): Scored => chosen(inferChoice(text, {}, "easi"), letter);

/** The authors send the words before the image, and the instructions as the system's. */
function official(row: ReasonedRow): Prompt {
  return {
    messages: [
      { role: "system", parts: [{ type: "text", text: `${MANUAL_COT}\n${ANSWER_LINE}` }] },
      {
        role: "user",
        parts: [
          { type: "text", text: `${asked(row)}\n` },
          { type: "image", image: row.image_path },
        ],
      },
    ],
  };
}

const groups: NonNullable<Task<ReasonedRow | DirectRow>["groups"]> = {
  task: ({ task_type }) => task_type,
  subtask: ({ sub_task_type }) => sub_task_type,
};
const reasoned = ["a reply without the line asked for is an A", '"Answer: b" is wrong'];
const about = "Spatial reasoning on one image: motion, interaction, logic, perspective";

export default [
  defineTask<ReasonedRow>({
    name: "omnispatial",
    aliases: ["omnispatial_test"],
    version: 2,
    about: `${about}; an answer without the line asked for counts as A, but not by VLMEvalKit (Jia et al. 2025).`,
    cite: "https://arxiv.org/abs/2506.03135; official scoring is the authors' api_eval.py (`re`), as in lmms-eval omnispatial/utils.py; VLMEvalKit looks for a letter anywhere",
    splits: {
      // Its images are files of the repository: clone it, and give the folder as --data.
      test: { sources: ["pangyyyyy/OmniSpatial"], split: "test", rows: 1533, licence: "not stated", answers: "public" },
    },
    tsv: {
      files: { test: "OmniSpatialBench" },
      rows: (theirs) => {
        const { image, answer, ...row } = fromTsv(theirs);
        return [{ ...row, image_path: image, gt: answer }];
      },
    },
    row: reasonedRow,
    id: ({ id, task_type, sub_task_type }) => `${task_type}/${sub_task_type}/${id}`,
    profiles: ["default", "official", ...Object.keys(VLMEVALKIT_COPIES)],
    prompt(row, profile) {
      if (profile === "official") return official(row);
      const instructions = VLMEVALKIT_COPIES[profile] ?? LMMS_MANUAL_COT;
      return userPrompt(row.image_path, `${instructions}\n${ANSWER_LINE}\n\n${asked(row)}`);
    },
    options: { in: ["options"], right: "gt", as: "letter" },
    generation: { maxNewTokens: 8192, temperature: 0 },
    hasReference: ({ gt, options }) => isOptionLetter(gt, options),
    defects: {
      ...{ official: reasoned, "lmms-eval": reasoned },
      vlmevalkit: ['a mark of its linter, "# noqa: E501", is sent (`vlmevalkit-manual-cot`)'],
    },
    scorings: ["vlmevalkit"],
    reportedAs: { vlmevalkit: { accuracy: "overall" } },
    score({ gt }, { text }, { scoring }) {
      if (scoring === "vlmevalkit") return byLetter(text, gt);
      const letter = answerLineLetter(text);
      return guessedOr(letter === undefined, rightOrWrong((letter ?? "A") === gt, letter ?? "A", gt));
    },
    metrics: [mean("accuracy")],
    groups,
  }),
  defineTask<DirectRow>({
    name: "omni_spatial",
    version: 2,
    about: `${about}; answered with a letter at once, which must be the first character (Jia et al. 2025).`,
    cite: "https://arxiv.org/abs/2506.03135; official scoring follows the authors' api_eval.py (`direct`), lmms-eval omni_spatial/utils.py",
    splits: {
      test: {
        sources: ["nv-njb/OmniSpatial-Test"],
        split: "test",
        rows: 1533,
        licence: "not stated",
        answers: "public",
      },
    },
    tsv: {
      files: { test: "OmniSpatialBench" },
      rows: (theirs) => {
        const row = fromTsv(theirs);
        return [{ ...row, answer: optionLetters(26).indexOf(row.answer) }];
      },
    },
    row: directRow,
    id: ({ id, image, question }) => String(id ?? `${image.path} ${question}`),
    profiles: ["default", "vlmevalkit"],
    prompt: (row, profile) =>
      userPrompt(
        row.image,
        profile === "vlmevalkit" ? `${asked(row)}\n${VLMEVALKIT_DIRECT}` : `${LETTER_ONLY}\n${asked(row)}`,
      ),
    options: { in: ["options"], right: "answer", as: "position" },
    generation: { maxNewTokens: 16, temperature: 0 },
    hasReference: ({ answer, options }) => isOptionLetter(optionLetters(options.length)[answer], options),
    defects: {
      official: ['"(B)" is a bracket'],
      "lmms-eval": ['"(B)" is a bracket', "its words announce a second image"],
    },
    scorings: ["vlmevalkit"],
    reportedAs: { vlmevalkit: { accuracy: "overall" } },
    score({ answer }, { text }, { scoring }) {
      if (scoring === "vlmevalkit") return byLetter(text, optionLetters(26)[answer] ?? "");
      const said = scoring === "lmms-eval" ? withoutThoughts(text) : text;
      return chosen(firstLetter(said), optionLetters(26)[answer] ?? "");
    },
    metrics: [mean("accuracy")],
    groups,
  }),
] as const;
