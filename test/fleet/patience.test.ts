/** Calls that wait for a server that is away: what is said of it, what is made again, and what ends them. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UserError } from "../../src/core/errors.js";
import { Patience } from "../../src/fleet/patience.js";

const gone = new Error("the disk is full");

/** A server that is away for as long as it is told to. */
const serverThat = (parts: { outage?: () => string | undefined; mend?: () => Promise<void> } = {}) => ({
  isAway: (error: unknown) => error === gone,
  mend: parts.mend ?? (async () => {}),
  outage: parts.outage ?? (() => undefined),
});

/** Rejects so often, then says what it is. */
function callThat(fails: number): () => Promise<string> {
  let left = fails;
  return async () => {
    if (left-- > 0) throw gone;
    return "done";
  };
}

const said: string[] = [];
const say = (message: string) => said.push(message);
const never = new AbortController().signal;

beforeEach(() => {
  said.length = 0;
  // The pauses between tries are real ones.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("however many calls wait, it is said once why, and once that they go on; a call that is short says nothing", async () => {
  const patience = new Patience(serverThat(), never, say);
  expect(await patience.untilBack(callThat(1))).toBe("done");
  expect(said).toEqual([]);
  const waiting = [patience.untilBack(callThat(1)), patience.untilBack(callThat(1))];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said).toEqual(["the queue cannot be used (the disk is full): waiting until it is back"]);
  // Whoever did not wait does not know that it is back.
  expect(await patience.untilBack(callThat(0))).toBe("done");
  expect(said).toHaveLength(1);
  expect(await Promise.all(waiting)).toEqual(["done", "done"]);
  expect(said.slice(1)).toEqual(["the queue is back"]);
});

test("a call without an answer is told apart from one that waits for work", async () => {
  let outage: string | undefined;
  const patience = new Patience(serverThat({ outage: () => outage }), never, say);
  let answer = (_: string) => {};
  const call = () =>
    new Promise<string>((resolve) => {
      answer = resolve;
    });
  const idle = patience.untilBack(call);
  await vi.advanceTimersByTimeAsync(60_000);
  answer("no work");
  expect([await idle, said]).toEqual(["no work", []]);
  const cut = patience.untilBack(call);
  outage = "connect ECONNREFUSED";
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toEqual(["the queue cannot be used (connect ECONNREFUSED): waiting until it is back"]);
  answer("work");
  expect([await cut, said[1]]).toEqual(["work", "the queue is back"]);
});

test("what the server lost is made again before the next try; where it cannot be, that is the end", async () => {
  const mended: string[] = [];
  const mending = serverThat({
    async mend() {
      mended.push("tables");
      if (mended.length === 1) throw gone;
    },
  });
  expect(await new Patience(mending, never, say).untilBack(callThat(1))).toBe("done");
  expect(mended).toHaveLength(2);
  const broken = serverThat({ mend: () => Promise.reject(new UserError("not whole", "here", "drop them")) });
  await expect(new Patience(broken, never, say).untilBack(callThat(9))).rejects.toThrow("not whole");
});

test("whoever gives up waits no longer", async () => {
  const end = new AbortController();
  const waiting = new Patience(serverThat(), end.signal, say).untilBack(callThat(99));
  end.abort(new Error("Ctrl-C"));
  await expect(waiting).rejects.toThrow("Ctrl-C");
});
