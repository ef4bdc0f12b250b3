import { randomUUID } from "node:crypto";
import { link, lstat, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { UserError } from "../core/errors.js";
import { pause } from "../core/pause.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import { diskError } from "./disk-error.js";
import { refuseSpecial } from "./regular-file.js";

/** Held while a process writes what the lock guards; released when disposed. */
export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
}

export interface LockOptions {
  /** Milliseconds to wait for a holder that is alive. Default 0: it is named at once. */
  readonly patienceMs?: number;
  /**
   * A holder on another host that has not touched the lock for so long, by our own clock, counts as dead. Only for what is
   * checked again afterwards (a download by its hash, a file that is renamed whole). Default: such a holder is never robbed.
   */
  readonly silentMs?: number;
  readonly signal?: AbortSignal;
}

export const LockOwner = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  host: Type.String(),
  /** Kernel start time of the process, "" where the system has none: a reused pid is another process. */
  started: Type.String(),
  /** Tells one taking of the lock from every other. */
  id: Type.Optional(Type.String()),
});
type Owner = Static<typeof LockOwner>;

const pollMs = 10;
const slowPollMs = 250;
/** Where files cannot be linked, a lock just created is empty for a moment. */
const emptyMs = 500;
/** A process that takes over a dead one's lock is done in milliseconds. */
const takeoverMs = 10_000;
/** Each level is a process that died within the microseconds of the level below. */
const deepest = 3;

/**
 * Takes the lock `path`, a file that names its holder. Exactly one of any number of processes gets it, on every file system
 * that can link or create exclusively (NFS as well). A dead process's lock is taken over; a holder on another host cannot be
 * asked whether it lives, so it is named.
 *
 * The file appears whole, by `link`, so a reader never takes one in the making for an abandoned one. A dead lock is replaced
 * by `rename`, and only by the holder of a second lock, after it has looked once more: between "it is dead" and "it is mine"
 * nobody else can come.
 *
 * @param what  what the lock guards, for messages: `this run`
 * @throws UserError  it is held, or its folder cannot be written
 */
export async function lockFile(path: string, what: string, options: LockOptions = {}): Promise<Lock> {
  const mine: Owner = {
    pid: process.pid,
    host: hostname(),
    started: (await processFacts(process.pid))?.started ?? "",
    id: randomUUID(),
  };
  try {
    await take({ path, what, mine, depth: 0 }, options);
  } catch (error) {
    throw diskError(error, what, path);
  }
  const beat = options.silentMs === undefined ? undefined : heartbeat(path, options.silentMs / 4);
  const release = async () => {
    clearInterval(beat);
    // Not ours any more when somebody deleted it by hand and another process took it.
    if ((await read(path))?.owner?.id === mine.id) await rm(path, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
}

/** Runs `work` while this process alone holds the lock. */
export async function withLock<T>(
  path: string,
  what: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await using _lock = await lockFile(path, what, options);
  return await work();
}

/** The lock that is to be taken, and by whom. */
interface Wanted {
  readonly path: string;
  readonly what: string;
  readonly mine: Owner;
  /** Take-overs of take-overs: a process may die in one. */
  readonly depth: number;
}

async function take(wanted: Wanted, options: LockOptions): Promise<void> {
  const { path, what, mine } = wanted;
  const { patienceMs = 0, signal } = options;
  const began = performance.now();
  const silence = new Silence(options.silentMs);
  for (let polls = 0; ; polls++) {
    signal?.throwIfAborted();
    const found = await read(path);
    if (!found) {
      if (await create(path, mine)) return;
      continue;
    }
    if (found.text === "" && performance.now() - began < emptyMs) {
      await pause(pollMs, signal);
      continue;
    }
    if (!(await isHeld(found, silence))) {
      if (await takeOver(wanted, found)) return;
      continue;
    }
    if (performance.now() - began >= patienceMs) throw heldBy(found.owner as Owner, path, what);
    await pause(polls < 20 ? pollMs : slowPollMs, signal);
  }
}

/** The lock as a complete file, or nothing: false when there is one already. */
async function create(path: string, mine: Owner): Promise<boolean> {
  const text = JSON.stringify(mine);
  const own = `${path}.${mine.id}`;
  await writeFile(own, text, { flag: "wx" });
  try {
    await link(own, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // NFS may do it and lose the answer: two names for our file say that it was done.
    if (code === "EEXIST") return (await stat(own)).nlink === 2;
    if (!noLinks.has(code ?? "")) throw error;
    return await createWithoutLinks(path, text);
  } finally {
    await rm(own, { force: true });
  }
}

/** File systems without hard links (exFAT, some network drives). */
const noLinks: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

async function createWithoutLinks(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Replaces a dead process's lock by ours; false when another process was faster. */
async function takeOver({ path, what, mine, depth }: Wanted, dead: Found): Promise<boolean> {
  if (depth >= deepest) {
    throw new UserError(`cannot take the lock of ${what}`, path, "processes died while they took it: delete the file");
  }
  const second = `${path}.takeover`;
  const holder = { ...mine, id: randomUUID() };
  await take({ path: second, what, mine: holder, depth: depth + 1 }, { patienceMs: takeoverMs });
  try {
    const now = await read(path);
    if (now?.text !== dead.text) return false;
    const own = `${path}.${mine.id}`;
    await writeFile(own, JSON.stringify(mine), { flag: "wx" });
    await rename(own, path);
    return true;
  } finally {
    await rm(second, { force: true });
  }
}

interface Found {
  readonly text: string;
  /** Absent when the file is not a lock of ours: whoever wrote it is gone. */
  readonly owner?: Owner;
  readonly touchedMs: number;
}

/** The lock as it stands; undefined when it is gone. */
async function read(path: string): Promise<Found | undefined> {
  try {
    const facts = await lstat(path);
    if (!facts.isSymbolicLink()) refuseSpecial(facts, path);
    const { mtimeMs } = facts;
    const text = await readFile(path, "utf8");
    const owner = parsed(text);
    return { text, touchedMs: mtimeMs, ...(owner ? { owner } : {}) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parsed(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return violationOf(LockOwner, value) ? undefined : (value as Owner);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function isHeld({ owner, touchedMs }: Found, silence: Silence): Promise<boolean> {
  if (!owner) return false;
  if (owner.host !== hostname()) return !silence.isLong(touchedMs);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const facts = await processFacts(owner.pid);
  if (!facts) return true;
  return !facts.isZombie && (owner.started === "" || facts.started === owner.started);
}

/** How long a lock has not been touched, as we have seen it: clocks of two hosts may differ by hours. */
class Silence {
  private touched = Number.NaN;
  private since = 0;

  constructor(private readonly silentMs: number | undefined) {}

  isLong(touched: number): boolean {
    if (this.silentMs === undefined) return false;
    if (touched !== this.touched) {
      this.touched = touched;
      this.since = performance.now();
    }
    return performance.now() - this.since > this.silentMs;
  }
}

function heartbeat(path: string, everyMs: number): NodeJS.Timeout {
  // A beat that fails is one that others do not hear; whatever is wrong with the disk, the work itself meets it.
  return setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), everyMs).unref();
}

/** From /proc/PID/stat: field 22 (clock ticks since boot) and the state; undefined where there is no /proc. */
async function processFacts(pid: number): Promise<{ started: string; isZombie: boolean } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // A process that was killed and that nobody has waited for is dead, although it still has its number.
    return { started: fields[19] ?? "", isZombie: fields[0] === "Z" };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES") return undefined;
    throw error;
  }
}

function heldBy(owner: Owner, path: string, what: string): UserError {
  const isHere = owner.host === hostname();
  return new UserError(
    `another process is writing ${what} (pid ${owner.pid} on ${isHere ? owner.host : `another host, ${owner.host}`})`,
    path,
    isHere
      ? "wait for it, stop it, or choose another folder with --out"
      : `wait for it, or choose another folder with --out; only when that process is gone for certain, delete this file`,
  );
}
