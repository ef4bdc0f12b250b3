import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { defined } from "../core/defined.js";
import { digestOf, requestDigest } from "../core/digest.js";
import type { Json } from "../core/json.js";
import type { GenerateRequest, Output, Runner } from "../core/runner.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import { LineStore } from "../files/line-store.js";
import { wrapped } from "./wrapped-runner.js";

export const CachedAnswer = Type.Object({
  key: Type.String(),
  output: Type.Object({
    text: Type.String(),
    reasoning: Type.Optional(Type.String()),
    finish: Type.Enum(["stop", "length", "filtered"]),
    answeredBy: Type.Optional(Type.String()),
    warnings: Type.Array(Type.String()),
  }),
});
type CachedAnswer = Static<typeof CachedAnswer>;

/**
 * Answers that earlier runs paid for, by the digest of the request and of everything the model is. Any number of processes share
 * a folder: see `LineStore`. Only a line that is whole, has the form of an answer and names this very request is one. Fresh: what
 * stood there before is not asked for, and what is said now stands in its place.
 */
export async function withResponseCache(
  runner: Runner,
  folder: string,
  { fresh = false }: { readonly fresh?: boolean } = {},
): Promise<Runner> {
  if (runner.answersBySample) return runner;
  const own = digestOf({ name: runner.name, fingerprint: runner.fingerprint as Json }, 16);
  const store = await LineStore.open(join(folder, own), `${Date.now().toString(36)}-${randomBytes(6).toString("hex")}`);
  const added = new Set<string>();

  const known = async (key: string): Promise<CachedAnswer["output"] | undefined> => {
    const line = await store.find(key);
    return violationOf(CachedAnswer, line) ? undefined : (line as CachedAnswer).output;
  };
  return wrapped(runner, {
    async generate(request: GenerateRequest, signal: AbortSignal): Promise<Output> {
      const key = requestDigest(request.prompt, request.options, request.seed);
      const earlier = fresh && !added.has(key) ? undefined : await known(key);
      if (earlier) {
        const repeated = { ...earlier, usage: {}, timing: { totalMs: 0, attempts: 0 } };
        if (request.hasForm?.(repeated) ?? true) return repeated;
      }
      const output = await runner.generate(request, signal);
      if (request.hasForm?.(output) === false) return output;
      const { text, reasoning, finish, answeredBy, warnings } = output;
      const kept = {
        text,
        ...defined({ reasoning }),
        finish,
        ...defined({ answeredBy }),
        warnings,
      };
      await store.add(key, { output: kept });
      added.add(key);
      return output;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await runner[Symbol.asyncDispose]();
    },
  });
}
