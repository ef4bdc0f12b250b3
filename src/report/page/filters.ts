/** Which samples of a task are in the list, and in which order. */
import { noteFlags } from "../../core/note.js";
import { firstGroup, type PageData, type PageSample, type PageTask, type SampleState } from "../page-data.js";
import { letterOf } from "./numbers.js";
import type { Route } from "./route.js";
import { stateWords } from "./state-mark.js";

const remarkWords: Readonly<Record<string, string>> = { e: "empty", t: "truncated", u: "unparsable" };

/** Whose samples the filters count: the run that the address names, or the last. */
export const runOf = (route: Route, { states }: PageTask): number =>
  Math.min(route.run ?? states.length - 1, states.length - 1);

export interface Filter {
  readonly filter: string;
  readonly words: string;
  readonly n: number;
}

/** One run's filters that have a sample, and those against the first run always: none got worse is an answer too. */
export function filtersOf(task: PageTask, run: number): readonly Filter[] {
  const states = task.states[run] ?? "";
  const found: Filter[] = [{ filter: "all", words: "all", n: states.length }];
  const add = (filter: string, words: string, always = false) => {
    const n = amount(task, filter, run);
    if (n > 0 || always) found.push({ filter, words, n });
  };
  for (const state of ["c", "p", "w", "n", "u"] as const) add(state, stateWords[state]);
  for (const [remark, words] of Object.entries(remarkWords)) add(`remark:${remark}`, words);
  add("noted", "noted");
  for (const flag of noteFlags) add(`flag:${flag}`, flag);
  // Samples that a run has no journal of have not changed: nobody knows.
  if (/[-+=]/.test(task.changes[run] ?? "")) {
    add("worse", "worse than A", true);
    add("better", "better than A", true);
    add("both-wrong", "both wrong");
  }
  return found;
}

function amount(task: PageTask, filter: string, run: number): number {
  const fits = fitsFilter(task, filter, run);
  let n = 0;
  for (let i = 0; i < (task.states[run]?.length ?? 0); i++) if (fits(i)) n++;
  return n;
}

function fitsFilter(task: PageTask, filter: string, run: number): (i: number) => boolean {
  const [states = "", changes = "", remarks = ""] = [task.states[run], task.changes[run], task.remarks[run]];
  if (filter === "all") return () => true;
  if (filter === "worse") return (i) => changes[i] === "-";
  if (filter === "better") return (i) => changes[i] === "+";
  if (filter === "both-wrong") return (i) => states[i] === "w" && task.states[0]?.[i] === "w";
  if (filter === "noted") return (i) => task.noted[run]?.[i] !== undefined;
  if (filter.startsWith("flag:")) return (i) => task.noted[run]?.[i]?.some((flag) => flag === filter.slice(5)) === true;
  if (filter.startsWith("remark:")) return (i) => remarks[i] === filter.slice(7);
  return (i) => states[i] === (filter as SampleState);
}

/** `answer_type=number`: nobody's samples where there is no such group. */
function fitsGroup({ groups }: PageTask, group: string | undefined): (i: number) => boolean {
  if (group === undefined) return () => true;
  const [name = "", ...rest] = group.split("=");
  const place = groups[name]?.values.indexOf(rest.join("=")) ?? -1;
  const letter = String.fromCharCode(firstGroup + place);
  return (i) => place >= 0 && groups[name]?.of[i] === letter;
}

/** Positions that fit the filter, the group and the search, sorted. */
export function select(task: PageTask, route: Route, everything: readonly PageSample[] | undefined): readonly number[] {
  const run = runOf(route, task);
  const [fits, isOfGroup] = [fitsFilter(task, route.filter, run), fitsGroup(task, route.group)];
  const list: number[] = [];
  const wanted = route.query === "" ? undefined : anyCase(route.query);
  if (wanted && !everything) return [];
  const total = task.states[0]?.length ?? 0;
  for (let i = 0; i < total; i++)
    if (fits(i) && isOfGroup(i) && (!wanted || says(everything?.[i], wanted))) list.push(i);
  if (route.sort !== "order" && everything) {
    const rank = rankOf(route.sort, everything, run);
    list.sort((a, b) => rank(a) - rank(b) || a - b);
  }
  return list;
}

const anyCase = (text: string) => new RegExp(text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "i");

/** Field by field: a joined copy of a hundred thousand samples would take longer than the search. */
function says(sample: PageSample | undefined, wanted: RegExp): boolean {
  if (!sample) return false;
  return (
    wanted.test(sample.id) ||
    wanted.test(sample.prompt ?? "") ||
    (sample.targets ?? []).some((target) => wanted.test(target)) ||
    sample.answers.some(
      (answer) =>
        answer !== null &&
        (wanted.test(answer.text ?? "") || wanted.test(answer.answer ?? "") || wanted.test(answer.unscored ?? "")),
    )
  );
}

function rankOf(sort: string, everything: readonly PageSample[], run: number): (i: number) => number {
  const answer = (i: number) => everything[i]?.answers[run];
  if (sort === "slow") return (i) => -(answer(i)?.ms ?? 0);
  if (sort === "long") return (i) => -(answer(i)?.text?.length ?? 0);
  return (i) => {
    const value = answer(i)?.value;
    return typeof value === "number" ? value : value ? Math.min(...Object.values(value)) : -1;
  };
}

/** `B step-1000`, where there are several. */
export const runName = ({ runs }: PageData, run: number) =>
  `${runs.length > 1 ? `${letterOf(run)} ` : ""}${runs[run]?.model ?? ""}`;
