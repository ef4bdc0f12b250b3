import { expect, test } from "vitest";
import { InFlight } from "../../src/run/in-flight.js";

test("never more than the limit are under way, and the limit may change", async () => {
  let limit = 3;
  let underWay = 0;
  let most = 0;
  const inFlight = new InFlight(() => limit);
  for (let i = 0; i < 40; i++) {
    if (i === 20) {
      limit = 1;
      await inFlight.drained();
      most = 0;
    }
    await inFlight.start(async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
    });
    if (i === 19) expect(most).toBe(3);
  }
  await inFlight.drained();
  expect(most).toBe(1);
});

test("nothing is started after a job has thrown, and drained rejects with what it threw", async () => {
  const inFlight = new InFlight(() => 1);
  let started = 0;
  await inFlight.start(async () => {
    started++;
    throw new Error("first");
  });
  await expect(
    (async () => {
      for (;;) await inFlight.start(async () => void started++);
    })(),
  ).rejects.toThrow("first");
  await expect(inFlight.drained()).rejects.toThrow("first");
  expect(started).toBe(1);
});

test("two callers may feed it", async () => {
  const inFlight = new InFlight(() => 2);
  let done = 0;
  const feed = async () => {
    for (let i = 0; i < 25; i++) await inFlight.start(async () => void done++);
  };
  await Promise.all([feed(), feed()]);
  await inFlight.drained();
  expect(done).toBe(50);
});

test("a limit that grows while a caller waits is used as soon as a job has ended", async () => {
  let limit = 1;
  const inFlight = new InFlight(() => limit);
  const ends: (() => void)[] = [];
  let begun = 0;
  const job = () => new Promise<void>((end) => void ends.push(end));
  const feed = async () => {
    for (let i = 0; i < 5; i++) await inFlight.start(job).then(() => begun++);
  };
  const fed = [feed(), feed(), feed()];
  await settled();
  expect([begun, ends.length]).toEqual([1, 1]);
  limit = 3;
  ends.shift()?.();
  await settled();
  expect(ends.length).toBe(3);
  while (begun < 15 || ends.length > 0) {
    ends.shift()?.();
    await settled();
  }
  await Promise.all(fed);
  await inFlight.drained();
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 1));
