/** `gpu.sh` without a GPU: a program of a few lines in the engine's place, which answers, fails or hangs as a test needs it. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";

const script = join(import.meta.dirname, "gpu.sh");
const scratch = mkdtempSync(join(tmpdir(), "llava-gpu-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Report {
  readonly goals: readonly { readonly what: string; readonly measured: unknown; readonly reached: boolean | null }[];
  readonly fingerprint: { readonly device: string } | null;
  readonly steps: Readonly<Record<string, { readonly code: number; readonly complaint: readonly string[] }>>;
}

const round =
  '{"questionsPerSecond": 80, "decodeSteps": 100, "stepsRecorded": 4, "stepsReplayed": 90, "recordingsKept": 3}';

/** The engine's part of each step; `lines` of a shell's `case` come first. `$*` are its arguments. */
function engine(name: string, lines = ""): string {
  const path = join(scratch, `engine-${name}`);
  writeFileSync(
    path,
    `#!/bin/bash
case "$*" in
${lines}
selftest*) echo '{"passed": 3, "failed": 0, "skipped": 0}' ;;
*bandwidth*) echo '{"name": "product of 8192", "value": 700}'; echo '{"name": "copies on the device", "value": 4000}' ;;
*" batch "*) echo '{"name": "decode, 1 sequences: memory read", "value": 3400}' ;;
ask*) echo '{"fingerprint": {"device": "a GPU"}, "sameBitsInEveryRound": true, "rounds": [${round}]}' ;;
esac
`,
  );
  chmodSync(path, 0o755);
  return path;
}

const call = (program: string, out: string, minutes: string) => [
  ...[script, "--small", "--engine", program, "--out", join(scratch, out), "--minutes", minutes],
];

function run(program: string, out: string, minutes = "5") {
  const { status, stdout } = spawnSync("bash", call(program, out, minutes), { encoding: "utf8" });
  return { status, said: stdout.split("\n"), ...reportIn(out) };
}

function reportIn(out: string) {
  const file = (name: string) => readFileSync(join(scratch, out, name), "utf8");
  return { report: JSON.parse(file("gpu.json")) as Report, text: file("gpu.txt") };
}

const goal = (report: Report, what: string) => report.goals.find((one) => one.what.startsWith(what));
/** Processes that were started with this argument. */
const alive = (mark: string) =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => argumentsOf(id).includes(mark))
    .join();

function argumentsOf(id: string): string[] {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0");
  } catch (error) {
    if (error instanceof Error && "code" in error) return []; // it has ended meanwhile
    throw error;
  }
}
const noPython = spawnSync("python3", ["--version"]).status !== 0;

describe.skipIf(noPython || !existsSync("/proc/self/cmdline"))(
  "the fifteen minutes on a GPU",
  { timeout: 300_000 },
  () => {
    test("every step has its line, and the goals are filled in from what ran", () => {
      const { status, said, report, text } = run(engine("good"), "good");
      expect(status).toBe(0);
      for (const step of ["first", "checkpoint", "golden", "invariance", "rates", "batch", "vqav2", "pope", "int8"])
        expect(said).toContainEqual(expect.stringMatching(new RegExp(`^${step}: good, \\d+ s`)));
      expect(goal(report, "decode, 1 at once")).toMatchObject({ measured: 3400 / 4000, reached: true });
      expect(goal(report, "vqav2-like, questions/s")).toMatchObject({ measured: 80, reached: true });
      expect(goal(report, "recorded steps")).toMatchObject({ measured: 0.04, reached: true });
      expect(goal(report, "tower")).toMatchObject({ measured: null, reached: null });
      expect(text).toContain("library: a GPU");
      expect(text).toMatch(/^decode, 64 at once.* not run/m);
    });

    test("a failing step does not end the rest", () => {
      const { status, report, text } = run(
        engine("failing", 'golden*) echo "case 3 is off" >&2; exit 3 ;;'),
        "failing",
      );
      expect(status).toBe(3);
      expect(goal(report, "golden")).toMatchObject({ measured: false, reached: false });
      expect(goal(report, "bit-equal")).toMatchObject({ measured: true });
      expect(report.steps.int8?.code).toBe(0);
      expect(text).toMatch(/^golden +NOT GOOD \(3\).*case 3 is off/m);
    });

    test("where nothing runs on the GPU the rest is left, with the driver's words in the report", () => {
      const program = engine("dead", '"selftest rows"*) echo "needs driver 580 or newer" >&2; exit 1 ;;');
      const { status, said, report } = run(program, "dead");
      expect(status).toBe(3);
      expect(said).toContainEqual(expect.stringContaining("the rest is left"));
      expect(Object.keys(report.steps).sort()).toEqual(["first", "machine"]);
      expect(report.steps.first?.complaint.join()).toContain("needs driver 580");
    });

    test("a step that hangs is ended with all that it started, and what has no time left is not begun", () => {
      const mark = `9${process.pid}.75`;
      const { status, said, report } = run(
        engine("hanging", `checkpoint*) sleep ${mark} & sleep ${mark} ;;`),
        "hanging",
        "0.3",
      );
      expect(status).toBe(3);
      expect(report.steps.checkpoint).toMatchObject({
        code: 137,
        complaint: [expect.stringMatching(/^not finished after \d+ s$/)],
      });
      expect(said).toContainEqual("vqav2: not run, no time left");
      expect(alive(mark)).toBe("");
    });

    test("ended from outside it takes the engine with it: nothing keeps the GPU's memory", async () => {
      const mark = `9${process.pid}.25`;
      const child = spawn("bash", call(engine("stopped", `golden*) sleep ${mark} ;;`), "stopped", "5"), {
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.on("exit", resolve));
      for (let i = 0; i < 300 && alive(mark) === ""; i++) await sleep(100);
      expect(alive(mark)).not.toBe("");
      child.kill("SIGTERM");
      expect(await ended).toBe(143);
      expect(alive(mark)).toBe("");
      expect(reportIn("stopped").report.steps.selftest?.code).toBe(0);
    });

    test("a wrong call says what is expected", () => {
      const { status, stderr } = spawnSync("bash", [script, "--engine", "/nowhere", "--out", scratch], {
        encoding: "utf8",
      });
      expect(status).toBe(1);
      expect(stderr).toContain("npm run build:cuda");
      expect(existsSync(join(scratch, "gpu.json"))).toBe(false);
    });
  },
);
