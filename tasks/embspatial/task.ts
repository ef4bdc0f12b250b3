import {
  chosen,
  defineTask,
  Image,
  inferChoice,
  isOptionLetter,
  LETTER_DIRECTLY,
  leadingLetter,
  letteredOptions,
  mean,
  Nullable,
  optionLetters,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";

const row = Type.Object({
  question_id: Type.String(), // "mp3d_57"
  question: Type.String(),
  hint: Type.Optional(Nullable(Type.String())),
  relation: Type.String(), // close, far, left, right, above, under
  image: Image(),
  answer_options: Type.Array(Type.String()),
  answer: Type.Integer(), // position in answer_options
  data_source: Type.String(), // mp3d, ai2thor, scannet
  scene_id: Type.Optional(Nullable(Type.String())),
});
type Row = Static<typeof row>;

const optionsAfter = (mark: string, options: readonly string[]): string =>
  options.map((option, i) => `${optionLetters(options.length)[i]}${mark} ${option}`).join("\n");

const leading = '"Answer: B" is an A, "The answer is B." a T';

/** VLMEvalKit's file names the option by its letter. */
const positionOf = (answer: string): number => optionLetters(4).indexOf(answer);

export default defineTask<Row>({
  name: "embspatial",
  version: 1,
  about: "Where things are, seen by a robot indoors: six relations in three sets of scenes (Du et al. 2024).",
  cite: "https://arxiv.org/abs/2406.05756; the authors publish no script, so both scorings follow lmms-eval embspatial/utils.py",
  splits: {
    test: {
      sources: ["FlagEval/EmbSpatial-Bench"],
      split: "test",
      rows: 3640,
      licence: "not stated",
      answers: "public",
    },
  },
  tsv: {
    files: { test: "EmbSpatialBench" },
    rows: ({ index, options, answer = "", category = "", ...cells }) => [
      { question_id: index, relation: category, ...cells, answer_options: options, answer: positionOf(answer) },
    ],
  },
  row,
  id: ({ question_id }) => question_id,
  cluster: ({ question_id, scene_id }) => scene_id ?? question_id,
  profiles: ["default", "neo_ov", "vlmevalkit"],
  prompt({ image, question, hint, answer_options: options }, profile) {
    if (profile === "vlmevalkit") {
      const words = `Question: ${question}\nOptions:\n${optionsAfter(":", options)}\n`;
      return userPrompt(image, `${words}Give me the answer letter directly. The best answer is:`);
    }
    if (profile === "neo_ov") {
      const words = question.replaceAll("<image>", "").trim();
      return userPrompt(image, `${hint ? `${hint}\n` : ""}${words}\n${letteredOptions(options)}\n${LETTER_DIRECTLY}`);
    }
    const note = "Note: You only need to respond with A, B, C, D without providing any additional information.\n";
    return userPrompt(image, `${note}${question}\n${optionsAfter(")", options)}`);
  },
  options: { in: ["answer_options"], right: "answer", as: "position" },
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answer, answer_options: options }) => isOptionLetter(optionLetters(4)[answer], options),
  defects: {
    official: [leading],
    "lmms-eval": [leading],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "overall" } },
  score({ answer }, { text }, { scoring }) {
    const letter = scoring === "vlmevalkit" ? inferChoice(text, {}, "easi") : leadingLetter(text);
    return chosen(letter, optionLetters(4)[answer] ?? "");
  },
  metrics: [mean("accuracy")],
  groups: { data_source: ({ data_source }) => data_source, relation: ({ relation }) => relation },
});
