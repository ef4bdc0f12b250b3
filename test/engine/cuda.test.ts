/** The CUDA back end on an emulated GPU: the kernels' own sources, thread by thread, on the CPU. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { EngineProgram, goldenFolder } from "./engine-program.js";

const program = new EngineProgram("engine-emulated");
const { missing } = program;
const folder = (name: string) => join(goldenFolder, name);

interface Round {
  decodeSteps: number;
  stepsRecorded: number;
  stepsReplayed: number;
  recordingsKept: number;
}

const scratch = mkdtempSync(join(tmpdir(), "llava-cuda-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** `llava-engine ask` over a random checkpoint and a set of questions. */
function ask(set: { images: number; questions: string; answer?: number }, ...options: string[]) {
  const checkpoint = join(scratch, "tiny");
  if (!existsSync(checkpoint)) program.run("checkpoint", checkpoint, "--model", "tiny");
  const requests = join(scratch, `${set.images}-${set.questions}-${set.answer ?? 3}`);
  const size = ["--width", "150", "--height", "100", "--answer", String(set.answer ?? 3)];
  const which = ["--images", String(set.images), "--questions", set.questions];
  if (!existsSync(requests)) program.run("requests", requests, "--checkpoint", checkpoint, ...which, ...size);
  const { stdout, stderr, code } = program.run("ask", requests, "--checkpoint", checkpoint, ...options);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as { sameBitsInEveryRound: boolean; rounds: Round[]; answers: number[][] };
}

describe.skipIf(missing !== undefined)(`CUDA, emulated${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("every op agrees with the oracle, alone and in any batch", { timeout: 1_200_000 }, () => {
    const { stdout, code } = program.run("selftest", "--device", "cuda:0");
    expect(stdout).toMatch(/[1-9]\d* passed, 0 failed/);
    expect(code).toBe(0);
  });

  test("the golden cases pass, whole and in two pipeline stages", { timeout: 1_200_000 }, () => {
    for (const [name, stages] of [
      ["llava-next-qwen-tiny", "1"],
      ["llava15-vicuna-tiny", "2"],
      ["interleave-tiny", "2"],
      ["ov2-qwen3-tiny", "1"],
    ] as const) {
      const { stdout, stderr } = program.run("golden", folder(name), "--device", "cuda:0", "--stages", stages);
      expect(stdout, stderr).toMatch(/^1 passed, 0 failed$/m);
    }
  });

  test("answers are bit-equal alone, together, reversed, chunked, shared or not, on any number of stages", {
    timeout: 1_200_000,
  }, () => {
    const { stdout, code } = program.run("invariance", folder("llava-next-mistral-tiny"), "--device", "cuda:0");
    expect(stdout).toMatch(/[1-9]\d* passed, 0 failed/);
    expect(code).toBe(0);
  });

  // Thinly: two questions on one image, several images, a sampled answer, a clip. The whole set is asked on the CPU.
  test.each(["ov-tied-tiny", "llava-video-tiny-native", "next-video-tiny", "ov15-qwen3-tiny", "ov2-qwen3-tiny"])(
    "so are those of %s",
    { timeout: 1_200_000 },
    (name) => {
      const thinly = ["--dtype", "bfloat16", "--every", "4"];
      const { stdout, stderr } = program.run("invariance", folder(name), ...thinly, "--device", "cuda:0");
      expect(stdout, stderr).toMatch(/^1 passed, 0 failed$/m);
      expect(stdout).toMatch(/prefixes were shared +1 +exact/);
    },
  );

  // A kernel that is launched while another GPU is the current one is refused, as the driver refuses it. Thinly, too: one GPU is asked
  // the whole set above, and what a second adds is the way of every kind of request across the two.
  test("two GPUs share a model: golden, invariance and questions whose images are known", {
    timeout: 1_200_000,
  }, () => {
    const two = ["--device", "cuda:0,cuda:1"];
    const golden = program.run("golden", folder("llava15-vicuna-tiny"), ...two);
    expect(golden.stdout, golden.stderr).toMatch(/^1 passed, 0 failed$/m);
    const invariance = program.run("invariance", folder("llava-next-mistral-tiny"), "--every", "4", ...two);
    expect(invariance.stdout, invariance.stderr).toMatch(/[1-9]\d* passed, 0 failed/);
    expect(ask({ images: 2, questions: "2,1" }, ...two, "--budget", "64").answers).toEqual(
      ask({ images: 2, questions: "2,1" }, "--device", "cuda:0").answers,
    );
  });

  // Blackwell's sm_120 and Ada's sm_89 give a block less than half of what Hopper does.
  test("a GPU with 99 KiB of shared memory for a block serves every op", { timeout: 1_200_000 }, () => {
    const small = { EMULATED_CUDA_SHARED: String(99 * 1024) };
    const thinly = ["linear", "attention", "logits", "--every", "5"];
    const { stdout, code } = program.runWith(small, "selftest", ...thinly, "--device", "cuda:0");
    expect(stdout).toMatch(/[1-9]\d* passed, 0 failed/);
    expect(code).toBe(0);
  });

  // A capture costs as much as twenty steps win by it. Issued one by one first, steps of one shape are recorded at the twentieth.
  describe("steps are recorded seldom, and replayed with the same bits", () => {
    const counted = (set: Parameters<typeof ask>[0], ...options: string[]) => {
      const { rounds, sameBitsInEveryRound } = ask(set, "--device", "cuda:0", ...options);
      const sum = (key: keyof Round) => rounds.reduce((total, round) => total + round[key], 0);
      const kept = Math.max(...rounds.map(({ recordingsKept }) => recordingsKept));
      expect(sum("stepsRecorded")).toBeLessThanOrEqual(0.05 * sum("decodeSteps"));
      expect(kept).toBeLessThanOrEqual(16);
      return { recorded: sum("stepsRecorded"), replayed: sum("stepsReplayed"), sameBitsInEveryRound };
    };

    test("long answers to few questions", { timeout: 1_200_000 }, () => {
      const long = counted({ images: 2, questions: "3,2", answer: 48 }, "--rounds", "2");
      expect(long.sameBitsInEveryRound).toBe(true); // the first round issues what the second replays
      expect(long.recorded).toBeGreaterThan(0);
      expect(long.replayed).toBeGreaterThan(0);
    });

    test("32 short answers about six images", { timeout: 1_200_000 }, () => {
      counted({ images: 6, questions: "5,5,6" }, "--rounds", "1", "--budget", "512");
    });

    test("160 short answers about 30 images", { timeout: 1_200_000 }, () => {
      counted({ images: 30, questions: "5,5,6" }, "--rounds", "1", "--budget", "1024");
    });

    test("captions: 32 answers that end one after the other", { timeout: 1_200_000 }, () => {
      counted({ images: 4, questions: "8", answer: 1 }, "--rounds", "1", "--longer", "1");
    });
  });

  test("a machine without a fitting driver hears the driver's words and which driver is needed", () => {
    const on = (driver: string) =>
      program.runWith({ EMULATED_CUDA_DRIVER: driver }, "selftest", "pixels", "--device", "cuda:0").stderr;
    expect(on("12040")).toMatch(/insufficient.*the driver is for CUDA 12\.4, this build needs driver 580 or newer/);
    expect(on("0")).toMatch(/there is no NVIDIA driver, this build needs driver 580 or newer/);
  });
});
