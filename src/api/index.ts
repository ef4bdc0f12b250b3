/** `llava-eval/api`: evaluations from a program. Everything else in this folder serves the command line. */
export { type CompareOptions, type Comparison, compare } from "./board/compare.js";
export { type ExplainOptions, type Explanation, explain } from "./board/explain.js";
export { type Board, type LeaderboardOptions, leaderboard } from "./board/leaderboard.js";
export type { Evaluated } from "./record/evaluated.js";
export { type Result, type Run, type RunManifest, readRun, type SampleRecord } from "./record/read-run.js";
export { type EvaluateOptions, type Evaluation, evaluate, type Progress } from "./run/evaluate.js";
export { type ScoreOptions, score } from "./run/score.js";
