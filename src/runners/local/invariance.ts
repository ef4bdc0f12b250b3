/**
 * Does an answer depend on what it is asked with? The same requests alone, together, in another order, with and without shared
 * prefixes, in small chunks; logits and log-likelihoods compared bit for bit, generated ids one by one.
 */
import type { ShownMessage } from "../../core/prompt.js";
import { loadAddon } from "./addon.js";
import type { NativeAddon, NativeEngineOptions, NativeImage } from "./native.js";
import { type LocalModel, openModel } from "./open-model.js";
import type { LocalOptions } from "./options.js";
import { continuationTokens, framedSlots, promptTokens } from "./prompt/prompt-tokens.js";

export interface InvarianceOptions extends LocalOptions {
  /** Default 20: four images, five questions each. */
  readonly requests?: number;
  /** Generated ids per request. Default 16. */
  readonly newTokens?: number;
  readonly onStep?: (way: string) => void;
}

/** One way of asking, compared with every request alone and nothing shared. */
export interface InvarianceRow {
  readonly way: string;
  readonly requests: number;
  /** Requests whose logits after the prompt have the same bits. */
  readonly logits: number;
  /** Whose generated ids are the same. */
  readonly answers: number;
  /** Whose continuations have log-probabilities of the same bits. */
  readonly likelihoods: number;
  /** Largest absolute difference of a logit; 0 when all bits are equal. */
  readonly largest: number;
  /** Prompt tokens that came from a shared prefix, to see that there was sharing. */
  readonly sharedTokens: number;
}

export interface InvarianceReport {
  readonly model: string;
  readonly engine: Readonly<Record<string, string>>;
  readonly rows: readonly InvarianceRow[];
  readonly invariant: boolean;
}

interface Question {
  readonly tokens: Int32Array;
  readonly images: readonly NativeImage[];
  readonly continuations: readonly Int32Array[];
  readonly prefix: string;
}

interface Reply {
  readonly logits: Float32Array;
  readonly ids: Int32Array;
  readonly logprobs: readonly Float32Array[];
  readonly sharedTokens: number;
}

/** Rows of a prefill pass in the last way of asking: prompts are cut into chunks of at most this. */
const smallBudget = 192;

const settings: readonly { readonly name: string; readonly engine: Partial<NativeEngineOptions> }[] = [
  { name: "nothing shared", engine: { sharePrefixes: false } },
  { name: "prefixes shared", engine: { sharePrefixes: true } },
  { name: `prefixes shared, chunks of ${smallBudget}`, engine: { sharePrefixes: true, tokenBudget: smallBudget } },
];

const orders = {
  alone: (questions: readonly Question[]) => questions.map((_, i) => [i]),
  together: (questions: readonly Question[]) => [questions.map((_, i) => i)],
  "together, reordered": (questions: readonly Question[]) => [shuffled(questions.length)],
};

/** @throws UserError  as `openModel` */
export async function checkInvariance(
  options: InvarianceOptions,
  addon: NativeAddon = loadAddon(),
): Promise<InvarianceReport> {
  const rows: InvarianceRow[] = [];
  let reference: readonly Reply[] | undefined;
  let facts: { model: string; engine: Readonly<Record<string, string>> } | undefined;
  for (const { name, engine: tune } of settings) {
    const model = await openModel(options, tune, addon);
    try {
      facts ??= { model: model.checkpoint.name, engine: model.engine.fingerprint };
      const questions = questionsFor(model, options.requests ?? 20);
      for (const [order, batches] of Object.entries(orders)) {
        const way = `${order}, ${name}`;
        options.onStep?.(way);
        const replies = await askAll(model, questions, batches(questions), options.newTokens ?? 16);
        if (reference) rows.push(compare(way, reference, replies));
        reference ??= replies;
      }
    } finally {
      await model.engine.close();
    }
  }
  const equal = ({ requests, logits, answers, likelihoods }: InvarianceRow) =>
    logits === requests && answers === requests && likelihoods === requests;
  return { ...(facts as NonNullable<typeof facts>), rows, invariant: rows.every(equal) };
}

async function askAll(
  { engine, stopTokens }: LocalModel,
  questions: readonly Question[],
  batches: readonly (readonly number[])[],
  maxNewTokens: number,
): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  let id = 0;
  const askOne = async (index: number, question: Question): Promise<void> => {
    const { tokens, images, continuations } = question;
    const prefix = { key: question.prefix, remaining: 1 };
    const prompt = { tokens, images, prefix, wantLogits: true };
    const [generated, scored] = await Promise.all([
      engine.generate({ ...prompt, id: ++id, maxNewTokens, stopTokens }),
      engine.loglikelihood({ ...prompt, id: ++id, continuations }),
    ]);
    replies[index] = {
      logits: generated.logits ?? new Float32Array(),
      ids: generated.tokens,
      logprobs: scored.continuations.map(({ tokenLogprobs }) => tokenLogprobs),
      sharedTokens: generated.usage.cachedTokens + scored.usage.cachedTokens,
    };
  };
  for (const batch of batches) {
    await Promise.all(batch.map((index) => askOne(index, questions[index] as Question)));
  }
  return replies;
}

function compare(way: string, expected: readonly Reply[], found: readonly Reply[]): InvarianceRow {
  const pairs = expected.map((reply, i) => [reply, found[i] as Reply] as const);
  const holding = (same: (a: Reply, b: Reply) => boolean) => pairs.filter(([a, b]) => same(a, b)).length;
  return {
    way,
    requests: pairs.length,
    logits: holding((a, b) => a.logits.length > 0 && sameBits(a.logits, b.logits)),
    answers: holding((a, b) => sameBits(a.ids, b.ids)),
    likelihoods: holding((a, b) => a.logprobs.every((each, i) => sameBits(each, b.logprobs[i] ?? new Float32Array()))),
    largest: Math.max(...pairs.map(([a, b]) => largestDifference(a.logits, b.logits))),
    sharedTokens: found.reduce((sum, { sharedTokens }) => sum + sharedTokens, 0),
  };
}

function sameBits(a: Float32Array | Int32Array, b: Float32Array | Int32Array): boolean {
  const bytes = (array: Float32Array | Int32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return bytes(a).equals(bytes(b));
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, i) => Math.max(most, value === b[i] ? 0 : Math.abs(value - (b[i] ?? 0))), 0);
}

/** Sizes that take different canvases, numbers of tiles and odd paddings. */
const sizes = [
  [640, 480],
  [333, 500],
  [96, 96],
  [900, 201],
] as const;
const words = "What is shown in this picture? Name the colour, the number and the place of every object.".split(" ");

/** Questions of different lengths, five about each image; every tenth about two images, every ninth about none. */
function questionsFor({ tokenizer, template, description }: LocalModel, count: number): Question[] {
  const drawings = sizes.map(([width, height], i) => drawn(width, height, i));
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor(i / 5) % drawings.length;
    const images = i % 9 === 8 ? [] : i % 10 === 7 ? [first, (first + 1) % drawings.length] : [first];
    const text = Array.from({ length: 3 + ((i * 7) % 40) }, (_, k) => words[(i + k) % words.length]).join(" ");
    const parts: ShownMessage<number>["parts"] = [
      ...images.map((image) => ({ type: "image", image }) as const),
      { type: "text", text },
    ];
    const rendered = template.render([{ role: "user", parts }]);
    const pieces = description.imageStartEnd ? framedSlots(rendered) : rendered;
    return {
      tokens: Int32Array.from(promptTokens(tokenizer, pieces, template)),
      images: images.map((image) => drawings[image] as NativeImage),
      continuations: ["yes", "two red buses near the old stone bridge"].map((answer) =>
        Int32Array.from(continuationTokens(tokenizer, pieces, template.beforeAnswer + answer).ids),
      ),
      prefix: String(first),
    };
  });
}

/** An image of our own: the formula that the golden preprocessing vectors use, shifted by `seed`. */
function drawn(width: number, height: number, seed: number): NativeImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < 3; c += 1, at += 1) {
        rgb[at] = (7 * x + 13 * y + 29 * (c + seed) + ((x * y) >> 3) + 5 * ((x ^ y) & 31)) & 255;
      }
    }
  }
  return { width, height, rgb, digest: `invariance-${width}x${height}-${seed}` };
}

/** A fixed permutation that separates neighbours. */
function shuffled(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i).sort((a, b) => ((a * 7919) % 101) - ((b * 7919) % 101) || a - b);
}
