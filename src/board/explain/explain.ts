/**
 * Why do two numbers differ? The way of a sample layer by layer, in the order in which one layer feeds the next; each changed
 * answer and score is accounted to the first layer that differs for it.
 */
import { defined } from "../../core/defined.js";
import type { Json } from "../../core/json.js";
import type { Result } from "../../core/result.js";
import { joinSamples, type SamplePair, sampleValue } from "../compare/join-samples.js";
import type { SideTask } from "../compare/side.js";
import type { Unit } from "../format/numbers.js";
import type { SteadinessFinding } from "./steadiness.js";

export const layers = [
  "dataset",
  "frames",
  "image bytes",
  "preprocessing",
  "prompt",
  "chat template",
  "options",
  "model",
  "raw text",
  "extracted answer",
  "scorer",
] as const;
export type Layer = (typeof layers)[number];

export interface Difference {
  readonly what: string;
  readonly a: string;
  readonly b: string;
}

export interface LayerReport {
  readonly layer: Layer;
  readonly same: boolean;
  /** What both runs state about themselves. */
  readonly differences: readonly Difference[];
  /** Samples that differ in this layer; absent for layers that only the run as a whole has. */
  readonly samples?: number;
  /** Changed raw answers of which this is the first layer that differs. */
  readonly answers: number;
  /** Changed scores of which this is the first layer that differs. */
  readonly scores: number;
  /** Their part of B - A, as the mean of the samples' values; 0 when none. */
  readonly effect: number;
  /** Up to five of these samples' ids, changed scores first. */
  readonly examples: readonly string[];
}

export interface Explanation {
  readonly task: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly a: number | null;
  readonly b: number | null;
  readonly samples: { readonly both: number; readonly onlyA: number; readonly onlyB: number };
  readonly changedAnswers: number;
  readonly changedScores: number;
  readonly layers: readonly LayerReport[];
  /** What `check-invariance` found of the models, where its files are named. */
  readonly steadiness?: readonly SteadinessFinding[];
  /** The first layer that differs at all. */
  readonly first?: Layer;
}

export async function explain(task: string, a: SideTask, b: SideTask): Promise<Explanation> {
  const joined = await joinSamples(a, b);
  const both = joined.filter((pair) => pair.a && pair.b);
  const onlyA = joined.filter((pair) => !pair.b).length;
  const onlyB = joined.filter((pair) => !pair.a).length;
  const [main] = a.result.metrics;
  const metric = main?.name ?? "";
  const stated = statedDifferences(a.result, b.result);
  if (onlyA + onlyB > 0) stated.dataset.push({ what: "samples only in one run", a: String(onlyA), b: String(onlyB) });
  const first = both.map((pair) => firstDifference(pair, stated));
  const reports = layers.map((layer): LayerReport => {
    const own = both.filter((_, i) => first[i] === layer);
    const scores = own.filter(isScoreChanged);
    const differing = perSample[layer] ? both.filter((pair) => perSample[layer]?.(pair)).length : undefined;
    return {
      layer,
      same: stated[layer].length === 0 && (differing ?? 0) === 0,
      differences: stated[layer],
      ...defined({ samples: differing }),
      answers: own.filter(isTextChanged).length,
      scores: scores.length,
      effect: both.length === 0 ? 0 : scores.reduce((sum, pair) => sum + changeOf(pair, metric), 0) / both.length,
      examples: [...new Set([...scores, ...own].map(({ id }) => id))].slice(0, 5),
    };
  });
  const firstLayer = reports.find(({ same }) => !same)?.layer;
  return {
    ...{ task, metric, unit: main?.unit ?? "count" },
    ...{ a: main?.value ?? null, b: b.result.metrics[0]?.value ?? null },
    samples: { both: both.length, onlyA, onlyB },
    changedAnswers: both.filter(isTextChanged).length,
    changedScores: both.filter(isScoreChanged).length,
    layers: reports,
    ...(firstLayer ? { first: firstLayer } : {}),
  };
}

/** Layers that can be seen on a sample alone. */
const perSample: Readonly<Partial<Record<Layer, (pair: SamplePair) => boolean>>> = {
  "image bytes": ({ a, b }) => a?.images !== b?.images,
  prompt: ({ a, b }) => a?.prompt !== b?.prompt,
  "raw text": isTextChanged,
  "extracted answer": ({ a, b }) => a?.answer !== b?.answer,
  scorer: isScoreChanged,
};

function isTextChanged({ a, b }: SamplePair): boolean {
  return a?.text !== b?.text;
}

function isScoreChanged({ a, b }: SamplePair): boolean {
  return a?.verdict !== b?.verdict || a?.status !== b?.status;
}

/**
 * The layer that accounts for a sample's change; undefined when neither answer nor score changed. What a run states about
 * itself can only account for a changed answer; an equal answer with another score is the extraction's or the scorer's doing.
 */
function firstDifference(pair: SamplePair, stated: StatedDifferences): Layer | undefined {
  if (isTextChanged(pair)) {
    return layers.find((layer) => stated[layer].length > 0 || perSample[layer]?.(pair)) ?? "raw text";
  }
  if (!isScoreChanged(pair)) return undefined;
  return perSample["extracted answer"]?.(pair) ? "extracted answer" : "scorer";
}

function changeOf(pair: SamplePair, metric: string): number {
  return (sampleValue(pair.b, metric) ?? 0) - (sampleValue(pair.a, metric) ?? 0);
}

type StatedDifferences = Readonly<Record<Layer, Difference[]>>;

function statedDifferences(a: Result, b: Result): StatedDifferences {
  const found = Object.fromEntries(layers.map((layer) => [layer, [] as Difference[]])) as unknown as StatedDifferences;
  const differ = (layer: Layer, what: string, left: Json | undefined, right: Json | undefined) => {
    const [x, y] = [shown(left), shown(right)];
    if (x !== y) found[layer].push({ what, a: x, b: y });
  };
  const { dataset: dataA } = a;
  const { dataset: dataB } = b;
  // The same bytes under two names are the same data.
  if (dataA.digest === undefined || dataA.digest !== dataB.digest) {
    for (const key of ["source", "revision", "digest"] as const) differ("dataset", key, dataA[key], dataB[key]);
  }
  differ("dataset", "split", dataA.split, dataB.split);
  differ("frames", "rule", a.frames?.rule, b.frames?.rule);
  differ("frames", "decoder", a.frames?.decoder, b.frames?.decoder);
  differ("prompt", "profile", a.promptProfile, b.promptProfile);
  for (const key of union(a.generation, b.generation)) differ("options", key, a.generation[key], b.generation[key]);
  differ("options", "seed", a.seed, b.seed);
  differ("options", "repeats", a.repeats, b.repeats);
  for (const key of union(a.fingerprint, b.fingerprint))
    differ(layerOf(key), key, a.fingerprint[key], b.fingerprint[key]);
  differ("scorer", "task version", a.version, b.version);
  differ("scorer", "scoring", a.scoring, b.scoring);
  differ("scorer", "reasoning tags", a.reasoningTags?.join(", ") ?? "none", b.reasoningTags?.join(", ") ?? "none");
  differ("scorer", "judge", a.judge?.model, b.judge?.model);
  differ("scorer", "judge's prompt", a.judge?.promptDigest, b.judge?.promptDigest);
  return found;
}

/** Fingerprints are the runners' own: their keys say which layer they describe. */
function layerOf(key: string): Layer {
  if (/template/i.test(key)) return "chat template";
  if (/image|grid|resize|crop|aspect|merge|layout|pixel|preprocess/i.test(key)) return "preprocessing";
  return "model";
}

const union = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

function shown(value: Json | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "not stated");
}
