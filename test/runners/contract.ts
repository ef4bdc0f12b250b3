/** What every runner promises. One suite over all of them; a case that a runner cannot meet is skipped with a written reason. */

import { describe, expect, test } from "vitest";
import type { EncodedImage } from "../../src/core/image.js";
import type { GenerateRequest, Runner } from "../../src/core/runner.js";
import { encodedImage } from "../../src/images/encoded.js";
import { drawnImage } from "../fakes/images.js";

export interface RunnerCase {
  readonly name: string;
  /** Opens the runner and whatever it needs. */
  open(): Promise<{ runner: Runner; close(): Promise<void> }>;
  /** Requests that it can answer; default: questions about images. */
  requests?(): Promise<readonly GenerateRequest[]>;
  /** Values that must not appear anywhere. */
  readonly secrets?: readonly string[];
  readonly skip?: Partial<Record<keyof typeof promises, string>>;
}

const promises = {
  order: "gives equal outputs in both orders and side by side",
  abort: "rejects promptly with the signal's reason when it is aborted",
  likelihood: "scores continuations, one likelihood for each",
  rounds: "answers a conversation of several rounds",
  secrets: "lets no key into its name, fingerprint or outputs",
  dispose: "can be disposed of twice",
} as const;

const options = { maxNewTokens: 16, temperature: 0 };

/** Six questions about two images. */
export async function imageQuestions(task = "vqav2"): Promise<readonly GenerateRequest[]> {
  const images: EncodedImage[] = [];
  for (const seed of [1, 2]) images.push(encodedImage(await drawnImage({ seed })));
  return Array.from({ length: 6 }, (_, i) => ({
    id: `${task}/${i}`,
    prompt: {
      messages: [
        {
          role: "user" as const,
          parts: [
            { type: "image" as const, image: images[i % 2] as EncodedImage },
            { type: "text" as const, text: `question ${i}?` },
          ],
        },
      ],
    },
    options,
    seed: i,
    prefix: { key: `image ${i % 2}`, remaining: 2 - Math.floor(i / 2) },
  }));
}

export function runnerContract(one: RunnerCase): void {
  const promise = (key: keyof typeof promises, body: (runner: Runner) => Promise<void>) => {
    const reason = one.skip?.[key];
    test.skipIf(reason !== undefined)(
      `${promises[key]}${reason === undefined ? "" : ` (skipped: ${reason})`}`,
      async () => {
        const { runner, close } = await one.open();
        try {
          await body(runner);
        } finally {
          await runner[Symbol.asyncDispose]();
          await close();
        }
      },
    );
  };
  const requests = one.requests ?? (() => imageQuestions());
  const signal = () => new AbortController().signal;

  describe(`the runner ${one.name}`, () => {
    promise("order", async (runner) => {
      const asked = await requests();
      const forth: string[] = [];
      for (const request of asked) forth.push((await runner.generate(request, signal())).text);
      const back: string[] = [];
      for (const request of [...asked].reverse()) back.unshift((await runner.generate(request, signal())).text);
      const together = await Promise.all(asked.map((request) => runner.generate(request, signal())));
      expect(back).toEqual(forth);
      expect(together.map(({ text }) => text)).toEqual(forth);
      for (const output of together) expect(output.timing.attempts).toBeGreaterThanOrEqual(1);
    });

    promise("abort", async (runner) => {
      const [request] = await requests();
      const stop = new AbortController();
      const reason = new Error("the user pressed Ctrl-C");
      stop.abort(reason);
      await expect(runner.generate(request as GenerateRequest, stop.signal)).rejects.toBe(reason);
    });

    promise("likelihood", async (runner) => {
      const [request] = await requests();
      const { options: _, ...rest } = request as GenerateRequest;
      const output = await runner.loglikelihood?.({ ...rest, continuations: [" yes", " not at all"] }, signal());
      expect(output?.likelihoods).toHaveLength(2);
      for (const likelihood of output?.likelihoods ?? []) {
        expect(likelihood.logprob).toBeLessThanOrEqual(0);
        expect(likelihood.tokens).toBeGreaterThan(0);
      }
      expect([" yes", " not at all"]).toContain(output?.text);
    });

    promise("rounds", async (runner) => {
      const [request] = await requests();
      const { prompt } = request as GenerateRequest;
      const first = await runner.generate(request as GenerateRequest, signal());
      const messages = [
        ...prompt.messages,
        { role: "assistant" as const, parts: [{ type: "text" as const, text: first.text }] },
        { role: "user" as const, parts: [{ type: "text" as const, text: "and why?" }] },
      ];
      const second = await runner.generate({ ...(request as GenerateRequest), prompt: { messages } }, signal());
      expect(typeof second.text).toBe("string");
    });

    promise("secrets", async (runner) => {
      const [request] = await requests();
      const output = await runner.generate(request as GenerateRequest, signal());
      const everything = JSON.stringify([runner.name, runner.fingerprint, output]);
      for (const secret of one.secrets ?? []) expect(everything).not.toContain(secret);
    });

    promise("dispose", async (runner) => {
      await runner[Symbol.asyncDispose]();
    });
  });
}
