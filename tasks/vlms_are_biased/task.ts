import { defineTask, Image, mean, meanOfGroups, type Static, strip, Type, userPrompt } from "llava-eval";
import { truthAndBias } from "./score.js";

const text = Type.Union([Type.String(), Type.Number()]);
const row = Type.Object({
  ID: Type.String(),
  image: Image(),
  topic: Type.String(), // Animals, Logos, Flags, ...
  prompt: Type.String(),
  ground_truth: text,
  expected_bias: text,
});
type Row = Static<typeof row>;

const digits = 'all digits are one number: "1, 2, 3" is 123';

export default defineTask<Row>({
  name: "vlms_are_biased",
  version: 1,
  about:
    "Changed images of well-known things, a dog with five legs: is seen what is there, or what is known (Vo et al. 2025).",
  cite: "https://arxiv.org/abs/2505.23941; both scorings are lmms-eval's and VLMEvalKit's rule, which agree",
  splits: {
    main: { sources: ["anvo25/vlms-are-biased"], split: "main", licence: "not stated", answers: "public" },
  },
  tsv: {
    files: { main: "vlms_are_biased_main" },
    rows: ({ index, question, ...cells }) => [{ ID: index, ...cells, prompt: question }],
  },
  row,
  id: ({ ID }) => ID,
  prompt: ({ image, prompt }) => userPrompt(image, prompt),
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: ({ ground_truth: truth }) => strip(String(truth)) !== "",
  defects: {
    official: [digits],
    "lmms-eval": [digits],
    vlmevalkit: [digits],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      ...{ accuracy: "overall_acc", bias_ratio: "overall_bias_ratio" },
      ...{ macro_accuracy: "macro_acc", macro_bias_ratio: "macro_bias_ratio" },
    },
  },
  score({ ground_truth: truth, expected_bias: bias }, output) {
    const { right, biased } = truthAndBias(output.text, String(truth), String(bias));
    const value = { accuracy: right ? 1 : 0, bias: biased ? 1 : 0 };
    return { status: "scored", value, answer: strip(output.text), targets: [String(truth)] };
  },
  metrics: [
    mean("accuracy", { of: "accuracy" }),
    mean("bias_ratio", { of: "bias", direction: "lower" }),
    meanOfGroups("macro_accuracy", { of: "accuracy", group: "topic", perGroup: false }),
    meanOfGroups("macro_bias_ratio", { of: "bias", group: "topic", perGroup: false }),
  ],
  groups: { topic: ({ topic }) => topic },
});
