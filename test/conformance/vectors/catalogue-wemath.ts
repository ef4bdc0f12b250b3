/** We-Math's vector file: letters, and the four dimensions of problems. */

import { taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, type ScoredRow } from "./catalogue-metrics.js";

interface Answered {
  readonly ID: string;
  readonly key: string;
  readonly answer: string;
  readonly ok: boolean;
}

function scored(rows: readonly Answered[]): readonly ScoredRow[] {
  return rows.map(({ ok, ...row }) => {
    const { value, data } = taskScore("wemath", row, ok ? `Answer: ${row.answer}` : "Answer: none");
    return { row, value, cluster: row.ID, ...(data ? { data } : {}) };
  });
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;

/** The authors divide by the 525 problems of the whole benchmark, whatever was asked: so do these, from our shares. */
function dimensions(rows: readonly Answered[]) {
  const all = scored(rows);
  const problems = new Set(rows.map(({ ID }) => ID)).size;
  const of = (metric: string): number => {
    const value = fold("wemath", metric, all);
    if (value === null) throw new RangeError("no problem is solved");
    return value;
  };
  const count = (metric: string): number => Math.round(of(metric) * problems);
  const counts = {
    generalization: count("inadequate_generalization"),
    knowledge: count("insufficient_knowledge"),
    mastery: { strict: count("complete_mastery_strict"), loose: count("complete_mastery_loose") },
  };
  const solved = problems - counts.generalization - counts.knowledge;
  const part = (rule: "strict" | "loose") => {
    const mastery = counts.mastery[rule];
    const missing = (1 - of(`score_${rule}`)) * problems;
    return {
      mastery,
      rote: solved - mastery,
      rate: percent(of(`rote_memorization_${rule}`)),
      score: percent((525 - missing) / 525),
    };
  };
  return { ...counts, strict: part("strict"), loose: part("loose") };
}

function printed(rows: readonly Answered[]) {
  const { generalization, knowledge, strict, loose } = dimensions(rows);
  const share = (count: number) => `${percent(count / 525)} (${count})`;
  const of = (title: string, { score, mastery, rote, rate }: typeof strict) => ({
    [`Score (${title})`]: score,
    [`InsufficientKnowledge (${title})`]: share(knowledge),
    [`InadequateGeneralization (${title})`]: share(generalization),
    [`CompleteMastery (${title})`]: share(mastery),
    [`RoteMemorization (${title})`]: `${rate} (${rote})`,
  });
  return { ...of("Strict", strict), ...of("Loose", loose) };
}

/** A problem without one of its rows: there its other rows may still say something. */
const isBroken = (rows: readonly Answered[]): boolean => {
  const counts = new Map<string, number>();
  for (const { ID } of rows) counts.set(ID, (counts.get(ID) ?? 0) + 1);
  return rows.some(({ ID, key }) => counts.get(ID) !== Number(key[0]) + 1);
};

export const wemath: VectorFile = {
  setAside: ({ rows }: { rows?: Answered[] }) =>
    rows !== undefined && isBroken(rows)
      ? "a problem that lacks a row: here it counts nowhere, and --limit takes problems whole"
      : undefined,
  reference(expected, fn) {
    // The twelve branches of knowledge are not reported here.
    if (fn !== "official.accuracy") return expected;
    const steps = Object.entries(expected as Record<string, string>).slice(0, 3);
    return Object.fromEntries(steps.map(([step, value]) => [step, value === "nan%" ? null : value]));
  },
  functions: {
    "official.extract": ({ response }: { response: string }) => {
      const { answer, value } = taskScore("wemath", { answer: "B", key: "2steps_1" }, response);
      return { processed_answer: answer === "" ? null : answer, correct_if_B: value === 1 };
    },
    "lmms.aggregate": ({ rows }: { rows: Answered[] }) => {
      const { strict, loose } = dimensions(rows);
      return { strict: strict.score, loose: loose.score };
    },
    "official.four_dimensional": ({ rows }: { rows: Answered[] }) => {
      const { generalization, knowledge, strict, loose } = dimensions(rows);
      return {
        counts: {
          ...{ InadequateGeneralization: generalization, InsufficientKnowledge: knowledge },
          ...{ CompleteMastery_loose: loose.mastery, CompleteMastery_strict: strict.mastery },
          ...{ RoteMemorization_loose: loose.rote, RoteMemorization_strict: strict.rote },
        },
        rates: {
          InadequateGeneralization_rate: percent(generalization / 525),
          InsufficientKnowledge_rate: percent(knowledge / 525),
          CompleteMastery_loose_rate: percent(loose.mastery / 525),
          CompleteMastery_strict_rate: percent(strict.mastery / 525),
          ...{ RoteMemorization_loose_rate: loose.rate, RoteMemorization_strict_rate: strict.rate },
        },
        row: printed(rows),
      };
    },
    "official.accuracy": ({ rows }: { rows: Answered[] }) => {
      const each = foldEach("wemath", "accuracy", scored(rows), "step");
      const of = (step: string) => (each[step] === undefined || each[step] === null ? null : percent(each[step]));
      return { "One-step(S1)": of("1 step"), "Two-step(S2)": of("2 steps"), "Three-step(S3)": of("3 steps") };
    },
    "vlmevalkit.evaluate": ({ rows }: { rows: Answered[] }) => printed(rows),
  },
};
