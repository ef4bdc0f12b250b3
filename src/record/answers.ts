/** The answers of an earlier run, found by row: what `replay:` gives. */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "../core/errors.js";
import { LineSource } from "../files/line-source.js";
import { type LinePosition, parseLine } from "../files/lines.js";
import { type Label, RowNames, rowKey } from "./keys.js";
import { samplesSuffix } from "./read.js";
import { mostRepeats, readSample, type SampleRecord } from "./samples.js";

/** Where a record lies. Texts stay on disk: a journal may have hundreds of thousands of lines. */
interface Place {
  readonly source: LineSource;
  readonly at: LinePosition;
  /** Which line of its file it is, from 0: what stands for the index where a line has none. */
  readonly position: number;
}

export class Answers implements AsyncDisposable {
  private readonly sources: LineSource[] = [];
  private readonly places = new Map<string, Place>();
  /** SHA-256 of the journals' contents, 32 hexadecimal digits. */
  digest = "";

  private constructor() {}

  /**
   * @param path  a `<label>.samples.jsonl` (or `.gz`) or a run folder
   * @throws UserError  there is none, or it is no journal
   */
  static async open(path: string): Promise<Answers> {
    const answers = new Answers();
    const hash = createHash("sha256");
    try {
      for (const file of await journalsOf(path)) await answers.add(file, (chunk) => hash.update(chunk));
    } catch (error) {
      await answers[Symbol.asyncDispose]();
      throw error;
    }
    answers.digest = hash.digest("hex").slice(0, 32);
    return answers;
  }

  /** The record of a row; undefined when the journals have none. @param key  by `rowKey` */
  async find(key: string): Promise<SampleRecord | undefined> {
    // A task without some of its items has the answers of the whole one.
    const place = this.places.get(key) ?? this.places.get(key.replace(/^([^/~]+)~[^/]+/, "$1"));
    if (!place) return undefined;
    return readSample(completed(await place.source.read(place.at), place.position), `${place.source.path}, ${key}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.sources.splice(0).map((source) => source[Symbol.asyncDispose]()));
  }

  private async add(path: string, onBytes: (chunk: Buffer) => void): Promise<void> {
    const source = (await LineSource.open(path)) as LineSource;
    this.sources.push(source);
    const label = labelOf(path);
    // Later lines win: a journal that was continued holds the failure first and the answer after it.
    const found = new Map<
      number,
      { readonly record: Pick<SampleRecord, "index" | "id" | "repeat">; at: LinePosition; position: number }
    >();
    const handedIn = new Map<string, { readonly text: unknown; readonly number: number }>();
    let position = 0;
    await source.scan(
      (line) => {
        const given = parseLine(line, path);
        const sample = completed(given, position);
        const { index, id, repeat = 0 } = readSample(sample, `${path}:${line.number}`);
        if (isHandedIn(given)) {
          const before = handedIn.get(`${repeat} ${id}`);
          if (before && before.text !== given.text) throw saidTwice(id, `${path}:${line.number}`, before.number);
          handedIn.set(`${repeat} ${id}`, { text: given.text, number: line.number });
        }
        found.set(index * mostRepeats + repeat, { record: { index, id, repeat }, at: line.at, position });
        position++;
      },
      { onBytes },
    );
    const names = new RowNames();
    for (const [, { record, at, position }] of [...found].sort(([a], [b]) => a - b)) {
      const { index, id, repeat } = record;
      this.places.set(rowKey(label, id, names.nth(id, index), repeat), { source, at, position });
    }
  }
}

/** `{"id", "text"}` is all that most people have who hand in answers: the rest of a line follows from its place. */
function completed(line: unknown, position: number): unknown {
  if (!isHandedIn(line)) return withoutText(line) ?? line;
  const id = typeof line.id === "number" ? String(line.id) : line.id;
  const sample = { index: position, cluster: id, ...line, id };
  return withoutText(sample) ?? sample;
}

const isHandedIn = (line: unknown): line is { readonly id: unknown; readonly text: unknown } =>
  typeof line === "object" && line !== null && !("index" in line) && "id" in line && "text" in line;

/** What says beside its text that it failed: the failure alone. A judge that was away, and a broken row, leave the answer good. */
function withoutText(sample: unknown): object | undefined {
  if (typeof sample !== "object" || sample === null || !("text" in sample)) return undefined;
  const { text: _text, state: _state, error, score, ...rest } = sample as Record<string, unknown>;
  const { status, reason } = (score ?? {}) as { status?: unknown; reason?: unknown };
  if (status === "unscored" && (reason === "transport" || reason === "refused"))
    return { ...rest, state: "failed", score };
  if (error === undefined || error === null || error === false || error === "") return undefined;
  const detail = `the line says error: ${typeof error === "string" ? error : JSON.stringify(error)}`;
  return { ...rest, state: "failed", score: { status: "unscored", reason: "transport", detail } };
}

function saidTwice(id: string, where: string, before: number): UserError {
  return new UserError(
    `"${id}" has another text on line ${before}`,
    where,
    "keep one of the two; where the data has this id more than once, give each line its row's index",
  );
}

const isJournal = (name: string) => name.replace(/\.gz$/, "").endsWith(samplesSuffix);
const labelOf = (path: string): Label => basename(path).replace(/\.gz$/, "").slice(0, -samplesSuffix.length);

async function journalsOf(path: string): Promise<string[]> {
  const where = `replay:${path}`;
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `there is nothing to replay: ${error.message}`,
      where,
      `give a <task>${samplesSuffix} or a run folder`,
      { cause: error },
    );
  });
  if (!facts.isDirectory()) {
    if (isJournal(path)) return [path];
    throw new UserError(
      `${basename(path)} is no journal`,
      where,
      `its name must be <task>${samplesSuffix}: it says which task is answered`,
    );
  }
  const names = (await readdir(path)).filter(isJournal).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new UserError(`no journal in ${path}`, where, `give a run folder with <task>${samplesSuffix} files`);
}
