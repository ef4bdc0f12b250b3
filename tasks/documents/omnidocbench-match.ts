/** OmniDocBench 1.5: which blocks of a reply stand for which of a page. Source: opendatalab/OmniDocBench `utils/match.py`, `utils/match_quick.py`. */

import { length, levenshtein } from "llava-eval";
import { cheapestPairs } from "./assignment.js";

export interface Item {
  /** In the form in which it is compared. */
  readonly form: string;
  /** Of a page's block: its category. Of a reply's: `inline` for a formula in a line. */
  readonly kind: string;
}

/** Blocks of the page, by their numbers, with those of the reply that stand for them. */
export interface Match {
  readonly targets: readonly number[];
  readonly said: readonly number[];
  readonly distance: number;
}

/** By the longer text; 0 for two empty ones. */
export function relativeDistance(one: string, other: string): number {
  const longer = Math.max(length(one), length(other));
  return longer === 0 ? 0 : levenshtein(one, other) / longer;
}

const distances = (targets: readonly string[], said: readonly string[]) =>
  targets.map((target) => said.map((one) => relativeDistance(target, one)));

/** They are matched, and then do not count. */
export const uncounted = new Set([
  ...[
    "figure_caption",
    "figure_footnote",
    "table_caption",
    "table_footnote",
    "code_algorithm",
    "code_algorithm_caption",
  ],
  ...["header", "footer", "page_footnote", "page_number", "equation_caption"],
]);

const FIRST = 0.25; // Below it a pair is one at once.
const PIECE = 0.6; // How unlike a piece may be to what it is part of.
const APART = 0.7; // Above it a pair is none.
const CONTAINED = 0.4; // Below it a block of the page is part of the reply's.

/** What a page and a reply have in each other's place. Blocks of the page that nothing stands for have none; blocks of the reply that stand for nothing are in none. */
export function quickMatches(targets: readonly Item[], said: readonly Item[]): readonly Match[] {
  if (targets.length === 0) return [];
  if (said.length === 0) return targets.map((_, i) => alone(i));
  if (targets.length === 1 && said.length === 1) {
    const distance = relativeDistance((targets[0] as Item).form, (said[0] as Item).form);
    return [{ targets: [0], said: [0], distance }];
  }
  const blind = targets.flatMap(({ kind }, i) => (uncounted.has(kind) ? [i] : []));
  const counted = targets.flatMap(({ kind }, i) => (uncounted.has(kind) ? [] : [i]));
  const formsOf = (items: readonly Item[], places: readonly number[]) => places.map((i) => (items[i] as Item).form);
  const near = distances(
    formsOf(targets, blind),
    said.map(({ form }) => form),
  );
  const taken = new Set(near.flatMap((row) => row.flatMap((distance, j) => (distance < FIRST ? [j] : []))));
  const free = said.flatMap((_, j) => (taken.has(j) ? [] : [j]));
  const own = matchesAmong(formsOf(targets, counted), formsOf(said, free));
  return own.map(({ targets: places, said: pieces, distance }) => ({
    targets: places.map((i) => counted[i] as number),
    said: pieces.map((j) => free[j] as number),
    distance,
  }));
}

/**
 * Version 1.0, which matches texts with texts and formulas with formulas. Source: VLMEvalKit `dataset/OmniDocBench/utils.py` at e8e78f05. Pieces of
 * the reply that stand for nothing are a match of no block where every block has found one; blocks that nothing is left for are there twice.
 */
export function firstMatches(targets: readonly string[], said: readonly string[]): readonly Match[] {
  if (targets.length === 0) return said.map((_, j) => ({ targets: [], said: [j], distance: 1 }));
  if (said.length === 0) return targets.map((_, i) => alone(i));
  if (targets.length === 1 && said.length === 1)
    return [{ targets: [0], said: [0], distance: relativeDistance(targets[0] as string, said[0] as string) }];
  return matchesAmong(targets, said, firstRest);
}

const alone = (target: number): Match => ({ targets: [target], said: [], distance: 1 });

interface Group {
  readonly said: readonly number[];
  readonly targets: number[];
  distance: number;
}

interface Rest {
  readonly targets: readonly number[];
  readonly said: readonly number[];
}
/** What becomes of blocks and pieces that are in no group. */
type MatchRest = (rest: Rest, targets: readonly string[], said: readonly string[]) => readonly Match[];

function matchesAmong(
  targets: readonly string[],
  said: readonly string[],
  matchRest: MatchRest = nearestRest,
): readonly Match[] {
  if (said.length === 0 || targets.length === 0) return targets.map((_, i) => alone(i));
  const { pieces, costs } = joined(targets, said);
  const pairs = cheapestPairs(costs);
  const groups: Group[] = [];
  const left: number[] = [];
  const grouped = new Set<number>();
  pairs.forEach((piece, target) => {
    const distance = piece === undefined ? undefined : (costs[target]?.[piece] as number);
    if (piece === undefined || distance === undefined || distance > APART) left.push(target);
    else {
      groups.push({ said: pieces[piece] as readonly number[], targets: [target], distance });
      grouped.add(target);
    }
  });
  for (const [j, text] of said.entries()) {
    const inside = left.filter((target) => isContained(targets[target] as string, text));
    if (inside.length === 0) continue;
    const group = groups.find((one) => one.said.length === 1 && one.said[0] === j);
    const fresh = inside.filter((target) => !grouped.has(target));
    if (group) group.targets.push(...fresh);
    else groups.push({ said: [j], targets: fresh, distance: 0 });
    for (const target of fresh) grouped.add(target);
  }
  for (const group of groups) group.distance = distanceOf(group, targets, said);
  const matches = groups
    .filter(({ targets: places }) => places.length > 0)
    .map(({ targets: places, said: own, distance }) => ({
      targets: [...new Set(places)].sort((a, b) => a - b),
      said: own,
      distance,
    }));
  const used = {
    targets: new Set(groups.flatMap((one) => one.targets)),
    said: new Set(groups.flatMap((one) => one.said)),
  };
  const rest = {
    targets: targets.flatMap((_, i) => (used.targets.has(i) ? [] : [i])),
    said: said.flatMap((_, j) => (used.said.has(j) ? [] : [j])),
  };
  return [...matches, ...matchRest(rest, targets, said)];
}

function distanceOf(
  { said: pieces, targets: places }: Group,
  targets: readonly string[],
  said: readonly string[],
): number {
  const own = [...new Set(places)].sort((a, b) => a - b);
  if (own.length === 0) return 1;
  const target = own.map((i) => targets[i]).join("");
  // Several blocks of the page are compared with the first piece alone.
  const text = own.length > 1 ? (said[pieces[0] as number] as string) : pieces.map((j) => said[j]).join(" ");
  return target === "" && text === "" ? 1 : relativeDistance(target, text);
}

/** What is left on both sides is paired, at full distance. */
function paired({ targets, said }: Rest, costs: readonly (readonly number[])[]): readonly Match[] {
  const pairs = said.length === 0 ? [] : cheapestPairs(costs);
  const matches = targets.flatMap((target, i): Match[] => {
    const piece = pairs[i];
    return piece === undefined ? [] : [{ targets: [target], said: [said[piece] as number], distance: 1 }];
  });
  return [...matches, ...targets.filter((_, i) => pairs[i] === undefined).map(alone)];
}

const nearestRest: MatchRest = (rest, targets, said) =>
  paired(
    rest,
    distances(
      rest.targets.map((i) => targets[i] as string),
      rest.said.map((j) => said[j] as string),
    ),
  );

const firstRest: MatchRest = (rest, targets, said) => {
  if (rest.said.length === 0) return [...rest.targets, ...rest.targets].map(alone);
  if (rest.targets.length === 0) return [{ targets: [], said: rest.said, distance: 1 }];
  return paired(
    rest,
    rest.targets.map((i) => rest.said.map((j) => levenshtein(targets[i] as string, said[j] as string))),
  );
};

/** Neighbouring pieces of the reply as one, where together they are nearer to a block of the page. */
function joined(targets: readonly string[], said: readonly string[]) {
  const costs = distances(targets, said);
  const near = costs.flatMap((row, i) => row.flatMap((distance, j) => (distance < FIRST ? [[i, j] as const] : [])));
  const [matchedTargets, matchedSaid] = [new Set(near.map(([i]) => i)), new Set(near.map(([, j]) => j))];
  const single = said.map((_, j) => [j]);
  const runs = targets.flatMap((target, i): Run[] => {
    if (matchedTargets.has(i)) return [];
    let best: Run | undefined;
    for (const [j] of said.entries()) {
      if (matchedSaid.has(j)) continue;
      const run = runFrom(j, target, said, matchedSaid);
      if (best === undefined || run.cost < best.cost) best = run;
    }
    return best === undefined ? [] : [best];
  });
  const chosen = chosenRuns(runs);
  if (chosen.length === 0) return { pieces: single, costs };
  const pieces: number[][] = [...single];
  for (const run of chosen) {
    const at = pieces.findIndex(([first]) => first === run[0]);
    pieces.splice(at, run.length, [...run]);
  }
  const texts = pieces.map((run) => run.map((j) => said[j]).join(" "));
  return { pieces, costs: distances(targets, texts) };
}

interface Run {
  readonly pieces: readonly number[];
  readonly cost: number;
}

/** As many pieces from one on as bring it nearer. */
function runFrom(start: number, target: string, said: readonly string[], taken: ReadonlySet<number>): Run {
  let end = start + 1;
  while (end < said.length && !taken.has(end)) {
    const before = said.slice(start, end);
    const added = said[end] as string;
    const [shorter, longer] = [before.join(" "), [...before, added].join(" ")];
    if (relativeDistance(target, longer) > relativeDistance(target, shorter)) break;
    if (!before.every((piece) => hasWindow(target, piece, (distance) => distance <= PIECE))) break;
    if (!hasWindow(target, added, (distance) => distance < PIECE)) break;
    end++;
    if (length(longer) > length(target)) break;
  }
  const pieces = Array.from({ length: end - start }, (_, i) => start + i);
  return { pieces, cost: relativeDistance(target, pieces.map((j) => said[j]).join(" ")) };
}

/** Whether a stretch of the text as long as the piece is near to it. */
function hasWindow(text: string, piece: string, isNear: (distance: number) => boolean): boolean {
  const [whole, own] = [Array.from(text), Array.from(piece)];
  const size = own.length;
  if (size === 0 || whole.length < size) return false;
  // No stretch that ends somewhere is nearer than the nearest of any length: few are left to look at.
  return nearestEnds(whole, own).some(
    (least, end) =>
      end >= size && isNear(least / size) && isNear(levenshtein(whole.slice(end - size, end).join(""), piece) / size),
  );
}

/** Of each place of the text the least edits between the piece and any stretch that ends there (Sellers 1980). */
function nearestEnds(text: readonly string[], piece: readonly string[]): readonly number[] {
  let row = Array.from({ length: text.length + 1 }, () => 0);
  for (const [i, character] of piece.entries()) {
    const next = [i + 1];
    for (let j = 1; j < row.length; j++) {
      const same = (row[j - 1] as number) + (text[j - 1] === character ? 0 : 1);
      next.push(Math.min(same, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row;
}

const isContained = (target: string, text: string): boolean =>
  hasWindow(text, target, (distance) => distance < CONTAINED);

/** Of runs that overlap those that are cheapest on average; each that has pieces of its own. */
function chosenRuns(runs: readonly Run[]): readonly (readonly number[])[] {
  const sorted = [...runs].sort((a, b) => (a.pieces[0] as number) - (b.pieces[0] as number));
  const groups: Run[][] = [];
  for (const run of sorted) {
    const last = groups.at(-1);
    const overlaps = last?.some(({ pieces }) => run.pieces.some((piece) => pieces.includes(piece)));
    if (last && overlaps) last.push(run);
    else groups.push([run]);
  }
  return groups.flatMap((group) => (group.length === 1 ? group.map(({ pieces }) => pieces) : cheapestPath(group)));
}

const isSame = (a: Run, b: Run): boolean => a.pieces.join() === b.pieces.join();

function cheapestPath([first, ...others]: readonly Run[]): readonly (readonly number[])[] {
  const paths: Run[][] = [[first as Run]];
  for (const run of others) {
    let isNew = true;
    for (const path of [...paths]) {
      let [overlaps, same] = [false, false];
      // The script changes the list that it goes through.
      for (let i = 0; i < path.length; i++) {
        const one = path[i] as Run;
        if (isSame(one, run)) {
          overlaps = same = true;
          if (one.cost > run.cost) {
            path.splice(path.indexOf(one), 1);
            path.push(run);
          }
        } else if (one.pieces.some((piece) => run.pieces.includes(piece))) overlaps = true;
      }
      if (!overlaps) path.push(run);
      if (!overlaps || same) isNew = false;
    }
    if (isNew) paths.push([run]);
  }
  const costOf = (path: readonly Run[]) => path.reduce((sum, { cost }) => sum + cost, 0) / path.length;
  let best: readonly Run[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  for (const path of paths) {
    const cost = costOf(path);
    if (cost < lowest) [best, lowest] = [path, cost];
  }
  return best.map(({ pieces }) => pieces);
}
