/**
 * Why does another harness have another number for the same model and benchmark? Sample by sample the first layer that differs, and the score
 * that each layer would give.
 */
import { defined } from "../../../core/defined.js";
import type { MetricResult } from "../../../core/metric-result.js";
import { valueUnder } from "../../../record/outcome.js";
import type { SteadinessFinding } from "../steadiness.js";
import { differencesOf } from "./differences.js";
import { foldedScores, meanScores } from "./layer-scores.js";
import { type AcrossLayer, acrossLayers, isSameValue, joined, type Pair, pairOf } from "./pairs.js";
import type { Sides } from "./sides.js";

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

export async function explainAcross(sides: Sides): Promise<Across> {
  const { by, matches } = joined(sides);
  const pairs = matches.map(([ours, theirs]) => pairOf(sides, ours, theirs));
  const onlyOurs = sides.ours.length - pairs.length;
  const onlyTheirs = sides.theirs.length - new Set(matches.map(([, theirs]) => theirs)).size;
  const scores = sides.scale === undefined ? await foldedScores(sides, pairs) : meanScores(sides, sides.scale, pairs);
  const differences = differencesOf(sides, pairs, { onlyOurs, onlyTheirs }, scores);
  const layers = acrossLayers.map((layer): AcrossReport => {
    const own = pairs.filter(({ first }) => first === layer);
    const differing = pairs.filter(({ differs }) => differs.has(layer));
    return {
      layer,
      told: isTold(layer, sides, pairs),
      samples: differing.length,
      scores: own.length,
      effect: effectOf(sides, own, pairs.length),
      score: scores[layer] ?? null,
      differences: differences[layer] ?? [],
      examples: [...new Set([...own, ...differing].map(({ ours }) => ours.record.id))].slice(0, 5),
    };
  });
  const first = layers.find((report) => report.samples > 0 || report.differences.length > 0)?.layer;
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
