/** The differences of a layer in words. */
import { asksJudge, type LayerScores } from "./layer-scores.js";
import { isCutFromWords } from "./llava-next-reply.js";
import type { AcrossLayer, Pair } from "./pairs.js";
import type { Sides } from "./sides.js";

/** What only one side has, of samples. */
interface Alone {
  readonly onlyOurs: number;
  readonly onlyTheirs: number;
}

export const differencesOf = (
  sides: Sides,
  pairs: readonly Pair[],
  alone: Alone,
  scores: LayerScores,
): Partial<Record<AcrossLayer, readonly string[]>> => ({
  rows: onlyWords(alone),
  options: optionWords(sides),
  text: [...alteredWords(pairs), ...cutWords(sides, pairs), ...judgedWords(sides, pairs)],
  rule: unscoredWords(pairs),
  aggregate: aggregateWords(sides, scores),
});

function alteredWords(pairs: readonly Pair[]): readonly string[] {
  const altered = pairs.filter(({ isAltered }) => isAltered);
  if (altered.length === 0) return [];
  const ids = altered.slice(0, 5).map(({ ours }) => ours.record.id);
  return [`${altered.length} stand there as their file alters them (${ids.join(" ")}): the same text`];
}

/** Texts that no model said. */
function cutWords({ harness }: Sides, pairs: readonly Pair[]): readonly string[] {
  if (harness !== "vlmevalkit") return [];
  const cut = pairs.filter(({ ours, theirs: { text, question = "" }, replayed, differs }) => {
    const words = [ours.record.prompt ?? "", question, ...(replayed?.words ?? [])];
    return differs.has("text") && text !== undefined && words.some((one) => one !== "" && isCutFromWords(text, one));
  });
  if (cut.length === 0) return [];
  const ids = cut.slice(0, 5).map(({ ours }) => ours.record.id);
  const why = "VLMEvalKit's class for LLaVA-1.6 takes what stands behind its first mark for the reply";
  return [`${cut.length} are a piece of the question, not a reply (${ids.join(" ")}): ${why}`];
}

/** They have a score: what failed here is a wrong answer there, or a drawn one. */
function unscoredWords(pairs: readonly Pair[]): readonly string[] {
  const reasons = pairs.flatMap(({ ours: { record }, theirValue }) =>
    record.score?.status === "unscored" && theirValue !== undefined ? [record.score.reason] : [],
  );
  return [...new Set(reasons)].map(
    (reason) => `${reasons.filter((one) => one === reason).length} that they score are unscored here: ${reason}`,
  );
}

function onlyWords({ onlyOurs, onlyTheirs }: Alone): readonly string[] {
  return [
    ...(onlyOurs > 0 ? [`${onlyOurs} samples are ours alone`] : []),
    ...(onlyTheirs > 0 ? [`${onlyTheirs} samples are theirs alone`] : []),
  ];
}

/** What nobody here can score, who asks no judge: what their own made of it counts where it was kept, and a mean is all that is asked. */
function judgedWords({ scoring, scale }: Sides, pairs: readonly Pair[]): readonly string[] {
  const judged = pairs.filter((pair) => pair.differs.has("text") && asksJudge(scoring, pair));
  const told = scale === undefined ? [] : judged.filter(({ theirs }) => theirs.value !== undefined);
  const unknown = judged.length - told.length;
  const go = `of their texts go to a judge under --scoring ${scoring}, who is not asked here`;
  return [
    ...(told.length > 0 ? [`${told.length} ${go}: the score that their file has counts for the verdict`] : []),
    ...(unknown > 0 ? [`${unknown} ${go}`] : []),
  ];
}

/** Greedy is temperature 0, whatever else is said. */
function optionWords({ theirs, generation }: Sides): readonly string[] {
  const told = theirs.find((sample) => sample.generation)?.generation ?? {};
  return Object.entries(told).flatMap(([name, value]) =>
    generation[name] === value ? [] : [`${name}: ${String(generation[name] ?? "not stated")} against their ${value}`],
  );
}

function aggregateWords({ reported, scale, main }: Sides, { rule }: LayerScores): readonly string[] {
  if (reported === undefined || rule === undefined) return [];
  if (Math.abs(reported - rule) <= 5e-5 * Math.max(1, scale ?? 1)) return [];
  return [
    `their samples ${scale === undefined ? `have ${main.name}` : "average"} ${rule}, and they report ${reported}`,
  ];
}
