import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "../core/json.js";
import type { GenerateRequest, Output, Runner } from "../core/runner.js";
import { digestOf, requestDigest } from "./digest.js";
import { Journal } from "./journal.js";
import type { LinePosition } from "./line-reader.js";
import { wrapped } from "./wrapped-runner.js";

interface CachedAnswer {
  readonly key: string;
  readonly output: Pick<Output, "text" | "reasoning" | "finish" | "warnings">;
}

/**
 * Answers that earlier runs paid for, by the digest of the request and of everything the model is. One append-only
 * file per process, all of them read at the start: processes share a folder without locks.
 */
export async function withResponseCache(runner: Runner, folder: string): Promise<Runner> {
  const own = join(folder, digestOf({ name: runner.name, fingerprint: runner.fingerprint as Json }, 16));
  await mkdir(own, { recursive: true });
  const known = new Map<string, { journal: Journal<CachedAnswer>; at: LinePosition }>();
  const opened: Journal<CachedAnswer>[] = [];
  const openSegment = async (name: string) => {
    const found: [string, LinePosition][] = [];
    const journal = await Journal.open<CachedAnswer>(join(own, name), ({ key }, at) => found.push([key, at]));
    for (const [key, at] of found) known.set(key, { journal, at });
    opened.push(journal);
    return journal;
  };
  const mine = `${Date.now().toString(36)}-${process.pid}.jsonl`;
  for (const name of (await readdir(own)).filter((file) => file.endsWith(".jsonl")).sort()) await openSegment(name);
  const journal = await openSegment(mine);

  return wrapped(runner, {
    async generate(request: GenerateRequest, signal: AbortSignal): Promise<Output> {
      const key = requestDigest(request.prompt, request.options, request.seed);
      const earlier = known.get(key);
      if (earlier) {
        const { output } = await earlier.journal.read(earlier.at);
        return { ...output, usage: {}, timing: { totalMs: 0, attempts: 0 } };
      }
      const output = await runner.generate(request, signal);
      const { text, reasoning, finish, warnings } = output;
      const line = { key, output: { text, ...(reasoning === undefined ? {} : { reasoning }), finish, warnings } };
      known.set(key, { journal, at: await journal.append(line) });
      return output;
    },
    async [Symbol.asyncDispose]() {
      for (const segment of opened) await segment.close();
      await runner[Symbol.asyncDispose]();
    },
  });
}
