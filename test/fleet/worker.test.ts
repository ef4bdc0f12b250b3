/** What a worker does when it loses a lease, or is refused, by way of a queue in memory. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Dataset, RowItem } from "../../src/core/dataset.js";
import type { Output, Runner } from "../../src/core/runner.js";
import type { Task } from "../../src/core/task.js";
import { KeptAnswers } from "../../src/fleet/kept-answers.js";
import type { Lease, WorkQueue } from "../../src/fleet/queue.js";
import { type WorkTask, work } from "../../src/fleet/worker.js";
import type { SampleRecord } from "../../src/record/samples.js";
import type { Block } from "../../src/run/blocks.js";
import { readingOf } from "../../src/text/visible-answer.js";

const never = new AbortController().signal;
const block: Block = { v: 1, id: "0".repeat(32), label: "t", rows: [[0, 6, 0]] };

const dataset: Dataset = {
  facts: { source: "s", kind: "folder", split: "test", licence: "CC0-1.0" },
  async *batches(offset) {
    yield Array.from({ length: 6 }, (_, index): RowItem => ({ index, row: { id: index } })).slice(offset);
  },
  async [Symbol.asyncDispose]() {},
};

const task = {
  name: "t",
  metrics: [],
  id: ({ id }: { id: number }) => String(id),
  prompt: ({ id }: { id: number }) => ({
    messages: [{ role: "user", parts: [{ type: "text", text: `Is it ${id}?` }] }],
  }),
  score: (_: unknown, { text }: { text: string }) => ({ status: "scored", value: 1, answer: text }),
} as unknown as Task;

const outputOf = (text: string): Output => ({
  ...{ text, finish: "stop", warnings: [] },
  usage: { promptTokens: 1, completionTokens: 1 },
  timing: { totalMs: 1, attempts: 1 },
});

const taskOf = (runner: Runner): WorkTask => ({
  answering: {
    ...{ task, split: { answers: "public" }, label: "t", profile: "default", runner, abort: never },
    generation: { maxNewTokens: 8, temperature: 0 },
    rules: { scoring: "official", seed: 0, reading: readingOf("official") },
    media: { readImage: () => Promise.reject(new Error("there are no images")) },
  } as never,
  ...{ dataset, repeats: 1 },
});

test("a worker whose results are refused gives back the block that it has in hand, and ends", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-kept-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  let isAsked = false;
  const runner: Runner = {
    ...{ name: "m", fingerprint: {}, concurrency: 1 },
    generate(_, signal) {
      isAsked = true;
      return new Promise((_, reject) => {
        const end = () => reject(signal.reason);
        if (signal.aborted) end();
        else signal.addEventListener("abort", end, { once: true });
      });
    },
    async [Symbol.asyncDispose]() {},
  };
  const said: string[] = [];
  const leases: Lease[] = [
    {
      ...{ block, delivery: 1, blame: new Map(), lost: never, silence: 0 },
      async asks() {},
      ack: () => Promise.reject(new Error("nothing was answered")),
      fail: () => Promise.reject(new Error("nothing went wrong with the block")),
      async giveBack() {
        said.push("given back");
      },
    },
  ];
  const queue: WorkQueue = {
    join: async (membership) => membership,
    lease: () => new Promise((resolve) => setTimeout(() => resolve(leases.shift()), 20)),
    refusal: async () => (isAsked ? "its rows are others than ours" : undefined),
    async beat() {},
    async [Symbol.asyncDispose]() {},
  };
  const onLost = () => said.push("lost");
  const working = work({
    ...{ queue, name: "w", runner, drain: never, abort: never, onBlock() {}, onLost },
    kept: new KeptAnswers(join(folder, "answers"), (message) => said.push(message)),
    isOver: async () => false,
    task: async () => taskOf(runner),
  });
  await expect(working.finally(() => said.push("ended"))).rejects.toThrow("its rows are others than ours");
  expect(said).toEqual(["given back", "ended"]);
});

test.each([
  ["the block comes back", false],
  ["another worker of this machine has the block", true],
])("what was answered under a lost lease is not asked again when %s", async (_, isAnother) => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-kept-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const asked: number[] = [];
  const acked: string[] = [];
  const losing = new AbortController();
  const runner: Runner = {
    ...{ name: "m", fingerprint: {}, concurrency: 1 },
    async generate({ prompt }, signal) {
      const [part] = prompt.messages[0]?.parts ?? [];
      const id = Number(/\d+/.exec(part?.type === "text" ? part.text : "")?.[0]);
      signal.throwIfAborted();
      asked.push(id);
      // The lease is lost while the fourth is asked.
      if (id === 3 && asked.length === 4) losing.abort(new DOMException("the lease was lost", "AbortError"));
      signal.throwIfAborted();
      return outputOf(`answer ${id}`);
    },
    async [Symbol.asyncDispose]() {},
  };
  const leases = [losing.signal, never].map(
    (lost, i): Lease => ({
      ...{ block, delivery: i + 1, blame: new Map(), lost, silence: 7 },
      async asks() {},
      async ack(result) {
        acked.push(result);
        return "done";
      },
      async fail(why) {
        throw new Error(why);
      },
      async giveBack() {},
    }),
  );
  // Two blocks are asked side by side: the second waits until the first is given up, and finds nothing then.
  let calls = 0;
  let giveUp = () => {};
  const givenUp = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const queue: WorkQueue = {
    join: async (membership) => membership,
    async lease() {
      calls++;
      if (calls === 3) giveUp();
      if (calls !== 2) return leases.shift();
      await givenUp;
      return undefined;
    },
    refusal: async () => undefined,
    async beat() {},
    async [Symbol.asyncDispose]() {},
  };
  const said: string[] = [];
  const keptBy = () => new KeptAnswers(join(folder, "answers"), (message) => said.push(message));
  const [first, second] = [keptBy(), keptBy()];
  // The second worker's look at the folder is its own.
  const kept = Object.assign(keptBy(), {
    of: (id: string) => (isAnother && leases.length === 0 ? second : first).of(id, []),
  });
  const lost: string[] = [];
  const onLost = (what: string, silence: number) => lost.push(`${what} ${silence}`);
  const done = await work({
    ...{ queue, kept, name: "w", runner, drain: never, abort: never, onBlock() {}, onLost },
    isOver: async () => leases.length === 0,
    task: async () => taskOf(runner),
  });
  expect(asked).toEqual([0, 1, 2, 3, 3, 4, 5]);
  expect(done).toBe(6);
  expect(lost).toEqual(["t #0 7"]);
  expect(acked).toHaveLength(1);
  const [head = "", ...lines] = (acked[0] ?? "").split("\n");
  expect(lines.map((line) => (JSON.parse(line) as SampleRecord & { text: string }).text)).toEqual(
    [0, 1, 2, 3, 4, 5].map((id) => `answer ${id}`),
  );
  expect((JSON.parse(head) as { timings: unknown[] }).timings).toHaveLength(6);
  // Nothing lies there when it is handed over.
  expect([await readdir(join(folder, "answers")), said]).toEqual([[], []]);
});
