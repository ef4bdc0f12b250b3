import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { root } from "../e2e/cli.js";

const taker = fileURLToPath(new URL("lock-taker.mjs", import.meta.url));
const lockModule = pathToFileURL(join(root, "dist", "src", "files", "lock.js")).href;
const rounds = Number(process.env.LLAVA_EVAL_TEST_LOCK_ROUNDS ?? 40);

test.each([
  ["no lock", 4],
  ["a dead process's lock", 2],
  ["a dead process's lock", 8],
] as const)("over %s exactly one of %d processes that start at once gets it", async (kind, processes) => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-lock-race-"));
  const takers = Array.from({ length: processes }, () =>
    fork(taker, { env: { ...process.env, LOCK_MODULE: lockModule }, execArgv: [] }),
  );
  try {
    await Promise.all(takers.map(answer));
    const holders: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const path = join(folder, `${round}.lock`);
      if (kind !== "no lock") await writeFile(path, JSON.stringify({ pid: 4_194_304, host: hostname(), started: "1" }));
      const at = Date.now() + 10;
      const answers = await Promise.all(
        takers.map((child) => {
          const answered = answer(child);
          child.send({ path, at });
          return answered;
        }),
      );
      holders.push(answers.filter(({ got }) => got).length);
    }
    expect(holders).toEqual(Array(rounds).fill(1));
  } finally {
    for (const child of takers) child.kill();
    await rm(folder, { recursive: true, force: true });
  }
});

const answer = (child: ChildProcess) =>
  new Promise<{ got?: boolean }>((resolve) =>
    child.once("message", (message) => resolve(message as { got?: boolean })),
  );
