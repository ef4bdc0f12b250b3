/** What people say of a run while they look at it: lines that several of them write at once, each by a server of his own. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { diskError } from "../files/disk-error.js";
import { LineLog } from "../files/line-log.js";
import { withLock } from "../files/lock.js";

/** Whoever holds the file does so for one line. */
const patienceMs = 10_000;

/** A file of such lines. */
export interface PeopleFile {
  readonly path: string;
  /** For messages: `the notes`. */
  readonly what: string;
  /** @throws UserError  the record is none */
  check(record: unknown, where: string): void;
}

/** @throws UserError  nothing can be written to the run's folder */
export async function requireWritable(dir: string, what: string): Promise<void> {
  await access(dir, constants.W_OK).catch((error) => {
    throw diskError(error, what, dir);
  });
}

/**
 * On the disk when it returns. Each line is written under a lock, behind what the others have written; half a line of one who was killed goes.
 * @throws UserError  the file is damaged, or the disk refuses
 */
export async function keepLine({ path, what, check }: PeopleFile, record: object): Promise<void> {
  await withLock(`${path}.lock`, what, { patienceMs }, async () => {
    const log = await LineLog.open(path, what, (line, _at, where) => check(line, where));
    try {
      await log.append(record);
    } finally {
      await log.close();
    }
  });
}
