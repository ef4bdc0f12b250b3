/** A lock file for short writes (milliseconds) that several processes make to one shared file. */
import { open, readFile, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "../core/errors.js";

/** A holder that is alive finishes in milliseconds: after this it has died, whatever machine it was on. */
const staleAfterMs = 30_000;
const giveUpAfterMs = 60_000;

/** Runs `work` while this process alone holds `path` (created, and removed afterwards). Works on any file system with O_EXCL. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  while (!(await take(path))) {
    if (await isStale(path)) await rm(path, { force: true });
    else if (Date.now() - started > giveUpAfterMs) {
      throw new UserError(
        "another process holds this lock",
        path,
        "wait for it, or delete the file if none is running",
      );
    } else await wait(20 + Math.random() * 30);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(`${process.pid} ${hostname()}\n`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return false;
  if (Date.now() - info.mtimeMs > staleAfterMs) return true;
  const [pid, host] = (await readFile(path, "utf8").catch(() => "")).trim().split(" ");
  return host === hostname() && pid !== undefined && pid !== "" && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
