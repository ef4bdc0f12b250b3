/** What the main number would be if everything up to a layer were theirs. */
import { defined } from "../../../core/defined.js";
import { valueUnder } from "../../../record/outcome.js";
import { textOf } from "../../../record/samples.js";
import type { AcrossLayer, Pair } from "./pairs.js";
import type { ScoredAnew, Sides } from "./sides.js";

export type LayerScores = Partial<Record<AcrossLayer, number>>;

/** Of the samples that both have, what the main number would be with theirs up to each layer. */
export function meanScores({ main, scoring, reported }: Sides, scale: number, pairs: readonly Pair[]): LayerScores {
  const mean = (of: (pair: Pair) => number | undefined) => {
    const values = pairs.flatMap((pair) => of(pair) ?? []);
    return values.length === 0 ? undefined : (scale * values.reduce((sum, value) => sum + value, 0)) / values.length;
  };
  const byOurRule = (pair: Pair) => {
    if (!pair.differs.has("text")) return pair.ourValue;
    const value = valueUnder(pair.replayed?.scores[scoring], main.of ?? main.name);
    return asksJudge(scoring, pair) ? pair.theirs.value : value;
  };
  const isWhole = pairs.every((pair) => byOurRule(pair) !== undefined);
  return defined({
    rows: mean(({ ourValue }) => ourValue),
    text: isWhole ? mean(byOurRule) : undefined,
    rule: mean(({ theirValue }) => theirValue),
    aggregate: reported,
  });
}

/** The same of a metric over the whole split: its fold over the scores of each layer, under their rule by our copy of it. */
export async function foldedScores(
  { fold, scoring, harness, reported }: Sides,
  pairs: readonly Pair[],
): Promise<LayerScores> {
  const value = async (rule: string, of: (pair: Pair) => ScoredAnew["score"] | undefined) => {
    const scored = pairs.flatMap((pair) => {
      const score = of(pair);
      const { record } = pair.ours;
      const text = rule === scoring && !pair.differs.has("text") ? textOf(record) : pair.theirs.text;
      return score ? [{ record, score, text }] : [];
    });
    // Of a part it would be another number.
    return scored.length === pairs.length && pairs.length > 0 ? ((await fold?.(rule, scored)) ?? undefined) : undefined;
  };
  const own = ({ ours }: Pair) => ours.record.score;
  return defined({
    rows: await ownValue(fold, scoring, pairs),
    text: await value(scoring, (pair) => (pair.differs.has("text") ? pair.replayed?.scores[scoring] : own(pair))),
    rule: await value(harness, (pair) => pair.replayed?.scores[harness]),
    aggregate: reported,
  });
}

async function ownValue(fold: Sides["fold"], scoring: string, pairs: readonly Pair[]): Promise<number | undefined> {
  const scored = pairs.flatMap(({ ours: { record } }) =>
    record.score ? [{ record, score: record.score, text: textOf(record) }] : [],
  );
  return (await fold?.(scoring, scored)) ?? undefined;
}

/** Whether our rule would have a judge say what their text is worth. */
export const asksJudge = (scoring: string, { theirs, replayed }: Pair): boolean =>
  theirs.text !== undefined && replayed !== undefined && replayed.scores[scoring] === undefined;
