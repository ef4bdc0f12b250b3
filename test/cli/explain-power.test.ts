import { join } from "node:path";
import { expect, test } from "vitest";
import { sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { runCommand } from "./run-command.js";

const base = Array.from({ length: 100 }, (_, i) => sample(i, 1));
const other = base.map((record, i) => (i < 5 ? { ...sample(i, 0), prompt: "changed" } : record));

test("explain names the first layer that differs and what it accounts for, as a table and as JSON", async () => {
  await using folder = await temporaryFolder();
  const a = await writeRun(folder.dir, "a", { model: "m", tasks: { vqav2: { samples: base } } });
  const b = await writeRun(folder.dir, "b", { model: "m", tasks: { vqav2: { samples: other } } });
  const { stdout } = await runCommand(["explain", a, b]);
  expect(stdout).toMatch(/^prompt +5 of 100 +5 +5 +-5\.00 +q0 q1 q2 q3 q4$/m);
  expect(stdout).toContain("The first layer that differs is prompt.");
  const json = JSON.parse((await runCommand(["explain", a, b, "--format", "json"])).stdout);
  expect(json[0]).toMatchObject({ task: "vqav2", first: "prompt", changedScores: 5 });
  await expect(runCommand(["explain", a, b, "--tasks", "gqa"])).rejects.toThrow("no task in common");
});

test("power measures discordance on two runs and names wrong flags", async () => {
  await using folder = await temporaryFolder();
  const a = await writeRun(folder.dir, "a", { tasks: { vqav2: { samples: base } } });
  const b = await writeRun(folder.dir, "b", { tasks: { vqav2: { samples: other } } });
  const { stdout } = await runCommand(["power", "--task", "vqav2", "--run", a, "--against", b, "--delta", "2"]);
  expect(stdout).toMatch(/^vqav2: 100 samples, paired; power 80 % at a two-sided level of 0\.05/);
  expect(stdout).toMatch(/^5\.0 % +measured +1\.00 +979 \(more than there are\)/m);
  await expect(runCommand(["power", "--task", "vqav2", "--run", a, "--delta", "x"])).rejects.toMatchObject({
    where: "--delta",
  });
  await expect(runCommand(["power", "--task", "gqa", "--run", a])).rejects.toMatchObject({ where: "--run" });
  const elsewhere = runCommand(["power", "--task", "vqav2", "--run", "a", "--results", join(a, "nothere")]);
  await expect(elsewhere).rejects.toMatchObject({ where: `--results ${join(a, "nothere")}` });
});
