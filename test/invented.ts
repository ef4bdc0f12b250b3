import fc, { type Parameters } from "fast-check";

const inputs = Number(process.env.LLAVA_EVAL_TEST_INPUTS ?? 2000);
const seed = Number(process.env.LLAVA_EVAL_TEST_SEED ?? 20261129);
/** Above this, an input that costs a file counts as ten: a soak's million are for what costs little. */
const manyInputs = 20_000;

/**
 * How many invented inputs a property test looks at, and from which seed: the same in every run, so that a red build is red again.
 * fast-check prints the seed and the path of a failure. `npm run soak` takes other seeds and many more.
 *
 * @param share of the inputs, where one costs much
 */
export function invented(share = 1): Parameters<unknown> & { readonly seed: number; readonly numRuns: number } {
  return { seed, numRuns: Math.max(1, Math.ceil(inputs * share)) };
}

/** As `invented`, for inputs that are written to a file and read. */
export function inventedFiles(share = 1): ReturnType<typeof invented> {
  return invented(inputs >= manyInputs ? share / 10 : share);
}

/** Long soaks, and machines that do much else, need longer than vitest gives a test. */
export const inventedTimeout = Math.max(600_000, inputs * 20);

/** A file with a few bytes changed: what half-written and edited files look like. */
export const damaged = (files: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(files, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }), fc.nat())
    .map(([text, edits, cut]) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return cut % 5 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes;
    });

export interface Change {
  /** Where, by number among all places. */
  readonly place: number;
  readonly how: "replace" | "remove" | "add" | "double" | "wrap";
  readonly key: string;
  readonly value: unknown;
}

/** What is done to a JSON value to make one that is nearly right. @param keys that are added @param values that are put there */
export const changes = (keys: fc.Arbitrary<string>, values: fc.Arbitrary<unknown>): fc.Arbitrary<Change> =>
  fc.record({
    place: fc.nat(200),
    how: fc.constantFrom("replace", "remove", "add", "double", "wrap"),
    key: keys,
    value: values,
  });

// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
export function changed<T>(json: T, made: readonly Change[]): any {
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any form
  type Loose = any;
  const copy: Loose = structuredClone(json);
  for (const { place, how, key, value } of made) {
    const places: { parent: Loose; key: string }[] = [];
    const visit = (parent: Loose) => {
      if (typeof parent !== "object" || parent === null) return;
      for (const name of Object.keys(parent)) {
        places.push({ parent, key: name });
        visit(parent[name]);
      }
    };
    visit(copy);
    const at = places[place % Math.max(1, places.length)];
    if (!at) continue;
    const here = at.parent[at.key];
    if (how === "replace") at.parent[at.key] = structuredClone(value);
    else if (how === "remove") delete at.parent[at.key];
    else if (how === "add" && typeof here === "object" && here !== null) here[key] = structuredClone(value);
    else if (how === "double" && Array.isArray(here)) here.push(...structuredClone(here));
    else if (how === "wrap") at.parent[at.key] = [here];
  }
  // What goes over the wire: Infinity is null there.
  return JSON.parse(JSON.stringify(copy));
}
