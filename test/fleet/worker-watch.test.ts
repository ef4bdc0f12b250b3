import { expect, test } from "vitest";
import type { WorkerStatus } from "../../src/fleet/announced.js";
import { WorkerWatch } from "../../src/fleet/worker-watch.js";

const worker = (name: string, seenAgo = 1, perSecond = 10, done = 100): WorkerStatus => ({
  ...{ name, seenAgo, perSecond, done },
  ...{ host: "h", pid: 1, failed: 0, retries: 0, cpuMs: 1 },
});

test("who joins, leaves, is lost and is back is said once, and when nobody is left", () => {
  const watch = new WorkerWatch();
  expect(watch.look([], 0)).toEqual([]);
  expect(watch.look([worker("a"), worker("b"), worker("dead long ago", 500)], 5)).toEqual([
    "workers that joined: a, b",
  ]);
  expect(watch.look([worker("a"), worker("b")], 10)).toEqual([]);
  // Killed: it stands on the list, and says nothing.
  expect(watch.look([worker("a"), worker("b", 31)], 45)).toEqual([
    "workers that have not been heard of for 30 s: what they have in hand goes to others: b",
  ]);
  expect(watch.look([worker("a"), worker("b", 36)], 50)).toEqual([]);
  expect(watch.look([worker("a"), worker("b", 2)], 55)).toEqual(["workers that are heard of again: b"]);
  // A server that lost its list hears of them again before they are thought to have left.
  expect(watch.look([], 60)).toEqual([]);
  expect(watch.look([worker("a"), worker("b")], 65)).toEqual([]);
  expect(watch.look([worker("b")], 70)).toEqual([]);
  expect(watch.look([worker("b")], 76)).toEqual(["workers that left: a"]);
  expect(watch.look([worker("b", 40)], 81)).toEqual([
    "workers that have not been heard of for 30 s: what they have in hand goes to others: b",
    "no worker is left: what is not answered waits for one",
  ]);
  expect(watch.look([worker("b", 45)], 86)).toEqual([]);
  expect(watch.look([worker("c")], 91)).toEqual(["workers that joined: c"]);
});

test("one that is slower than half of the usual pace is named once; of two, or of a few samples, there is no usual pace", () => {
  const watch = new WorkerWatch();
  const two = [worker("a"), worker("slow", 1, 4)];
  expect(watch.look(two, 0)).toEqual(["workers that joined: a, slow"]);
  expect(watch.look([...two, worker("new", 1, 0.1, 3)], 5)).toEqual(["workers that joined: new"]);
  const three = [...two, worker("b", 1, 12)];
  expect(watch.look(three, 10)).toEqual([
    "workers that joined: b",
    "workers that answer less than half of what is usual here, 10/s: slow",
  ]);
  expect(watch.look(three, 15)).toEqual([]);
});

test("of many that join at once five are named", () => {
  const many = Array.from({ length: 8 }, (_, n) => worker(`w${n}`));
  expect(new WorkerWatch().look(many, 0)).toEqual(["workers that joined: w0, w1, w2, w3, w4 and 3 more"]);
});
