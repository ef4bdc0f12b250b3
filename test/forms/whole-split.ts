import { defineTask, type Metric, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({ id: Type.String(), question: Type.String(), answer: Type.Enum(["yes", "no"]) });

/** F1 of "yes": a property of the split, not a mean over samples. */
const f1: Metric = {
  name: "f1",
  unit: "fraction",
  direction: "higher",
  perGroup: false,
  start() {
    let truePositive = 0;
    let saidYes = 0;
    let isYes = 0;
    let n = 0;
    return {
      add({ score }) {
        if (score.status !== "scored") return;
        const [said, is] = [score.answer === "yes", score.targets?.[0] === "yes"];
        truePositive += Number(said && is);
        saidYes += Number(said);
        isYes += Number(is);
        n++;
      },
      finish: () => ({ value: saidYes + isYes === 0 ? null : (2 * truePositive) / (saidYes + isYes), n }),
    };
  },
};

export default defineTask<Static<typeof row>>({
  name: "whole_split",
  version: 1,
  about: "Yes or no; F1 over the split.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => id,
  prompt: ({ question }) => userPrompt(question),
  generation: { maxNewTokens: 4, temperature: 0 },
  score: ({ answer }, { text }) => {
    const said = text.trim().toLowerCase();
    const remark = said === "yes" || said === "no" ? {} : { remark: "unparsable" as const };
    return { status: "scored", value: Number(said === answer), answer: said, targets: [answer], ...remark };
  },
  metrics: [f1],
});
