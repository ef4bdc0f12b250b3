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
