/**
 * Whether a server's answers depend on what else it is doing: the same requests alone, alone again, straight after themselves (the whole
 * prompt is in the server's cache), together, and together in other orders. A server that batches adds numbers in another order when it is
 * busy, and a token that was nearly another becomes it.
 */
import { defined } from "../core/defined.js";
import { judgeOf } from "../core/task.js";
import type { InvarianceFlip, ServerInvariance, WayReport } from "../record/invariance-report.js";
import { clusteredMean } from "../statistics/clustered-mean.js";
import { wilsonInterval } from "../statistics/intervals.js";
import { type Answering, answer, scored } from "./answer.js";
import { InFlight } from "./in-flight.js";
import { clusterOf, type RowUnit } from "./plan.js";

export interface ServerCheck extends Answering {
  readonly units: readonly RowUnit[];
  /** Requests in flight where they are asked together. */
  readonly atOnce: number;
  onWay?(way: string): void;
}

/** What came of one request; undefined: no answer. */
interface Said {
  readonly text: string;
  readonly answer?: string;
  readonly value?: number;
  readonly cachedTokens: number;
}

interface Way {
  readonly way: string;
  readonly atOnce: number;
  readonly order: readonly RowUnit[];
  /** Each is asked once before, and that answer is thrown away. */
  readonly warm?: true;
}

/** @throws the signal's reason; UserError where no sample can be answered */
export async function checkServer(check: ServerCheck): Promise<Pick<ServerInvariance, "verdict" | "ways" | "flips">> {
  const { atOnce } = check;
  const apart = neighboursApart(check);
  const alone = await askAll(check, { way: "alone", atOnce: 1, order: apart });
  const again: Way = { way: "alone, again", atOnce: 1, order: apart };
  const others: readonly Way[] = [
    { way: "alone, straight after itself", atOnce: 1, order: apart, warm: true },
    { way: `${atOnce} at once`, atOnce, order: apart },
    { way: `${atOnce} at once, in another order`, atOnce, order: shuffled(apart) },
    { way: `${atOnce} at once, image by image`, atOnce, order: byImage(check) },
  ];
  const ways: WayReport[] = [];
  const flips: InvarianceFlip[] = [];
  for (const way of [again, ...others]) {
    const here = await askAll(check, way);
    const compared = compare(check, way.way, { alone, here });
    ways.push(compared.report);
    flips.push(...compared.flips);
  }
  const [first, ...rest] = ways as [WayReport, ...WayReport[]];
  const verdict = first.flips > 0 ? "repeats" : rest.some((way) => way.flips > 0) ? "load" : "steady";
  return { verdict, ways, flips };
}

async function askAll(check: ServerCheck, { way, atOnce, order, warm }: Way): Promise<ReadonlyMap<number, Said>> {
  check.onWay?.(way);
  const said = new Map<number, Said>();
  const asking = new InFlight(() => atOnce);
  for (const unit of order) {
    check.abort.throwIfAborted();
    await asking.start(async () => {
      if (warm) await askOne(check, unit);
      const found = await askOne(check, unit);
      if (found) said.set(unit.index, found);
    });
  }
  await asking.drained();
  return said;
}

async function askOne(check: ServerCheck, unit: RowUnit): Promise<Said | undefined> {
  const { record, turns, failure } = await answer(unit, check);
  if (failure) return undefined;
  const text = turns.map((turn) => turn.text).join("\n");
  const cachedTokens = turns.reduce((sum, { usage }) => sum + (usage.cachedTokens ?? 0), 0);
  // A judge that answers anew each time would be measured with the model.
  if (judgeOf(check.task, check.split, check.rules.scoring)) return { text, cachedTokens };
  const { score } = await scored(check, unit, { record, turns });
  if (score?.status !== "scored") return { text, cachedTokens };
  const value = typeof score.value === "number" ? score.value : score.value[check.task.metrics[0]?.name ?? ""];
  return { text, cachedTokens, answer: score.answer, ...defined({ value }) };
}

function compare(
  check: ServerCheck,
  way: string,
  { alone, here }: { readonly alone: ReadonlyMap<number, Said>; readonly here: ReadonlyMap<number, Said> },
): { readonly report: WayReport; readonly flips: readonly InvarianceFlip[] } {
  const pairs = check.units.flatMap((unit) => {
    const [a, b] = [alone.get(unit.index), here.get(unit.index)];
    return a && b ? [{ unit, a, b }] : [];
  });
  const flips = pairs
    .filter(({ a, b }) => a.text !== b.text)
    .map(
      ({ unit, a, b }): InvarianceFlip => ({
        ...{ way, index: unit.index, id: unit.id, character: firstDifference(a.text, b.text) },
        ...{ alone: withoutCache(a), here: withoutCache(b) },
      }),
    );
  const moved = pairs.flatMap(({ unit, a, b }) =>
    a.value === undefined || b.value === undefined
      ? []
      : [{ value: b.value - a.value, cluster: clusterOf(check.task, unit) }],
  );
  const effect = moved.length > 0 ? clusteredMean(moved) : undefined;
  const cachedTokens = [...here.values()].reduce((sum, said) => sum + said.cachedTokens, 0);
  const begins = flips.map(({ character }) => character).sort((a, b) => a - b);
  return {
    flips,
    report: {
      ...{ way, requests: pairs.length, failed: check.units.length - pairs.length, flips: flips.length },
      share: wilsonInterval(flips.length, Math.max(1, pairs.length)),
      ...defined({ firstCharacter: begins[Math.floor(begins.length / 2)] }),
      answers: flips.filter((flip) => flip.alone.answer !== flip.here.answer).length,
      scores: flips.filter((flip) => flip.alone.value !== flip.here.value).length,
      ...(effect ? { effect: effect.mean, effectInterval: effect.interval } : {}),
      ...(cachedTokens > 0 ? { cachedTokens } : {}),
    },
  };
}

const withoutCache = ({ cachedTokens: _cached, ...said }: Said): InvarianceFlip["alone"] => said;

function firstDifference(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const at = x.findIndex((character, i) => character !== y[i]);
  return at < 0 ? x.length : at;
}

function groups({ task, units }: ServerCheck): RowUnit[][] {
  const found = new Map<string, RowUnit[]>();
  for (const unit of units) {
    const key = clusterOf(task, unit);
    found.set(key, [...(found.get(key) ?? []), unit]);
  }
  return [...found.values()];
}

/** Requests about one image one after the other: their prefix is shared. */
const byImage = (check: ServerCheck): RowUnit[] => groups(check).flat();

/** One request about each image, then the next about each: as far as it goes, no two neighbours share more than the template. */
function neighboursApart(check: ServerCheck): RowUnit[] {
  const all = groups(check);
  const longest = Math.max(0, ...all.map((group) => group.length));
  return Array.from({ length: longest }, (_, i) => all.flatMap((group) => group[i] ?? [])).flat();
}

/** A fixed permutation that separates neighbours. */
const shuffled = (units: readonly RowUnit[]): RowUnit[] =>
  units
    .map((unit, i) => ({ unit, key: (i * 7919) % 1009 }))
    .sort((a, b) => a.key - b.key)
    .map(({ unit }) => unit);
