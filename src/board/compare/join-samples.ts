/** Two journals of one task joined by sample. Holds numbers and digests, not texts: 300,000 samples take about 100 MB. */
import { createHash } from "node:crypto";
import type { SampleRecord } from "../../core/result.js";
import { samplesOf } from "../read-run.js";
import type { SideTask } from "./side.js";

/** What is compared of one sample; strings as 48-bit digests (0 = absent). */
export interface SampleDigest {
  readonly index: number;
  readonly cluster: string;
  readonly prompt: number;
  readonly images: number;
  readonly text: number;
  readonly answer: number;
  readonly verdict: number;
  readonly status: "scored" | "unscored" | "unjudged";
  /** By metric name; one number under "" when the score is a plain number. */
  readonly values: Readonly<Record<string, number>>;
}

export interface SamplePair {
  readonly id: string;
  readonly repeat: number;
  a?: SampleDigest;
  b?: SampleDigest;
}

/** Every sample that one of the runs has, A's order first. Of several lines about one sample the last counts. */
export async function joinSamples(a: SideTask, b: SideTask): Promise<SamplePair[]> {
  const pairs = new Map<string, SamplePair>();
  for (const side of ["a", "b"] as const) {
    const { run, result } = side === "a" ? a : b;
    for await (const record of samplesOf(run, result)) {
      const repeat = record.repeat ?? 0;
      const key = keyOf(record);
      let pair = pairs.get(key);
      if (!pair) {
        pair = { id: record.id, repeat };
        pairs.set(key, pair);
      }
      pair[side] = digestOf(record);
    }
  }
  return [...pairs.values()];
}

export const keyOf = (sample: { readonly id: string; readonly repeat?: number | undefined }) =>
  `${sample.repeat ?? 0} ${sample.id}`;

/** The sample's value for a metric, or undefined when it has none. */
export function sampleValue(digest: SampleDigest | undefined, metric: string): number | undefined {
  return digest?.values[metric] ?? digest?.values[""];
}

function digestOf(record: SampleRecord): SampleDigest {
  const { score } = record;
  const scored = score?.status === "scored" ? score : undefined;
  return {
    index: record.index,
    cluster: record.cluster,
    prompt: hash(record.prompt),
    images: hash(record.images?.join(" ")),
    text: hash(record.turns ? JSON.stringify(record.turns) : record.text),
    answer: hash(scored?.answer),
    verdict: scored ? hash(JSON.stringify(scored.value)) : 0,
    status: score?.status ?? "unjudged",
    values: !scored ? {} : typeof scored.value === "number" ? { "": scored.value } : scored.value,
  };
}

function hash(text: string | undefined): number {
  return text === undefined ? 0 : createHash("sha1").update(text).digest().readUIntBE(0, 6);
}
