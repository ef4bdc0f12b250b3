import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFile } from "../../src/files/lock.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-lock-"));
  path = join(folder, "run.lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Above the kernel's largest pid. */
const dead = { pid: 4_194_304, host: hostname(), started: "1" };
const take = (options = {}) => lockFile(path, "this run", options);

test("a lock is held by one, named to the next, and free after its release", async () => {
  const lock = await take();
  await expect(take()).rejects.toThrow(`another process is writing this run (pid ${process.pid} on ${hostname()})`);
  await lock.release();
  await (await take()).release();
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ["a dead process", JSON.stringify(dead)],
  ["a reused number", JSON.stringify({ ...dead, pid: process.pid })],
  ["nobody", "{}"],
  ["a crash", '{"pid":'],
  ["an older version", `4194304 ${hostname()}\n`],
  ["a full disk", ""],
])("a lock left by %s is taken over", async (_, text) => {
  await writeFile(path, text);
  await using _lock = await take();
  expect(JSON.parse(await readFile(path, "utf8")).pid).toBe(process.pid);
  expect(readdirSync(folder)).toEqual(["run.lock"]);
});

test("a process that was killed and not yet waited for holds nothing", async () => {
  const child: ChildProcess = spawn("sh", ["-c", "sleep 100 & echo $! ; wait"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const pid = Number(String(await new Promise((resolve) => child.stdout?.once("data", resolve))).trim());
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  try {
    if (stat === undefined) return;
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    await writeFile(path, JSON.stringify({ pid, host: hostname(), started }));
    await expect(take()).rejects.toThrow(`pid ${pid}`);
    process.kill(child.pid as number, "SIGSTOP");
    process.kill(pid, "SIGKILL");
    await (await take({ patienceMs: 5000 })).release();
  } finally {
    child.kill("SIGKILL");
  }
});

test("a holder on another host is named and never robbed", async () => {
  const elsewhere = JSON.stringify({ ...dead, host: "elsewhere" });
  await writeFile(path, elsewhere);
  await utimes(path, new Date(0), new Date(0));
  await expect(take()).rejects.toThrow(/another host, elsewhere/);
  await expect(take({ patienceMs: 300 })).rejects.toThrow(/elsewhere/);
  expect(await readFile(path, "utf8")).toBe(elsewhere);
});

test("where it may be, a holder on another host that is silent for long is replaced", async () => {
  await writeFile(path, JSON.stringify({ ...dead, host: "elsewhere" }));
  await using _lock = await take({ patienceMs: 10_000, silentMs: 200 });
  expect(JSON.parse(await readFile(path, "utf8")).host).toBe(hostname());
});

test("who died while taking over a dead lock is taken over as well", async () => {
  await writeFile(path, JSON.stringify(dead));
  await writeFile(`${path}.takeover`, JSON.stringify(dead));
  await (await take()).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("one who waits gets it when it is free, and one who is told to stop stops", async () => {
  const lock = await take();
  const waiting = take({ patienceMs: 10_000 });
  const stopped = new AbortController();
  const given = expect(take({ patienceMs: 10_000, signal: stopped.signal })).rejects.toThrow();
  stopped.abort(new Error("stop"));
  await given;
  await lock.release();
  await (await waiting).release();
});

test("a lock that somebody deleted and another took is not removed by its first holder", async () => {
  const first = await take();
  await rm(path);
  const second = await take();
  await first.release();
  await expect(take()).rejects.toThrow("another process");
  await second.release();
});

test("a folder in its place, or no folder around it, is said", async () => {
  await mkdir(path);
  await expect(take()).rejects.toMatchObject({ name: "UserError", where: path });
  await expect(lockFile(join(folder, "none", "run.lock"), "this run")).rejects.toMatchObject({ name: "UserError" });
});
