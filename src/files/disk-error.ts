import { UserError } from "../core/errors.js";

const again = "and run the same command again: what is finished is kept";

/** What a person can do about it, by the operating system's code. Any other code is a defect of ours. */
const fixes: Readonly<Record<string, string>> = {
  ENOSPC: `free some disk space ${again}`,
  EDQUOT: `free some of your disk quota ${again}`,
  EFBIG: `raise the limit on a file's size (ulimit -f) ${again}`,
  EIO: `the disk reports a fault: check it ${again}`,
  EROFS: "the file system is mounted read-only: name another folder (--out, for a run)",
  EACCES: "check the permissions of the folder, or name another (--out, for a run)",
  EPERM: "check the permissions of the folder, or name another (--out, for a run)",
  ENOENT: "the folder is gone: it was deleted or moved meanwhile",
  EEXIST: "a file stands where a folder is needed: name another folder (--out, for a run)",
  ENOTDIR: "a file stands where a folder is needed: name another folder (--out, for a run)",
  EISDIR: "a folder stands where a file is needed: name another folder (--out, for a run)",
  ENOTEMPTY: "something else stands in its place: move it away, or name another (--out, for a run)",
  ENAMETOOLONG: "choose a shorter name",
  EMFILE: "raise the limit on open files (ulimit -n)",
  ENFILE: "too many files are open on this machine",
};

/**
 * As `diskError`, for what no command has foreseen: any file of any command. A file that is missing stays a defect of ours, since who
 * reads one that a user names says so himself.
 */
export function refusedByDisk(error: unknown): UserError | undefined {
  const { code = "", syscall, path, message } = (error ?? {}) as NodeJS.ErrnoException;
  const fix = fixes[code];
  if (syscall === undefined || fix === undefined || code === "ENOENT") return undefined;
  return new UserError(`the disk refuses: ${message}`, path ?? "the disk", fix, { cause: error });
}

/** A `UserError` for what a disk does to us (full, read-only, gone); anything else as it is. @param what  `the journal` */
export function diskError(error: unknown, what: string, path: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const fix = code === undefined ? undefined : fixes[code];
  if (fix === undefined) return error;
  return new UserError(`${what} cannot be written: ${message}`, path, fix, { cause: error });
}
