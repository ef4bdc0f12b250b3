/** The JSON Schemas of all result files, as the package ships them in schemas/ (`npm run schemas`). */

import { Result } from "../core/result.js";
import type { TSchema } from "../core/schema.js";
import { HistoryLine } from "../record/history.js";
import { ServerInvariance } from "../record/invariance-report.js";
import { JudgeRecord } from "../record/judge-record.js";
import { Leaderboard } from "../record/leaderboard-entry.js";
import { RunManifest } from "../record/run-manifest.js";
import { SampleSchema } from "../record/samples.js";
import { TimingRecord } from "../record/timing-record.js";
import { Comparison } from "./compare/comparison.js";

const files: readonly (readonly [name: string, title: string, schema: TSchema])[] = [
  ["run.v1.json", "run.json: what a run was asked to do, and how far it got", RunManifest],
  ["result.v1.json", "<task>.json: the Result of one task", Result],
  ["sample.v1.json", "one line of <task>.samples.jsonl", SampleSchema],
  ["timing.v1.json", "one line of timings.jsonl", TimingRecord],
  ["judge.v1.json", "one line of judge.<task>.jsonl", JudgeRecord],
  ["leaderboard.v1.json", "leaderboard.json", Leaderboard],
  ["history.v1.json", "one line of results/history.jsonl", HistoryLine],
  ["invariance.v1.json", "what `llava-eval check-invariance --out FILE` writes of a server", ServerInvariance],
  ["comparison.v1.json", "what `llava-eval compare --format json` writes", Comparison],
];

/** By file name. The number behind `v` is the major version: a reader refuses a newer one. */
export function publishedSchemas(): Readonly<Record<string, object>> {
  return Object.fromEntries(files.map(([name, title, schema]) => [name, published(title, schema)]));
}

/** A schema as a file for editors and other programs. */
export function published(title: string, schema: object): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title,
    ...(JSON.parse(JSON.stringify(schema)) as object),
  };
}
