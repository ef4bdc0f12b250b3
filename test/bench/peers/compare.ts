/** Row by row: were both asked the same, and do both say the same of it? */

import { type Comparison, knownParameters } from "./comparisons.js";
import type { Asked } from "./endpoint.js";
import type { Said } from "./programs.js";
import { replyTo, rowsPerTask } from "./rows.js";

export type Kind = "words" | "places" | "pixels" | "sent" | "judged" | "scores" | "metrics";

/** Of one kind: how many are equal of how many, and the first differences, theirs before ours. */
export interface Agreement {
  readonly equal: number;
  readonly of: number;
  readonly differences: readonly string[];
}

export interface Compared {
  readonly comparison: Comparison;
  readonly asked: { readonly theirs: number; readonly ours: number };
  readonly kinds: Readonly<Record<Kind, Agreement>>;
  /** The parameters without those of which it is known why they differ. */
  readonly sentBesides: Agreement;
  /** Why one of them said nothing. */
  readonly problems: readonly string[];
}

interface Side {
  readonly asked: ReadonlyMap<string, readonly Asked[]>;
  readonly said: ReadonlyMap<string, Said>;
  readonly judged: ReadonlyMap<string, ReadonlySet<string>>;
}

export function compare(comparison: Comparison, theirs: Side, ours: Side): Compared {
  const { theirs: name } = comparison;
  const asks = Array.from({ length: rowsPerTask }, (_, n) => {
    const [a, b] = [theirs, ours].map(({ asked }) => asked.get(`${name} ${n}`) ?? []);
    return { n, theirs: a?.[0], ours: b?.[0], counts: [a?.length ?? 0, b?.length ?? 0] as const };
  });
  const each = (part: (asked: Asked) => unknown): Agreement =>
    agreement(asks.flatMap(({ n, theirs: a, ours: b }) => (a && b ? [[`row ${n}`, part(a), part(b)] as const] : [])));
  const besides = ({ sent }: Asked) =>
    Object.fromEntries(Object.entries(sent).filter(([name]) => knownParameters[name] === undefined));
  const [toTheirJudge, toOurs] = [theirs, ours].map(({ judged }) => judged.get(name) ?? new Set<string>());
  const [said, own] = [theirs.said.get(name), ours.said.get(name)];
  return {
    comparison,
    asked: {
      theirs: asks.reduce((sum, { counts }) => sum + counts[0], 0),
      ours: asks.reduce((sum, { counts }) => sum + counts[1], 0),
    },
    kinds: {
      words: each(({ words }) => words),
      places: each(({ places }) => places),
      pixels: each(({ pixels }) => pixels),
      sent: each(({ sent }) => sent),
      judged: agreement(
        [...(toTheirJudge ?? []), ...[...(toOurs ?? [])].filter((words) => !toTheirJudge?.has(words))].map((words) => [
          "question",
          toTheirJudge?.has(words) ? words : "not asked",
          toOurs?.has(words) ? words : "not asked",
        ]),
      ),
      scores: agreement(scoresOf(comparison, said?.samples ?? [], own?.samples ?? [])),
      metrics: agreement(
        comparison.metrics.map(([metric, name, times = 1]) => {
          const value = own?.metrics.get(name);
          return [metric, said?.metrics.get(metric), value === undefined ? undefined : value * times] as const;
        }),
      ),
    },
    sentBesides: each(besides),
    problems: [said?.problem, own?.problem].filter((problem) => problem !== undefined),
  };
}

type Pair = readonly [where: string, theirs: unknown, ours: unknown];

function agreement(pairs: readonly Pair[]): Agreement {
  const different = pairs.filter(([, a, b]) => a === undefined || !isSame(a, b));
  // The same difference of many rows is said once.
  const places = new Map<string, string[]>();
  for (const [where, a, b] of different) {
    const pair = `${JSON.stringify(a)} / ${JSON.stringify(b)}`;
    places.set(pair, [...(places.get(pair) ?? []), where]);
  }
  return {
    equal: pairs.length - different.length,
    of: pairs.length,
    differences: [...places].map(
      ([pair, [where, ...more]]) => `${where}${more.length > 0 ? ` and ${more.length} more` : ""}: ${pair}`,
    ),
  };
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

/** Rows of which both give one value. */
function scoresOf(comparison: Comparison, theirs: Said["samples"], ours: Said["samples"]): readonly Pair[] {
  return theirs.flatMap((sample, n) => {
    const value = valueIn(sample);
    const own = ours[n]?.score as { status: string; value?: unknown; remark?: string; reason?: string } | undefined;
    if (comparison.draws && own?.remark !== undefined) return [];
    const said = own?.status === "scored" ? oneOf(own.value, comparison.value) : (own?.reason ?? "nothing");
    const where = `row ${n}, ${JSON.stringify(replyTo(comparison, n))}`;
    return value === undefined ? [] : [[where, value, said] as const];
  });
}

const oneOf = (value: unknown, name: string | undefined): unknown =>
  name === undefined ? value : (value as Readonly<Record<string, unknown>>)[name];

/** What of a line of lmms-eval's samples is no metric. */
const facts = ["doc_id", "doc", "target", "doc_hash", "resps", "filtered_resps", "input", "token_counts"];

/** The first metric's value of a row: a number, or in a record a number or what it was made from. */
function valueIn(sample: Readonly<Record<string, unknown>>): number | undefined {
  for (const [key, value] of Object.entries(sample)) {
    if (facts.includes(key)) continue;
    if (typeof value === "number") return value;
    if (typeof value !== "object" || value === null) continue;
    const record = value as Readonly<Record<string, unknown>>;
    const score = record.score ?? record.gpt_score;
    if (typeof score === "number") return score;
    // Of a review the model's; in the metrics of other categories both are -999.
    if (Array.isArray(record.scores) && record.scores[1] !== -999) return record.scores[1];
    const right = record.is_correct ?? record.correct ?? record.true_false;
    if (typeof right === "boolean") return Number(right);
    const answer = record.pred ?? record.pred_answer;
    if (typeof answer === "string" && typeof record.answer === "string")
      return Number(answer.trim().toLowerCase() === record.answer.trim().toLowerCase());
    const [parsed] = Array.isArray(record.parsed_pred) ? record.parsed_pred : [];
    if (record.question_type === "multiple-choice") return Number(parsed === record.answer);
  }
  return undefined;
}
