/** Whole-split results of the MMMU family: accuracy by subject and domain, from the metric that runs use. */

import { parseStringList } from "../../../src/core/python-literal.js";
import { mean } from "../../../src/metrics/mean.js";
import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { majorityVerdict, matchesOpen, normalizeBlank, openIsCorrect } from "../../../tasks/mmmu/open-answer.js";
import { cmmmuDomains, mmmuDomains, subjectOf } from "../../../tasks/mmmu/score.js";
import { foldValue } from "../fold.js";
import { lmmsOpenCorrect } from "../ported/lmms-eval-0.7.2.js";
import { taskScore } from "../task-score.js";

type Answer = string | readonly string[];
interface Result {
  readonly id: string;
  readonly subdomain: string;
  readonly question_type: string;
  readonly answer: Answer;
  readonly parsed_pred: readonly string[];
}

const accuracy = mean("accuracy");
const isChoice = (result: Result): boolean => result.question_type === "multiple-choice";
const accepts = (answer: Answer, letter: string): boolean =>
  typeof answer === "string" ? answer === letter : answer.includes(letter);

/** Subjects in the order they first appear, with one value (a share of right answers) for each sample. */
type Subjects = ReadonlyMap<string, { readonly num: number; readonly acc: number }>;

function subjectsOf<T>(
  results: readonly T[],
  subject: (result: T) => string,
  values: (result: T) => readonly number[],
): Subjects {
  const grouped = new Map<string, T[]>();
  for (const result of results) grouped.set(subject(result), [...(grouped.get(subject(result)) ?? []), result]);
  const entries = [...grouped].map(([name, group]) => {
    const acc =
      foldValue(
        accuracy,
        group.flatMap(values).map((value) => ({ value })),
      ) ?? 0;
    return [name, { num: group.length, acc }] as const;
  });
  return new Map(entries);
}

/** Mean over subjects, weighted by their samples. */
function weighted(subjects: Subjects, names: readonly string[] = [...subjects.keys()]): { num: number; acc: number } {
  const rows = names.flatMap((name) => subjects.get(name) ?? []);
  const num = rows.reduce((sum, row) => sum + row.num, 0);
  return { num, acc: num === 0 ? 0 : rows.reduce((sum, row) => sum + row.acc * row.num, 0) / num };
}

/** lmms-eval's printed table. */
function printed(subjects: Subjects, domains: typeof mmmuDomains, digits: number) {
  const rounded = ({ num, acc }: { num: number; acc: number }) => ({ num, acc: roundHalfEven(acc, digits) });
  const table: Record<string, { num: number; acc: number }> = {};
  for (const [domain, names] of Object.entries(domains)) {
    table[`Overall-${domain}`] = rounded(weighted(subjects, names));
    for (const name of names) {
      const row = subjects.get(name);
      if (row !== undefined) table[name] = rounded(row);
    }
  }
  const overall = rounded(weighted(subjects));
  table.Overall = overall;
  return { overall: overall.acc, printed: table };
}

export function mmmuAggregate({ results }: { results: readonly Result[] }) {
  const value = (right: boolean): number[] => [right ? 1 : 0];
  const lmms = subjectsOf(
    results,
    ({ subdomain }) => subdomain,
    (result) =>
      value(
        result.parsed_pred.some((answer) =>
          isChoice(result) ? accepts(result.answer, answer) : lmmsOpenCorrect(answer, result.answer),
        ),
      ),
  );
  const official = subjectsOf(
    results,
    ({ id }) => subjectOf(id) ?? "",
    (result) => {
      const [answer = ""] = result.parsed_pred;
      return value(isChoice(result) ? accepts(result.answer, answer) : openIsCorrect(answer, result.answer));
    },
  );
  const perDomain = Object.entries(mmmuDomains).map(([domain, names]) => [domain, weighted(official, names).acc]);
  return {
    lmms: printed(lmms, mmmuDomains, 5),
    ...(results.length === 0
      ? {}
      : {
          official: {
            per_subject: Object.fromEntries(
              [...official].map(([name, { num, acc }]) => [name, { acc, num_example: num }]),
            ),
            per_domain: Object.fromEntries(perDomain),
            overall: weighted(official).acc,
          },
        }),
  };
}

interface ProResult {
  readonly subject: string;
  readonly answer: Answer;
  readonly parsed_pred: Answer;
}

/** MMMU-Pro; a composite question has several answers, each of which counts within its subject. */
export function mmmuProAggregate({ results }: { results: readonly ProResult[] }) {
  const values = ({ answer, parsed_pred }: ProResult): number[] => {
    if (typeof answer === "string") return typeof parsed_pred === "string" ? [answer === parsed_pred ? 1 : 0] : [];
    if (typeof parsed_pred === "string") return [];
    return answer.slice(0, parsed_pred.length).map((gold, i) => (gold === parsed_pred[i] ? 1 : 0));
  };
  const subjects = subjectsOf(results, ({ subject }) => subject, values);
  const comparable = new Set(results.filter((result) => values(result).length > 0).map(({ subject }) => subject));
  if (comparable.size < subjects.size) throw new RangeError("a subject without any comparable answer");
  return printed(subjects, mmmuDomains, 5);
}

interface ProDoc {
  readonly id: string;
  readonly subject: string;
  readonly answer: string;
  readonly options?: string;
  readonly question?: string;
}

/** Without a question in the row (vision) lmms-eval takes the whole response for the answer. */
export function mmmuProProcess({ doc, prediction }: { doc: ProDoc; prediction: string }): string | undefined {
  if (doc.question === undefined || doc.options === undefined) return prediction;
  const { answer, drawn } = taskScore("mmmu_pro_standard", doc, prediction, { scoring: "lmms-eval" });
  return drawn ? undefined : answer;
}

export function mmmuProComposite({ doc, prediction }: { doc: ProDoc; prediction: string }) {
  const answer = parseStringList(doc.answer);
  const letters = prediction.match(/(?<![\p{L}\p{N}_])[A-Z](?![\p{L}\p{N}_])/gu) ?? [];
  const parsed = answer.map((_, i) => letters[i] ?? "");
  return { id: doc.id, subject: doc.subject, answer, parsed_pred: parsed };
}

interface ChineseResult {
  readonly subdomain: string;
  readonly question_type: string;
  readonly answer: string;
  readonly parsed_pred: string | readonly (string | number)[];
}

export function cmmmuAggregate({ results }: { results: readonly ChineseResult[] }) {
  const right = ({ question_type, answer, parsed_pred }: ChineseResult): boolean => {
    if (question_type === "选择") return parsed_pred === answer;
    const parsed = typeof parsed_pred === "string" ? [...parsed_pred] : parsed_pred;
    if (question_type === "填空") return matchesOpen(parsed, normalizeBlank(answer, answer));
    return majorityVerdict(parsed.map(String)) === answer;
  };
  return printed(
    subjectsOf(
      results,
      ({ subdomain }) => subdomain,
      (result) => [right(result) ? 1 : 0],
    ),
    cmmmuDomains,
    3,
  );
}
