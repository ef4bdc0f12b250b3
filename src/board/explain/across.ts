/**
 * Why does another harness have another number for the same model and benchmark? Sample by sample the first layer that differs, and the score
 * that each layer would give.
 */
import { defined } from "../../core/defined.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { Score } from "../../core/score.js";
import { valueUnder } from "../../record/outcome.js";
import { type SampleRecord, textOf } from "../../record/samples.js";
import { isCutFromWords } from "./llava-next-reply.js";
import type { SteadinessFinding } from "./steadiness.js";
import type { TheirSample } from "./theirs.js";

export const acrossLayers = ["rows", "images", "prompt", "options", "text", "answer", "rule", "aggregate"] as const;
export type AcrossLayer = (typeof acrossLayers)[number];

/** One of our samples, with what only its row can tell. */
export interface OurSample {
  readonly record: SampleRecord;
  /** By the names that theirs may be known by: `row number`, `position`, `id`, `index`. */
  readonly names: Readonly<Record<string, string>>;
}

/** What the task's own code makes of their sample, where the rows are at hand. */
export interface Replayed {
  /** Their text under each of our scorings; undefined: that rule asks a judge. */
  readonly scores: Readonly<Record<string, Score | undefined>>;
  /** What a rule may compare with, as our row has it. */
  readonly references: readonly string[];
  /** What our prompt profiles send. */
  readonly words: readonly string[];
  /** Prompt profiles that send exactly their words. */
  readonly profiles: readonly string[];
}

export interface AcrossReport {
  readonly layer: AcrossLayer;
  /** Their file says something of it. */
  readonly told: boolean;
  /** Samples that differ in it. */
  readonly samples: number;
  /** Changed scores of which this is the first layer that differs. */
  readonly scores: number;
  /** Their part of theirs minus ours, in the metric's unit, over the samples that both have; null where the metric is no mean of samples. */
  readonly effect: number | null;
  /** The score when everything up to here is theirs; null where only asking again would tell. */
  readonly score: number | null;
  readonly differences: readonly string[];
  readonly examples: readonly string[];
}

export interface Across {
  readonly task: string;
  readonly metric: string;
  readonly unit: MetricResult["unit"];
  readonly ours: number | null;
  readonly theirs: number | null;
  readonly harness: string;
  readonly joinedBy: string;
  readonly samples: { readonly both: number; readonly onlyOurs: number; readonly onlyTheirs: number };
  readonly layers: readonly AcrossReport[];
  readonly first?: AcrossLayer;
  /** How many of their scores each of our scorings gives to their texts, of how many. */
  readonly scorings: readonly { readonly name: string; readonly agrees: number; readonly of: number }[];
  /** How many of their prompts each of our profiles sends, of how many. */
  readonly profiles: readonly { readonly name: string; readonly agrees: number; readonly of: number }[];
  /** What a user would write to come closest, and how it was found. */
  readonly closes: readonly string[];
  /** What `check-invariance` found of the model's server. */
  readonly steadiness?: readonly SteadinessFinding[];
}

export interface Sides {
  readonly task: string;
  readonly main: MetricResult;
  /** From the mean of samples to the metric; undefined: it is no mean of them. */
  readonly scale: number | undefined;
  readonly harness: string;
  readonly scoring: string;
  readonly promptProfile: string;
  readonly generation: Readonly<Record<string, unknown>>;
  readonly ours: readonly OurSample[];
  readonly theirs: readonly TheirSample[];
  /** Their main number, where a file beside says it. */
  readonly reported: number | undefined;
  /** What their file gives back of a text. */
  readBack(text: string): string;
  replayed(ours: OurSample, theirs: TheirSample): Replayed | undefined;
  /** A metric that is no mean of samples, over other scores of them; absent where the task is not known. */
  fold?(scoring: string, scored: readonly ScoredAnew[]): Promise<number | null>;
  /** How steady our model's server is, where somebody looked. */
  readonly steadiness: readonly SteadinessFinding[];
}

export interface ScoredAnew {
  readonly record: SampleRecord;
  readonly score: Score;
  readonly text: string | undefined;
}

interface Pair {
  readonly ours: OurSample;
  readonly theirs: TheirSample;
  readonly replayed?: Replayed;
  readonly ourValue: number | undefined;
  readonly theirValue: number | undefined;
  readonly differs: ReadonlySet<AcrossLayer>;
  /** Our text as their file gives it back. */
  readonly isAltered: boolean;
  readonly first?: AcrossLayer;
}

export async function explainAcross(sides: Sides): Promise<Across> {
  const { by, matches } = joined(sides);
  const pairs = matches.map(([ours, theirs]) => pairOf(sides, ours, theirs));
  const onlyOurs = sides.ours.length - pairs.length;
  const onlyTheirs = sides.theirs.length - new Set(matches.map(([, theirs]) => theirs)).size;
  const scores = sides.scale === undefined ? await foldedScores(sides, pairs) : meanScores(sides, sides.scale, pairs);
  const stated: Partial<Record<AcrossLayer, readonly string[]>> = {
    rows: onlyWords(onlyOurs, onlyTheirs),
    options: optionWords(sides),
    text: [...alteredWords(pairs), ...cutWords(sides, pairs), ...judgedWords(sides, pairs)],
    rule: unscoredWords(pairs),
  };
  const layers = acrossLayers.map((layer): AcrossReport => {
    const own = pairs.filter(({ first }) => first === layer);
    const differing = pairs.filter(({ differs }) => differs.has(layer));
    const differences = stated[layer] ?? [];
    const isAggregate = layer === "aggregate" && aggregateDiffers(sides, scores);
    return {
      layer,
      told: isTold(layer, sides, pairs),
      samples: differing.length,
      scores: own.length,
      effect: effectOf(sides, own, pairs.length),
      score: scores[layer] ?? null,
      differences: isAggregate ? [aggregateWords(sides, scores)] : differences,
      examples: [...new Set([...own, ...differing].map(({ ours }) => ours.record.id))].slice(0, 5),
    };
  });
  const first = layers.find(({ samples, differences }) => samples > 0 || differences.length > 0)?.layer;
  const agreement = { scorings: scoringsOf(sides, pairs), profiles: profilesOf(pairs) };
  return {
    ...{ task: sides.task, metric: sides.main.name, unit: sides.main.unit, harness: sides.harness, joinedBy: by },
    ours: sides.main.value,
    theirs: sides.reported ?? scores.rule ?? null,
    samples: { both: pairs.length, onlyOurs, onlyTheirs },
    layers,
    ...defined({ first }),
    ...agreement,
    closes: closesOf(sides, agreement),
    ...(sides.steadiness.length > 0 ? { steadiness: sides.steadiness } : {}),
  };
}

function effectOf({ scale }: Sides, own: readonly Pair[], of: number): number | null {
  if (scale === undefined) return null;
  return of === 0 ? 0 : (scale * own.reduce((sum, pair) => sum + changeOf(pair), 0)) / of;
}

/** The naming under which most samples of theirs are ours, and whose references agree. Several of ours may be one of theirs (POPE's categories). */
function joined({ ours, theirs }: Sides): {
  readonly by: string;
  readonly matches: readonly [OurSample, TheirSample][];
} {
  const tried = ["id", "index", "row number", "position"].map((name) => {
    const known = new Map<string | undefined, TheirSample>();
    const twice = new Set<string | undefined>([undefined]);
    for (const sample of theirs) {
      const key = sample.names[name];
      if (known.has(key)) twice.add(key);
      known.set(key, sample);
    }
    const matches = ours.flatMap((sample): [OurSample, TheirSample][] => {
      const key = sample.names[name];
      const found = twice.has(key) ? undefined : known.get(key);
      return found ? [[sample, found]] : [];
    });
    const alike = matches.filter(([{ record }, other]) => hasSameTargets(record, other)).length;
    const asked = matches.filter(([{ record }, other]) => asksTheSame(record, other)).length;
    return { by: name, matches, alike: alike + asked };
  });
  // The first of equals: a name is worth more than a place.
  return tried.reduce((best, one) => (one.alike > best.alike ? one : best));
}

/** Their question stands in the words that were sent. */
function asksTheSame({ prompt }: SampleRecord, { question }: TheirSample): boolean {
  if (prompt === undefined || question === undefined) return true;
  return plain(prompt).includes(plain(question));
}

const plain = (text: string) =>
  text
    .replace(/<(image|video)( \d+)?>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();

/** @param references  of the row: a rule may compare with something else (VLMEvalKit makes a choice of an open question) */
function hasSameTargets(
  { score }: SampleRecord,
  { targets }: TheirSample,
  references: readonly string[] = [],
): boolean {
  const scored = score?.status === "scored" ? score.targets : undefined;
  const own = scored && [...scored, ...references];
  if (!own || !targets || own.length === 0 || targets.length === 0) return true;
  const known = new Set(own.map(plain));
  return targets.some((target) => known.has(plain(target)));
}

function pairOf(sides: Sides, ours: OurSample, theirs: TheirSample): Pair {
  const { record } = ours;
  const replayed = sides.replayed(ours, theirs);
  const ourValue = valueUnder(record.score, sides.main.of ?? sides.main.name);
  // A file of answers alone has no scores: theirs are then what our copy of their rule gives.
  const byRule = (scoring: string) => valueUnder(replayed?.scores[scoring], sides.main.of ?? sides.main.name);
  const theirValue = theirs.value ?? byRule(sides.harness);
  const differs = new Set<AcrossLayer>();
  if (!hasSameTargets(record, theirs, replayed?.references)) differs.add("rows");
  if (!hasSameWords(record, theirs)) differs.add("prompt");
  if (hasOtherOptions(record, theirs)) differs.add("options");
  const text = record.state === "failed" ? undefined : record.text;
  const isSame = theirs.text !== undefined && text !== undefined && theirs.text.trim() === text.trim();
  const isAltered = !isSame && text !== undefined && theirs.text?.trim() === sides.readBack(text).trim();
  const sameText = isSame || isAltered;
  if (!sameText && (theirs.text !== undefined || text !== undefined)) differs.add("text");
  const answer = record.score?.status === "scored" ? record.score.answer : undefined;
  if (theirs.answer !== undefined && answer !== undefined && plain(theirs.answer) !== plain(answer))
    differs.add("answer");
  // A score of other numbers than the main metric's, a pair of them, is compared in the aggregate alone.
  const isComparable = ourValue !== undefined || record.score?.status !== "scored";
  const isChanged = isComparable && !isSameValue(ourValue, theirValue);
  // Another score for the same text is the rule's doing; for another text it is where our rule would not give it either.
  const byOurRule = sameText ? ourValue : byRule(sides.scoring);
  if (byOurRule !== undefined && theirValue !== undefined && !isSameValue(byOurRule, theirValue)) differs.add("rule");
  const first = isChanged ? firstOf(differs, sameText) : undefined;
  return { ours, theirs, ...defined({ replayed }), ourValue, theirValue, differs, isAltered, ...defined({ first }) };
}

/** What was sent, where their file tells it; else whether their question is a part of ours. */
function hasSameWords(record: SampleRecord, theirs: TheirSample): boolean {
  if (record.prompt === undefined || theirs.prompt === undefined) return asksTheSame(record, theirs);
  return wordsOf(theirs.prompt) === wordsOf(record.prompt);
}

/** Words that were sent count only where another text came of them. */
function firstOf(differs: ReadonlySet<AcrossLayer>, sameText: boolean): AcrossLayer {
  const causes = acrossLayers.filter((layer) => !sameText || !["images", "prompt", "options", "text"].includes(layer));
  return causes.find((layer) => differs.has(layer)) ?? "rule";
}

/** Of a prompt, without marks of images and the white space around its lines. */
export const wordsOf = (prompt: string) =>
  prompt
    .replace(/<(image|video)>/g, "")
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();

/** Options that do not stand in our words, in their order. */
function hasOtherOptions({ prompt }: SampleRecord, { choices }: TheirSample): boolean {
  if (!choices || prompt === undefined) return false;
  const words = plain(prompt);
  let at = 0;
  return choices.some((choice) => {
    const found = words.indexOf(plain(choice), at);
    at = found + 1;
    return found < 0;
  });
}

const isSameValue = (a: number | undefined, b: number | undefined) =>
  a === b || (a !== undefined && b !== undefined && Math.abs(a - b) < 1e-6);

const changeOf = ({ ourValue = 0, theirValue = 0 }: Pair) => theirValue - ourValue;

function isTold(layer: AcrossLayer, { reported, theirs }: Sides, pairs: readonly Pair[]): boolean {
  switch (layer) {
    case "images":
      return false;
    case "prompt":
      return theirs.some(({ prompt, question }) => prompt !== undefined || question !== undefined);
    case "options":
      return theirs.some(({ choices, generation }) => choices !== undefined || generation !== undefined);
    case "answer":
      return theirs.some(({ answer }) => answer !== undefined);
    case "rule":
      return pairs.some(({ theirValue }) => theirValue !== undefined);
    case "aggregate":
      return reported !== undefined;
    default:
      return true;
  }
}

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

function onlyWords(onlyOurs: number, onlyTheirs: number): readonly string[] {
  return [
    ...(onlyOurs > 0 ? [`${onlyOurs} samples are ours alone`] : []),
    ...(onlyTheirs > 0 ? [`${onlyTheirs} samples are theirs alone`] : []),
  ];
}

/** Whether our rule would have a judge say what their text is worth. */
const asksJudge = (scoring: string, { theirs, replayed }: Pair): boolean =>
  theirs.text !== undefined && replayed !== undefined && replayed.scores[scoring] === undefined;

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

type LayerScores = Partial<Record<AcrossLayer, number>>;

/** Of the samples that both have, what the main number would be with theirs up to each layer. */
function meanScores({ main, scoring, reported }: Sides, scale: number, pairs: readonly Pair[]): LayerScores {
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
async function foldedScores({ fold, scoring, harness, reported }: Sides, pairs: readonly Pair[]): Promise<LayerScores> {
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

function aggregateDiffers({ reported, scale }: Sides, scores: LayerScores): boolean {
  if (reported === undefined || scores.rule === undefined) return false;
  return Math.abs(reported - scores.rule) > 5e-5 * Math.max(1, scale ?? 1);
}

const aggregateWords = ({ reported, scale, main }: Sides, scores: LayerScores) =>
  `their samples ${scale === undefined ? `have ${main.name}` : "average"} ${scores.rule}, and they report ${reported}`;

function scoringsOf({ main }: Sides, pairs: readonly Pair[]): Across["scorings"] {
  const told = pairs.filter(({ theirs, replayed }) => theirs.value !== undefined && replayed);
  const names = [...new Set(told.flatMap(({ replayed }) => Object.keys(replayed?.scores ?? {})))];
  return names.map((name) => ({
    name,
    agrees: told.filter(({ theirs, replayed }) =>
      isSameValue(theirs.value, valueUnder(replayed?.scores[name], main.of ?? main.name)),
    ).length,
    of: told.length,
  }));
}

function profilesOf(pairs: readonly Pair[]): Across["profiles"] {
  const told = pairs.filter(({ theirs, replayed }) => theirs.prompt !== undefined && replayed);
  const names = [...new Set(told.flatMap(({ replayed }) => replayed?.profiles ?? []))];
  return names
    .map((name) => ({
      name,
      agrees: told.filter(({ replayed }) => replayed?.profiles.includes(name)).length,
      of: told.length,
    }))
    .sort((a, b) => b.agrees - a.agrees);
}

/** Only what is better than what the run has. */
function closesOf({ scoring, promptProfile }: Sides, found: Pick<Across, "scorings" | "profiles">): readonly string[] {
  const better = (list: Across["scorings"], own: string, flag: string, what: string) => {
    const best = list.reduce<Across["scorings"][number] | undefined>(
      (top, one) => (one.agrees > (top?.agrees ?? 0) ? one : top),
      undefined,
    );
    const now = list.find(({ name }) => name === own)?.agrees ?? 0;
    return best && best.agrees > now
      ? [`${flag} ${best.name}: ${what} ${best.agrees} of ${best.of} (${own}: ${now})`]
      : [];
  };
  return [
    ...better(found.profiles, promptProfile, "--prompt-profile", "sends their words to"),
    ...better(found.scorings, scoring, "--scoring", "gives their score to their text in"),
  ];
}
