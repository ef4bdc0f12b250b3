/**
 * What can befall a run that workers answer, one fault a round, against a real server: the run ends as that of one process, byte for byte, and
 * what is asked twice is at most what was in hand. Many rounds: LLAVA_EVAL_TEST_KILLS, in the soak, which also strikes what fleet.test.ts kills
 * in one run.
 */
import { appendFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { noDisk, type TestPostgres } from "../fakes/postgres.js";
import { generator } from "../fakes/random.js";
import {
  clockOff,
  Fleet,
  largestBlock,
  leaseSeconds,
  noServer,
  numbersOf,
  questionsIn,
  type Started,
  serverName,
} from "./fleet-place.js";

const rounds = Number(process.env.LLAVA_EVAL_TEST_KILLS ?? 1);
const what = { tasks: "vqav2", data: "demo", repeats: 2, temperature: 0.5 };
/** The next block begins while the last samples of one are asked. */
const inHand = 2 * largestBlock;
/** Beyond the lease, and beyond the next look for lost ones. */
const longMs = leaseSeconds * 1500 + 500;

interface Struck {
  readonly fleet: Fleet;
  readonly workers: readonly [Started, Started];
  readonly run: Started;
}

interface Fault {
  readonly name: string;
  /** Samples that may be asked twice; absent: the strike says. */
  readonly twice?: number;
  /** It befalls only that server. */
  readonly only?: typeof serverName;
  /** Why it cannot be made here. */
  readonly no?: string | undefined;
  /** fleet.test.ts has a round of it. */
  readonly isSeenElsewhere?: true;
  /** Before anybody comes. */
  begin?(fleet: Fleet): Promise<void>;
  /** @returns what is in the coordinator's environment besides */
  readonly coordinates?: (fleet: Fleet) => Promise<Environment>;
  /** When the coordinator waits for workers. @returns for each of the two, what is in its environment besides */
  readonly prepare?: (fleet: Fleet) => Promise<readonly [Environment, Environment]>;
  strike(struck: Struck): Promise<After>;
}

interface After {
  /** The process that coordinates from now on, where it is another. */
  readonly run?: Started;
  readonly twice?: number;
}
type Environment = Readonly<Record<string, string>>;

const nothing = async () => ({});

/** A module that a process loads before all others. */
async function before(fleet: Fleet, name: string, code: string): Promise<Environment> {
  await writeFile(fleet.place.file(name), code);
  return { NODE_OPTIONS: `--import=file://${fleet.place.file(name)}` };
}

const blockedLoop = `process.on("SIGUSR2", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${longMs}));`;

/** In the second block, whatever the sizes of the two. */
const killedAtLine = largestBlock + 20;

/** The process dies when it has written so many lines of a journal. */
const dyingWriter = `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const write = fs.writeSync;
let lines = 0;
fs.writeSync = (file, bytes, ...rest) => {
  const written = write(file, bytes, ...rest);
  if (String(bytes).startsWith('{"index":')) lines += String(bytes).split("\\n").length - 1;
  if (lines >= ${killedAtLine}) process.kill(process.pid, "SIGKILL");
  return written;
};
syncBuiltinESMExports();`;

async function again(fleet: Fleet, run: Started): Promise<After> {
  run.kill("SIGKILL");
  await run.ended;
  return { run: fleet.coordinator("--out", "many") };
}

const faults: readonly Fault[] = [
  {
    name: "a worker stopped for longer than its lease, which then goes on",
    twice: inHand,
    async strike({ workers: [worker] }) {
      worker.kill("SIGSTOP");
      await wait(longMs);
      worker.kill("SIGCONT");
      return {};
    },
  },
  {
    name: `${serverName} stopped for longer than the leases, which then goes on`,
    twice: 2 * inHand,
    async strike({ fleet }) {
      fleet.server.stop(true);
      await wait(longMs);
      fleet.server.stop(false);
      return {};
    },
  },
  {
    name: `${serverName} is full, or a copy that is only read: nothing can be written for 3 s`,
    twice: 0,
    async strike({ fleet }) {
      fleet.server.fill(true);
      await wait(3000);
      fleet.server.fill(false);
      return {};
    },
  },
  {
    name: `a network cut between one worker and ${serverName}, for longer than its lease`,
    twice: inHand,
    prepare: async (fleet) => [{ LLAVA_EVAL_FLEET: await fleet.wiredUrl() }, {}],
    async strike({ fleet }) {
      const wire = await fleet.wire();
      wire.cut(true);
      await wait(longMs);
      wire.cut(false);
      return {};
    },
  },
  {
    name: "clocks apart: one worker an hour ahead, one a day behind",
    // Leases on PostgreSQL go by each worker's clock: one that is off is refused, which fleet-postgres-doors.test.ts holds.
    only: "Redis",
    twice: 0,
    prepare: async (fleet) => [
      await before(fleet, "ahead.mjs", clockOff(1)),
      await before(fleet, "behind.mjs", clockOff(-24)),
    ],
    strike: nothing,
  },
  {
    name: "a worker whose event loop is blocked for longer than its lease",
    twice: inHand,
    prepare: async (fleet) => [await before(fleet, "blocked.mjs", blockedLoop), {}],
    async strike({ workers: [worker] }) {
      worker.kill("SIGUSR2");
      await wait(longMs);
      return {};
    },
  },
  {
    name: "a worker killed, and another started",
    twice: inHand,
    isSeenElsewhere: true,
    async strike({ fleet, workers: [worker] }) {
      worker.kill("SIGKILL");
      await worker.ended;
      fleet.worker();
      return {};
    },
  },
  {
    name: `${serverName} killed, and started after 2 s`,
    twice: 2 * inHand,
    isSeenElsewhere: true,
    async strike({ fleet }) {
      await fleet.server.kill();
      await wait(2000);
      await fleet.server.up();
      return {};
    },
  },
  {
    name: `${serverName} loses everything`,
    isSeenElsewhere: true,
    strike: async ({ fleet }) => ({ twice: fleet.flushed() }),
  },
  {
    name: "PostgreSQL's schemas are dropped",
    only: "PostgreSQL",
    strike: async ({ fleet }) => ({ twice: fleet.dropped("schemas") }),
  },
  {
    name: "PostgreSQL's database is dropped, and made anew",
    only: "PostgreSQL",
    strike: async ({ fleet }) => ({ twice: fleet.dropped("database") }),
  },
  {
    name: "the disk of PostgreSQL's tables is full for 3 s",
    only: "PostgreSQL",
    no: noDisk,
    twice: 0,
    begin: ({ server }) => (server as TestPostgres).ownDisk(),
    async strike({ fleet }) {
      const empty = (fleet.server as TestPostgres).fillDisk();
      await wait(3000);
      expect(empty()).toContain("No space left on device");
      return {};
    },
  },
  {
    name: "the coordinator killed, and started again",
    twice: 0,
    isSeenElsewhere: true,
    strike: ({ fleet, run }) => again(fleet, run),
  },
  {
    name: "the coordinator killed while it writes a block's answers into the journal, and started again",
    twice: 0,
    coordinates: (fleet) => before(fleet, "dying.mjs", dyingWriter),
    async strike({ fleet, run }) {
      expect(await run.ended).toMatchObject({ signal: "SIGKILL" });
      return { run: fleet.coordinator("--out", "many") };
    },
  },
  {
    name: `a worker, ${serverName} and the coordinator killed, one after the other`,
    twice: 3 * inHand,
    isSeenElsewhere: true,
    async strike({ fleet, workers: [worker], run }) {
      worker.kill("SIGKILL");
      fleet.worker();
      await fleet.server.kill();
      await fleet.server.up();
      return await again(fleet, run);
    },
  },
  {
    name: "a second coordinator",
    twice: 0,
    isSeenElsewhere: true,
    async prepare(fleet) {
      await fleet.has(/:coordinator$/m);
      const second = ["run", "--tasks", what.tasks, "--data", what.data, "--fleet", "--name", "m", "--out", "second"];
      const sampling = ["--repeats", String(what.repeats), "--temperature", String(what.temperature)];
      const refused = { exitCode: 1, stderr: expect.stringContaining("another process coordinates this run") };
      expect(await fleet.place.run(...second, ...sampling)).toMatchObject(refused);
      return [{}, {}];
    },
    strike: nothing,
  },
];

describe.skipIf(noServer)(
  `faults of a fleet (skipped: ${noServer ?? "no"})`,
  { timeout: 120_000 * rounds, concurrent: true },
  () => {
    let whole: Awaited<ReturnType<Fleet["whole"]>>;

    beforeAll(async () => {
      await using fleet = await Fleet.make(what);
      const { numbers, asked } = await fleet.whole();
      whole = { numbers: elsewhere(numbers, fleet), asked };
      const { LLAVA_EVAL_TEST_NOTES: notes } = process.env;
      if (notes === undefined) return;
      const titles = [
        "fault",
        "rounds byte-identical",
        "lost",
        "doubled",
        `asked twice of ${asked}`,
        "leases lost",
        "seconds, all rounds",
      ];
      appendFileSync(notes, `| ${titles.join(" | ")} |\n|${" --- |".repeat(titles.length)}\n`);
    });

    test.for(
      faults.filter(
        ({ isSeenElsewhere, only = serverName, no }) =>
          (rounds > 1 || !isSeenElsewhere) && only === serverName && no === undefined,
      ),
    )("$name", async (fault, { expect }) => {
      const began = performance.now();
      const random = generator(rounds);
      const twice: number[] = [];
      let [most, lost] = [0, 0];
      for (let round = 0; round < rounds; round++) {
        await using fleet = await Fleet.make(what);
        await fault.begin?.(fleet);
        const run = fleet.coordinatorWith((await fault.coordinates?.(fleet)) ?? {}, "--out", "many");
        const [first, second] = (await fault.prepare?.(fleet)) ?? [{}, {}];
        const workers = [fleet.workerWith(first), fleet.workerWith(second)] as const;
        await fleet.asked(whole.asked * (rounds > 1 ? 0.1 + 0.5 * random() : 0.3));
        const { run: last = run, twice: bound = fault.twice ?? 0 } = await fault.strike({ fleet, workers, run });
        expect(await last.ended).toMatchObject({ exitCode: 0 });
        expect(elsewhere(await numbersOf(fleet.place.file("many")), fleet)).toEqual(whole.numbers);
        const asked = questionsIn(fleet.endpoint) - whole.asked;
        expect(asked).toBeGreaterThanOrEqual(0);
        expect(asked, fleet.lostLeases.join("\n")).toBeLessThanOrEqual(bound);
        twice.push(asked);
        lost += fleet.lostLeases.length;
        most = Math.max(most, bound);
      }
      note({ name: fault.name, twice, most, lost, ms: performance.now() - began });
    });
  },
);

/** A Result names its endpoint, and each round has its own. */
function elsewhere(numbers: Record<string, string>, { endpoint }: Fleet): Record<string, string> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, text]) => [name, text.replaceAll(endpoint.url, "URL")]),
  );
}

interface Noted {
  readonly name: string;
  /** Samples asked twice, of each round. */
  readonly twice: readonly number[];
  /** That were allowed, in the round that allowed most. */
  readonly most: number;
  /** Leases, in all rounds. */
  readonly lost: number;
  readonly ms: number;
}

/** A line of the soak's report; it comes only when all that it says held. */
function note({ name, twice, most, lost, ms }: Noted): void {
  const file = process.env.LLAVA_EVAL_TEST_NOTES;
  if (file === undefined) return;
  const mean = twice.reduce((sum, one) => sum + one, 0) / twice.length;
  const asked = `${Math.min(...twice)} to ${Math.max(...twice)}, mean ${mean.toFixed(0)} (at most ${most})`;
  appendFileSync(
    file,
    `| ${name} | ${twice.length} of ${twice.length} | 0 | 0 | ${asked} | ${lost} | ${(ms / 1000).toFixed(0)} |\n`,
  );
}
