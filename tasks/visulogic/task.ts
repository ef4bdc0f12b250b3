import {
  chosen,
  defineTask,
  Image,
  isOptionLetter,
  mean,
  notJudged,
  type Static,
  strip,
  Type,
  upper,
  userPrompt,
} from "llava-eval";
import { visuLogicExtraction, visuLogicToJudge } from "./judge.js";
import { lmmsVisuLogicLetter, visuLogicLetter } from "./score.js";

const row = Type.Object({
  image_path: Image(), // "images/00000.png" beside the rows
  question: Type.String(),
  label: Type.String(),
  id: Type.Union([Type.String(), Type.Integer()]),
  tag: Type.String(), // Quantitative Reasoning, Spatial Reasoning, ...
});
type Row = Static<typeof row>;

const REASON_FIRST =
  "Solve the complex visual logical reasoning problem through step-by-step reasoning. Think about the reasoning process first and answer the question following this format: Answer: \\boxed{$LETTER}.";
const goldOf = ({ label }: Row): string => upper(strip(label)).slice(0, 1);

export default defineTask<Row>({
  name: "visulogic",
  version: 1,
  about: "Logic puzzles made of shapes, which words alone do not solve (Xu et al. 2025).",
  cite: "https://arxiv.org/abs/2504.15279; official scoring follows VisuLogic-Benchmark/VisuLogic-Eval evaluation/eval_model.py: rules, a judge for the rest; lmms-eval visulogic/utils.py",
  splits: {
    // The repository has data.jsonl and images.zip: clone it, unpack the archive, and give the folder as --data.
    train: { sources: ["VisuLogic/VisuLogic"], split: "data", rows: 1000, licence: "apache-2.0", answers: "public" },
  },
  tsv: {
    files: { train: "VisuLogic" },
    rows: ({ index, image, answer, category, ...cells }) => [
      { ...cells, id: index, image_path: image, label: answer, tag: category },
    ],
  },
  row,
  id: ({ id }) => String(id),
  profiles: ["default", "official", "qwen_vl", "vlmevalkit"],
  prompt({ image_path: image, question }, profile) {
    if (profile === "official") return userPrompt(image, `${question}\n${REASON_FIRST}`);
    // VLMEvalKit's copy of the sentence lacks a blank and the period.
    if (profile === "vlmevalkit")
      return userPrompt(
        image,
        `${question}\n${REASON_FIRST.replace("reasoning. Think", "reasoning.Think").slice(0, -1)}`,
      );
    const last = profile === "qwen_vl" ? " Answer:" : "\nAnswer with the option letter only.";
    return userPrompt(image, strip(question) + last);
  },
  generation: { maxNewTokens: 64, temperature: 0 },
  judge: {
    model: "gpt-4o-mini",
    template: visuLogicExtraction("{solution}"),
    scorings: ["official"],
    ask: (_, output, verdicts, scoring) =>
      scoring === "official" && verdicts.length === 0 && visuLogicLetter(output.text) === undefined
        ? visuLogicToJudge(output)
        : undefined,
  },
  hasReference: (row) => isOptionLetter(goldOf(row), 4),
  defects: {
    vlmevalkit: ['"B." is no letter'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "acc of Overall" } },
  score(row, { text }, { scoring, verdicts }) {
    if (scoring === "lmms-eval") return chosen(lmmsVisuLogicLetter(text), goldOf(row));
    if (scoring === "vlmevalkit") return chosen(visuLogicLetter(text, { unboxed: "text" }), goldOf(row));
    const letter = visuLogicLetter(text) ?? verdicts[0];
    return typeof letter === "string" ? chosen(letter, goldOf(row)) : notJudged;
  },
  metrics: [mean("accuracy")],
  groups: { tag: ({ tag }) => tag },
});
