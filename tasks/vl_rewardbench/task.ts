import {
  chosen,
  defineTask,
  Image,
  type JudgeQuestion,
  mean,
  meanOfGroups,
  notJudged,
  type Output,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";
import { betterAnswer, type Compared, comparison, vlmevalkitComparison } from "./prompt.js";
import { isTurned, preferredAnswer, targetAnswer } from "./score.js";

const row = Type.Object({
  id: Type.String(), // its beginning says where the pair is from: RLHF-V-..., mathverse_...
  image: Image(),
  query: Type.String(),
  response: Type.Array(Type.String(), { minItems: 2, maxItems: 2 }),
  human_ranking: Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), // 0: the better one
  vlmevalkit_category: Type.Optional(Type.String()), // the kind, of its file, whose ids say nothing
});
type Row = Static<typeof row>;

function compared({ query, response: [one = "", other = ""] }: Row): Compared {
  return { query, answers: isTurned([one, other]) ? [other, one] : [one, other] };
}

const kinds: Readonly<Record<string, string>> = {
  ...{ mathverse: "reasoning", mmmu: "reasoning" },
  ...{ hallucination: "hallucination", rlhf: "hallucination", rlaif: "hallucination" },
};
const kindOf = (id: string): string => kinds[id.split("-")[0]?.split("_")[0]?.toLowerCase() ?? ""] ?? "general";

function toJudge({ text }: Output): JudgeQuestion | undefined {
  if (preferredAnswer(text) !== undefined) return undefined;
  return {
    prompt: userPrompt(betterAnswer(text)),
    options: { temperature: 0, maxNewTokens: 32 },
    // lmms-eval looks for "answer 1" anywhere, then for "answer 2", and draws one where there is neither.
    parse: (reply) => /^[\s"'`*]*(?:the )?answer\s*([12])["'`*.]*\s*$/i.exec(reply)?.[1],
  };
}

export default defineTask<Row>({
  name: "vl_rewardbench",
  version: 1,
  about:
    "Which of two answers about an image is better, as people judged: general, hallucination, reasoning (Li et al. 2024).",
  cite: "https://arxiv.org/abs/2411.17451; both scorings follow lmms-eval vl_rewardbench/utils.py, a judge for replies without the form (there drawn, where it says nothing); the authors draw the order of the answers and leave such replies out",
  splits: {
    test: { sources: ["MMInstruction/VL-RewardBench"], split: "test", licence: "not stated", answers: "public" },
  },
  tsv: {
    files: { test: "VL-RewardBench" },
    rows: ({ index, question, answer, category, ...cells }) => [
      { id: index, ...cells, query: question, human_ranking: answer, vlmevalkit_category: category },
    ],
  },
  row,
  id: ({ id }) => id,
  profiles: ["default", "vlmevalkit"],
  prompt: (row, profile) =>
    userPrompt(row.image, profile === "vlmevalkit" ? vlmevalkitComparison(compared(row)) : comparison(compared(row))),
  generation: { maxNewTokens: 1024, temperature: 1 },
  judge: {
    model: "gpt-4o-mini",
    template: betterAnswer("{judgement}"),
    ask: (_, output, verdicts) => (verdicts.length > 0 ? undefined : toJudge(output)),
  },
  hasReference: ({ human_ranking: ranking }) => ranking.includes(0) && ranking.includes(1),
  defects: {
    "lmms-eval": ["a judgement that it cannot read is drawn (here: no score)"],
  },
  score({ response, human_ranking: ranking }, { text }, { verdicts: [verdict] }) {
    const said = preferredAnswer(text)?.toString() ?? verdict;
    if (typeof said !== "string") return notJudged;
    return chosen(said, String(targetAnswer(response, ranking)));
  },
  metrics: [meanOfGroups("macro_accuracy", { group: "kind", perGroup: false }), mean("accuracy")],
  groups: { kind: ({ id, vlmevalkit_category: category }) => category ?? kindOf(id) },
});
