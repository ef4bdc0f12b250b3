/** What `check-invariance` found of a server, in words: its own table, and a line beside two runs that are explained. */
import { canonicalJson } from "../../core/digest.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { Result } from "../../core/result.js";
import type { ServerInvariance, WayReport } from "../../record/invariance-report.js";
import { count } from "../format/numbers.js";
import { textTable } from "../format/text-table.js";

const percent = (share: number) => (100 * share).toFixed(1);
const points = (value: number) => `${value > 0 ? "+" : ""}${(100 * value).toFixed(2)}`;

/** `2.0 % [0.8, 5.0]`. */
const shareText = ({ flips, requests, share }: WayReport): string =>
  `${percent(requests === 0 ? 0 : flips / requests)} % [${share.map(percent).join(", ")}]`;

/** One line for each way of asking. */
export function serverTable({ ways }: ServerInvariance): string {
  const right = (title: string) => ({ title, align: "right" as const });
  const columns = [
    { title: "compared with: alone" },
    ...["flips", "share, 95 %", "begins at", "other answers", "scores that move", "mean score", "cached tokens"].map(
      right,
    ),
  ];
  const rows = ways.map((way) => [
    way.way,
    `${way.flips}/${way.requests}${way.failed > 0 ? ` (${way.failed} unanswered)` : ""}`,
    shareText(way),
    way.firstCharacter === undefined ? "" : `character ${way.firstCharacter}`,
    ...[way.answers, way.scores].map(String),
    way.effect === undefined
      ? ""
      : `${points(way.effect)}${way.effectInterval ? ` [${way.effectInterval.map(points).join(", ")}]` : ""}`,
    way.cachedTokens === undefined ? "" : count(way.cachedTokens),
  ]);
  return textTable(columns, rows);
}

/** The way whose flips are most. */
const worst = ({ ways }: ServerInvariance): WayReport =>
  ways.reduce((most, way) =>
    way.flips / Math.max(1, way.requests) > most.flips / Math.max(1, most.requests) ? way : most,
  );

/** The verdict, in one line that can be quoted. */
export function steadinessText(report: ServerInvariance): string {
  const way = worst(report);
  switch (report.verdict) {
    case "steady": {
      const most = Math.max(...report.ways.map(({ share }) => share[1]));
      return `steady: no request got other words, ${report.ways.length} ways of asking; fewer than ${percent(most)} % do (95 %)`;
    }
    case "load":
      return `other words under load: ${way.flips} of ${way.requests} requests, ${shareText(way)}, ${way.way}; none alone, again`;
    case "repeats":
      return `not even alone does it answer twice in one way: ${report.ways[0]?.flips} of ${report.ways[0]?.requests} requests; most ${way.way}: ${shareText(way)}`;
  }
}

/** A server's unsteadiness beside two of its runs. */
export interface SteadinessFinding {
  readonly side: "A" | "B" | "both" | "ours";
  readonly model: string;
  readonly verdict: ServerInvariance["verdict"];
  readonly way: string;
  readonly requests: number;
  readonly flips: number;
  readonly share: readonly [number, number];
}

/**
 * What the reports say of the models of two runs of one task.
 * @throws UserError  a report is of neither of them
 */
export function findingsOf(
  reports: readonly (readonly [path: string, report: ServerInvariance])[],
  { a, b }: { readonly a: Result; readonly b: Result },
): SteadinessFinding[] {
  return reports.map(([path, report]) => {
    const isOf = ({ fingerprint, task }: Result) =>
      task.split("~")[0] === report.task.split("~")[0] &&
      canonicalJson(fingerprint as Json) === canonicalJson(report.fingerprint as Json);
    const [ofA, ofB] = [isOf(a), isOf(b)];
    if (!ofA && !ofB) {
      throw new UserError(
        `it is about ${report.model} and ${report.task}, and ${a === b ? "this run is not" : "neither run is"}`,
        path,
        `${a === b ? `the run is of ${a.model}` : `the runs are of ${a.model} and ${b.model}`} (${a.task}): check-invariance --model ... --task ${a.task} --out FILE`,
      );
    }
    const { way, requests, flips, share } = worst(report);
    return {
      side: ofA && ofB ? "both" : ofA ? "A" : "B",
      ...{ model: report.model, verdict: report.verdict, way, requests, flips, share },
    };
  });
}

/** Of a run beside another harness's file. @throws UserError  a report is of another model, or task */
export const ownFindings = (
  reports: readonly (readonly [path: string, report: ServerInvariance])[],
  result: Result,
): SteadinessFinding[] =>
  findingsOf(reports, { a: result, b: result }).map((finding) => ({ ...finding, side: "ours" }));

/** `the same request gave another answer: 4 of 200, 2.0 % [0.8, 5.0], 16 at once (both: openai:m)`. */
export const findingText = ({ side, model, verdict, way, requests, flips, share }: SteadinessFinding): string =>
  verdict === "steady"
    ? `the same request gave the same answer however it was asked: fewer than ${percent(share[1])} % do not (${side}: ${model})`
    : `the same request gave another answer: ${flips} of ${requests}, ${percent(flips / requests)} % [${share.map(percent).join(", ")}], ${way} (${side}: ${model}); between two runs under load up to twice that`;
