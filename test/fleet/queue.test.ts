/** What a coordinator and its workers rely on, held against real servers: both sides of the queue, and the hold of the one coordinator. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Membership } from "../../src/fleet/announced.js";
import { Fleet } from "../../src/fleet/fleet.js";
import type { Lease, WorkQueue, WorkStore } from "../../src/fleet/queue.js";
import type { Block } from "../../src/run/blocks.js";
import { noPostgres, TestPostgres } from "../fakes/postgres.js";
import type { QueueServer } from "../fakes/queue-server.js";
import { noRedis, TestRedis } from "../fakes/redis.js";

/** Of workers that die. */
const short = { leaseSeconds: 2 };
/** A machine that is busy for long does not lose one of these. */
const long = { leaseSeconds: 60 };
const blockOf = (n: number): Block => ({ v: 1, id: String(n).padStart(32, "0"), label: "t", rows: [[n, n + 1, n]] });
const never = new AbortController().signal;

const servers: readonly { readonly name: string; readonly no: string | undefined; start(): Promise<QueueServer> }[] = [
  { name: "Redis", no: noRedis, start: () => TestRedis.start() },
  { name: "PostgreSQL", no: noPostgres, start: () => TestPostgres.start() },
];

for (const { name, no, start } of servers)
  describe.skipIf(no)(`a queue on ${name} (skipped: ${no ?? "no"})`, { timeout: 60_000 }, () => {
    let server: QueueServer;
    let fleet: Fleet;
    let shortLived: Fleet;
    let run: string;
    let store: WorkStore;
    const open: AsyncDisposable[] = [];

    beforeAll(async () => {
      server = await start();
      vi.stubEnv("LLAVA_EVAL_FLEET", server.url);
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await server[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      run = randomUUID().replaceAll("-", "");
      fleet = await Fleet.open(long, never);
      shortLived = await Fleet.open(short, never);
      store = await fleet.store(run);
    });
    afterEach(async () => {
      for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await fleet[Symbol.asyncDispose]();
      await shortLived[Symbol.asyncDispose]();
    });

    async function worker(name = "w", from = fleet): Promise<WorkQueue> {
      const queue = await from.work(run, name);
      open.push(queue);
      return queue;
    }

    /** Waits for one as a worker does. */
    async function leased(queue: WorkQueue): Promise<Lease> {
      for (;;) {
        const lease = await queue.lease();
        if (lease) return lease;
      }
    }

    /** A worker that has this block in hand, and says that it asks something, dies. */
    async function diesWith(place?: string): Promise<Lease> {
      const end = new AbortController();
      const dying = await Fleet.open(short, end.signal);
      const lease = await leased(await dying.work(run, "dying"));
      if (place !== undefined) await lease.asks(place);
      end.abort(new Error("it died"));
      await dying[Symbol.asyncDispose]();
      // Nothing of it is left but the lease on the server.
      await expect(lease.giveBack()).rejects.toThrow("it died");
      return lease;
    }

    test("blocks come in the order in which they were added, once however often they are; results wait until they are released", async () => {
      const blocks = [3, 1, 2].map(blockOf);
      await store.add(blocks);
      await store.add(blocks);
      expect(await store.held()).toBe(3);
      const queue = await worker();
      for (const block of blocks) {
        const lease = await leased(queue);
        expect([lease.block, lease.delivery, lease.blame.size]).toEqual([block, 1, 0]);
        expect(await lease.ack(`answers of ${block.id}`)).toBe("done");
      }
      expect(await queue.lease()).toBeUndefined();
      const ids = blocks.map(({ id }) => id);
      expect(await store.completed(0, 2)).toEqual(ids.slice(0, 2).map((id) => ({ id, result: `answers of ${id}` })));
      expect((await store.completed(2, 2)).map(({ id }) => id)).toEqual(ids.slice(2));
      // Added again they are still there: nobody is asked again.
      await store.add(blocks);
      expect(await queue.lease()).toBeUndefined();
      await store.release(ids);
      expect([await store.held(), await store.completed(0, 9)]).toEqual([0, []]);
    });

    test("what is in a worker's hands is not released; what it gives back, or fails, is told apart", async () => {
      await store.add([blockOf(1), blockOf(2)]);
      const queue = await worker();
      const lease = await leased(queue);
      await store.release([lease.block.id]);
      expect(await store.held()).toBe(2);
      await lease.giveBack();
      const again = [await leased(queue), await leased(queue)];
      expect(again.map(({ delivery }) => delivery)).toEqual([1, 1]);
      const [first, second] = again as [Lease, Lease];
      await first.fail("the task is broken");
      expect(await store.failed()).toEqual([{ id: first.block.id, why: "the task is broken" }]);
      await second.ack("r");
      await store.release([first.block.id, second.block.id]);
      expect(await store.held()).toBe(0);
    });

    test("a dead worker's block goes to another, which knows what was asked when it died", async () => {
      await store.add([blockOf(1)]);
      await diesWith("4/0");
      const second = await diesWith("4/0");
      // A busy machine may lose a lease of itself, too.
      expect([...second.blame.keys(), second.delivery >= 2]).toEqual(["4/0", true]);
      const third = await leased(await worker("w", shortLived));
      expect(third.delivery).toBeGreaterThan(second.delivery);
      expect(third.blame.get("4/0") ?? 0).toBeGreaterThan(second.blame.get("4/0") ?? 0);
      await third.ack("r");
    });

    test("who lost its lease is told, and hands over what it has all the same", async () => {
      await store.add([blockOf(1)]);
      const slow = await leased(await worker("slow", shortLived));
      // As if nothing had been heard of it.
      server.loseLease(run, slow.block.id);
      const fast = await leased(await worker("fast"));
      await expect.poll(() => slow.lost.aborted, { timeout: 20_000 }).toBe(true);
      expect([fast.delivery > 1, fast.lost.aborted]).toEqual([true, false]);
      expect(await slow.ack("late words")).toBe("late");
      expect(await store.late()).toEqual([{ id: slow.block.id, result: "late words" }]);
      await store.releaseLate([slow.block.id]);
      expect(await store.late()).toEqual([]);
      expect(await fast.ack("words")).toBe("done");
      expect(await store.completed(0, 9)).toEqual([{ id: slow.block.id, result: "words" }]);
    });

    test("a block that came back too often is failed, not leased for ever: BullMQ leaves that to who fetches by hand", async () => {
      await store.add([blockOf(1)]);
      const lease = await diesWith();
      server.comeBack(run, lease.block.id, 20);
      const queue = await worker("w", shortLived);
      await expect
        .poll(async () => [await queue.lease(), (await store.failed()).map(({ id }) => id)], { timeout: 20_000 })
        .toEqual([undefined, [lease.block.id]]);
      expect((await store.failed())[0]?.why).toContain("stalled more than allowable limit");
    });

    test("what is no block of this version is failed with the field", async () => {
      await store.add([{ ...blockOf(1), v: 2 } as unknown as Block]);
      expect(await (await worker()).lease()).toBeUndefined();
      expect((await store.failed())[0]?.why).toMatch(/no block of this version: \/v/);
    });

    test("workers wait while results pile up that nobody takes", async () => {
      await store.add([blockOf(1)]);
      server.pileUp(run, 2001);
      const queue = await worker();
      expect(await queue.lease()).toBeUndefined();
      expect((await fleet.status({ id: run } as never)).waiting).toBe(1);
      server.pileUp(run, 2000);
      const lease = await queue.lease();
      expect(lease?.block).toEqual(blockOf(1));
      await lease?.ack("r");
      server.pileUp(run, 0);
    });

    test("all workers together have no more blocks in hand than may be, and take no more in a second", async () => {
      await store.add([0, 1, 2, 3, 4].map(blockOf));
      await fleet.limit(run, { blocks: 2 });
      const [one, two] = [await worker("one"), await worker("two")];
      const hands = [await leased(one), await leased(two)];
      expect(await one.lease()).toBeUndefined();
      await hands[0]?.ack("r");
      const third = await leased(two);
      expect(third.block).toEqual(blockOf(2));

      // A block of 48 in 1.2 s.
      await fleet.limit(run, { rate: 40 });
      await third.ack("r");
      const began = performance.now();
      for (const lease of [await leased(one), await leased(two)]) await lease.ack("r");
      expect(performance.now() - began).toBeGreaterThan(1100);
      await hands[1]?.ack("r");
      await fleet.limit(run, {});
      expect(server.limits(run).trim()).toBe("");
    });

    test("the first worker says what the run's model is; each is seen by the server's clock; one that is refused is told", async () => {
      const member = (device: string): Membership => ({ identity: { fingerprint: { device } }, demo: false });
      const [one, two] = [await worker("one"), await worker("two")];
      expect(await one.join(member("cuda"))).toEqual(member("cuda"));
      expect(await two.join(member("cpu"))).toEqual(member("cuda"));
      expect(await fleet.member(run)).toEqual(member("cuda"));
      await one.beat({ host: "h", pid: 1, done: 5, failed: 1, perSecond: 2, retries: 3, cpuMs: 0.5, hand: "t #7" });
      await fleet.setProgress(run, {
        label: "t",
        done: 5,
        left: 7,
        unscored: 1,
        perSecond: 2,
        repeated: 0,
        changed: 0,
      });
      const { workers, progress, space } = await fleet.status({ id: run } as never);
      const [seen] = workers;
      expect(seen).toMatchObject({ name: "one", host: "h", done: 5, failed: 1, retries: 3, cpuMs: 0.5, hand: "t #7" });
      expect(progress).toMatchObject({ label: "t", done: 5, left: 7 });
      expect(progress?.seenAgo).toBeLessThan(5);
      expect(space.used).toBeGreaterThan(10_000);
      expect(seen?.seenAgo).toBeLessThan(5);
      await store.refuse("two", "its rows are others");
      expect([await one.refusal(), await two.refusal()]).toEqual([undefined, "its rows are others"]);
      await fleet.forget(run);
      expect(await fleet.member(run)).toBeUndefined();
    });

    test("one process coordinates a run: another is refused by name, and follows when it has let go", async () => {
      const fence = await fleet.fence(run, never);
      fence.require();
      // This process holds it, and is alive.
      await expect(fleet.fence(run, never)).rejects.toThrow(
        `another process coordinates this run already (pid ${process.pid}`,
      );
      expect((await fleet.status({ id: run } as never)).coordinator).toMatchObject({
        host: hostname(),
        pid: process.pid,
      });
      await fence[Symbol.asyncDispose]();
      expect(await fleet.status({ id: run } as never)).not.toHaveProperty("coordinator");
      await (await fleet.fence(run, never))[Symbol.asyncDispose]();
    });

    test("a paused run keeps its blocks, and nobody takes them", async () => {
      await store.add([blockOf(1), blockOf(2)]);
      await fleet.pause(run, true);
      const queue = await worker();
      expect(await queue.lease()).toBeUndefined();
      expect(await store.held()).toBe(2);
      expect(await fleet.status({ id: run } as never)).toMatchObject({ waiting: 2, paused: true });
      await fleet.pause(run, false);
      expect((await leased(queue)).block).toEqual(blockOf(1));
      expect(await fleet.status({ id: run } as never)).toMatchObject({ waiting: 1, leased: 1, paused: false });
    });

    test("what is kept comes back byte for byte, and of a run that is forgotten nothing is left", async () => {
      const text = `{"b":1,"a":"\\u0000 \\ud800 \u2028 "\\\\"  "}\n{"a":2}`;
      await store.add([blockOf(1), blockOf(2)]);
      const queue = await worker("w");
      await (await leased(queue)).ack(text);
      expect((await store.completed(0, 9)).map(({ result }) => result)).toEqual([text]);
      await (await leased(queue)).fail("a text with a character 0: \0");
      await store.refuse("w\0", "why\0");
      await fleet.forget(run);
      expect(server.keys()).not.toContain(run);
    });
  });

describe.skipIf(noRedis)(`the hold of a run on Redis (skipped: ${noRedis ?? "no"})`, { timeout: 60_000 }, () => {
  test.each([
    ["on another host", { host: "elsewhere", pid: 77, id: "x" }],
    // Its pid is nobody's here.
    ["in another container of this name", { host: hostname(), pid: 2 ** 22 + 7, id: "x", space: "another" }],
  ])("a coordinator %s that is no longer heard of is followed; one that is heard of is named", async (_, there) => {
    await using redis = await TestRedis.start();
    vi.stubEnv("LLAVA_EVAL_FLEET", redis.url);
    await using fleet = await Fleet.open(long, never);
    const key = "le:{r}:coordinator";
    const holder = JSON.stringify(there);
    redis.command("SET", key, holder, "PX", "1500");
    const began = performance.now();
    const fence = await fleet.fence("r", never);
    expect(performance.now() - began).toBeGreaterThan(500);
    expect(redis.command("GET", key)).toContain(`"host":"${hostname()}"`);
    await fence[Symbol.asyncDispose]();
    expect(redis.command("EXISTS", key).trim()).toBe("0");

    redis.command("SET", key, holder, "PX", "20000");
    const alive = setInterval(() => redis.command("PEXPIRE", key, "20000"), 700);
    await expect(fleet.fence("r", never)).rejects.toThrow(`(pid ${there.pid} on ${there.host})`);
    clearInterval(alive);
    vi.unstubAllEnvs();
  });
});
