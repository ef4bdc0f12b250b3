/** The samples whose score changed, with their words: what a reader looks at first. */
import { defined } from "../../core/defined.js";
import type { ShownNote } from "../../core/note.js";
import { Notes } from "../../record/notes.js";
import { valueUnder } from "../../record/outcome.js";
import type { Run } from "../../record/read.js";
import { type SampleRecord, textOf } from "../../record/samples.js";
import type { Flip } from "./comparison.js";
import { RowKeys, type SamplePair, sampleValue } from "./join-samples.js";

export interface Changes {
  readonly gained: number;
  readonly lost: number;
  /** Losses first, the largest change first, then row order. */
  readonly ordered: readonly SamplePair[];
}

/** @param sign 1 where higher is better, -1 where lower is */
export function changesOf(pairs: readonly SamplePair[], metric: string, sign: number): Changes {
  const changed = pairs
    .map((pair) => ({ pair, change: changeOf(pair, metric) * sign }))
    .filter(({ change }) => change !== 0 && !Number.isNaN(change));
  changed.sort(
    (x, y) =>
      Number(x.change > 0) - Number(y.change > 0) ||
      Math.abs(y.change) - Math.abs(x.change) ||
      (x.pair.a?.index ?? 0) - (y.pair.a?.index ?? 0),
  );
  return {
    gained: changed.filter(({ change }) => change > 0).length,
    lost: changed.filter(({ change }) => change < 0).length,
    ordered: changed.map(({ pair }) => pair),
  };
}

function changeOf(pair: SamplePair, metric: string): number {
  return (sampleValue(pair.b, metric) ?? Number.NaN) - (sampleValue(pair.a, metric) ?? Number.NaN);
}

/** Reads the words of these pairs back from the journals; nothing else of them is kept. */
export async function readFlips(
  pairs: readonly SamplePair[],
  task: string,
  metric: string,
  runs: { readonly a: Run; readonly b: Run },
): Promise<Flip[]> {
  if (pairs.length === 0) return [];
  const wanted = new Set(pairs.map(({ key }) => key));
  const a = await readWanted(runs.a, task, wanted);
  const b = await readWanted(runs.b, task, wanted);
  const [notesA, notesB] = [await Notes.read(runs.a.dir), await Notes.read(runs.b.dir)];
  return pairs.flatMap((pair) => {
    const [before, after] = [a.get(pair.key), b.get(pair.key)];
    if (!before || !after) return [];
    const flip = flipOf(before, after, metric);
    const [mine, theirs] = [notesA.of(task, before), notesB.of(task, after)];
    return [{ ...flip, a: { ...flip.a, ...notesIn(mine) }, b: { ...flip.b, ...notesIn(theirs) } }];
  });
}

const notesIn = (notes: readonly ShownNote[]) => (notes.length > 0 ? { notes: [...notes] } : {});

async function readWanted(run: Run, task: string, wanted: ReadonlySet<string>): Promise<Map<string, SampleRecord>> {
  const found = new Map<string, SampleRecord>();
  const keys = new RowKeys(task);
  for await (const record of run.samples(task)) {
    const key = keys.of(record);
    if (wanted.has(key)) found.set(key, record);
  }
  return found;
}

function flipOf(a: SampleRecord, b: SampleRecord, metric: string): Flip {
  const targets = a.score?.status === "scored" ? a.score.targets : undefined;
  return {
    index: a.index,
    id: a.id,
    ...defined({ repeat: a.repeat }),
    images: [...(a.images ?? [])],
    ...(a.prompt === undefined ? {} : { prompt: cut(a.prompt) }),
    ...(targets === undefined ? {} : { targets: [...targets] }),
    a: answerOf(a, metric),
    b: answerOf(b, metric),
  };
}

function answerOf(sample: SampleRecord, metric: string): Flip["a"] {
  const { score } = sample;
  const text = textOf(sample);
  const words = text === undefined ? {} : { text: cut(text) };
  if (score?.status === "unscored") return { ...words, unscored: `${score.reason}: ${score.detail}` };
  if (!score) return words;
  const value = valueUnder(score, metric);
  return { ...words, answer: cut(score.answer), ...defined({ value }) };
}

/** A model may answer with a megabyte; a comparison is for people. */
const cut = (text: string) => (text.length > 2000 ? `${text.slice(0, 2000)}…` : text);
