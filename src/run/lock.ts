import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { UserError } from "../core/errors.js";

/** Held while a process writes a folder; released when disposed. A lock left by a dead process on this host is taken over. */
export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Kernel start time of the process: a reused pid is another process. */
  readonly started: string;
}

export async function lockFile(path: string, what: string): Promise<Lock> {
  const mine: Owner = { pid: process.pid, host: hostname(), started: (await startTime(process.pid)) ?? "" };
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(path, JSON.stringify(mine), { flag: "wx" });
      const release = () => rm(path, { force: true });
      return { release, [Symbol.asyncDispose]: release };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
        throw new UserError(
          `cannot write ${what}: ${(error as Error).message}`,
          path,
          "check the folder's permissions, or choose another with --out",
          { cause: error },
        );
      }
    }
    const owner = await readOwner(path);
    if (owner && (await isAlive(owner))) {
      throw new UserError(
        `another process is writing ${what} (pid ${owner.pid} on ${owner.host})`,
        path,
        `wait for it, stop it, or choose another folder with --out; if that host is gone, delete the lock file`,
      );
    }
    await rm(path, { force: true });
  }
  throw new UserError(`cannot take the lock of ${what}`, path, "another process keeps taking it: try again");
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch {
    // Torn by a crash between create and write, or already removed: nobody holds it.
    return undefined;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const started = await startTime(owner.pid);
  return started === undefined || owner.started === "" || started === owner.started;
}

/** Field 22 of /proc/PID/stat (clock ticks since boot); undefined where there is no /proc. */
async function startTime(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
