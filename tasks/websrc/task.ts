import {
  defineTask,
  hasText,
  Image,
  mean,
  Nullable,
  type Static,
  strip,
  Type,
  userPrompt,
  WORD_OR_PHRASE,
} from "llava-eval";
import { squadF1, squadNormalize, tokenSetF1 } from "./token-f1.js";

const row = Type.Object({
  id: Type.String(),
  domain: Type.String(),
  page_id: Type.String(),
  question: Type.String(),
  answer: Type.Optional(Nullable(Type.String())), // none on the test split
  image: Image(), // base64 text here
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "websrc",
  aliases: ["websrc_val@val", "websrc_test@test"],
  version: 1,
  about: "Questions about screenshots of web pages (Chen et al. 2021).",
  cite: "https://arxiv.org/abs/2101.09465; official scoring: SQuAD's exact match and F1, as X-LANCE/WebSRC-Baseline",
  splits: {
    val: { sources: ["rootsautomation/websrc"], split: "dev", rows: 52_826, licence: "CC-BY-4.0", answers: "public" },
    test: {
      sources: ["rootsautomation/websrc-test"],
      split: "test",
      rows: 40_357,
      licence: "CC-BY-4.0",
      answers: "secret",
    },
  },
  row,
  id: ({ id }) => id,
  imageKey: ({ domain, page_id }) => `${domain} ${page_id}`,
  prompt: ({ image, question }) => userPrompt(image, `${WORD_OR_PHRASE}\n${question}`),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => hasText(answer),
  defects: {
    "lmms-eval": ["words are a set: one said five times counts once"],
  },
  score({ answer }, output, { scoring }) {
    const text = output.text;
    const target = answer ?? "";
    const value: Record<string, number> =
      scoring === "official"
        ? { f1: squadF1(text, target), exact_match: squadNormalize(text) === squadNormalize(target) ? 1 : 0 }
        : { f1: tokenSetF1(text, target) };
    return { status: "scored", value, answer: text, targets: [target] };
  },
  answer: (_, output) => strip(output.text),
  metrics: [mean("websrc_squad_f1", { of: "f1" }), mean("exact_match", { of: "exact_match" })],
  groups: { domain: ({ domain }) => domain },
  submission: {
    file: "websrc_test_for_submission.json",
    entry: ({ id }, answer) => [id, answer],
    schema: Type.Tuple([Type.String(), Type.String()]),
    format: "object",
  },
});
