/** `llava-eval/api`: evaluations from a program. Everything else in this folder serves the command line. */
export { type CompareOptions, type Comparison, compare } from "./compare.js";
export { type EvaluateOptions, type Evaluation, evaluate, type Progress } from "./evaluate.js";
export type { Evaluated } from "./evaluated.js";
export { type ExplainOptions, type Explanation, explain } from "./explain.js";
export { type Board, type LeaderboardOptions, leaderboard } from "./leaderboard.js";
export { type Result, type Run, type RunManifest, readRun, type SampleRecord } from "./read-run.js";
export { type ScoreOptions, score } from "./score.js";
