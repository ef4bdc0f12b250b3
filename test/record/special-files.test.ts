/** A folder from elsewhere may hold what never ends: every reader of a run refuses it by name, and none waits. */
import { execFileSync } from "node:child_process";
import { rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LineLog } from "../../src/files/line-log.js";
import { lockFile } from "../../src/files/lock.js";
import { copyRun } from "../../src/record/copy.js";
import { answersOfDemo } from "../../src/record/inherited.js";
import { Notes } from "../../src/record/notes.js";
import { openRun } from "../../src/record/read.js";
import { type Folder, sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { runCommand } from "../cli/run-command.js";

const written = (place: Folder) => writeRun(place.dir, "run", { tasks: { pope: { samples: [sample(0, 1)] } } });

/** Everything that a run's folder is read for. */
async function readWhole(dir: string): Promise<void> {
  const run = await openRun(dir);
  for await (const _ of run.samples("pope"));
  for await (const _ of run.judgements("pope"));
  for await (const _ of run.timings());
  await run.journal("pope").read(["0"]);
  await Notes.read(dir);
}

const pipe = (path: string) => execFileSync("mkfifo", [path]);
const refusal = (path: string, kind = "a named pipe") => ({
  where: path,
  message: `${kind} stands where a file is expected`,
  fix: "put the file itself there, or remove it",
});

for (const name of [
  ...["run.json", "pope.json", "other.json", "pope.samples.jsonl", "pope.samples.jsonl.gz"],
  ...["judge.pope.jsonl", "timings.jsonl", "notes.jsonl"],
])
  test.skipIf(process.platform === "win32")(`a named pipe as ${name} is refused`, async () => {
    await using place = await temporaryFolder();
    const dir = await written(place);
    await readWhole(dir);
    const path = join(dir, name);
    await rm(path.replace(/\.gz$/, ""), { force: true });
    pipe(path);
    await expect(readWhole(dir)).rejects.toMatchObject(refusal(path));
  });

test.skipIf(process.platform === "win32")("a socket and a device too, also by a link", async () => {
  await using place = await temporaryFolder();
  const dir = await written(place);
  const path = join(dir, "pope.samples.jsonl");
  await rm(path);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await expect(readWhole(dir)).rejects.toMatchObject(refusal(path, "a socket"));
  await new Promise((resolve) => server.close(resolve));
  await rm(path, { force: true });
  await symlink("/dev/zero", path);
  await expect(readWhole(dir)).rejects.toMatchObject(refusal(path, "a device"));
  await expect(runCommand(["samples", dir])).rejects.toMatchObject(refusal(path, "a device"));
});

test.skipIf(process.platform === "win32")(
  "what is opened to be written, locked, copied or replayed waits for none either",
  async () => {
    await using place = await temporaryFolder();
    const dir = await written(place);
    const path = join(dir, "odd");
    pipe(path);
    await expect(LineLog.open(path, "the journal")).rejects.toMatchObject(refusal(path));
    await expect(lockFile(path, "the run")).rejects.toMatchObject(refusal(path));
    await expect(copyRun(await openRun(dir), join(place.dir, "copy"))).rejects.toMatchObject(refusal(path));
    await rm(join(dir, "pope.json"));
    pipe(join(dir, "pope.json"));
    await expect(answersOfDemo(dir)).rejects.toMatchObject(refusal(join(dir, "pope.json")));
  },
);
