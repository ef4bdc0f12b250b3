/** What is known of a tar archive's members: kept on disk, so that no header is read twice. */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Static, Type, violationOf } from "../core/schema.js";
import { jsonOf } from "../files/lines.js";
import { makeFolder } from "../files/make-folder.js";
import { writeWhole } from "../files/whole-file.js";
import { NoArchive, type Ranged } from "./ranged.js";
import { afterMember, type TarMember, tarMembers } from "./tar.js";

const Known = Type.Object({
  /** In the archive's order, from its beginning. */
  members: Type.Array(
    Type.Object({ name: Type.String(), size: Type.Integer({ minimum: 0 }), offset: Type.Integer({ minimum: 0 }) }),
  ),
  /** There are no others. */
  whole: Type.Boolean(),
});

export interface TarListener {
  /** Headers are about to be read, beyond the `known` ones. */
  onWalk(known: number): void;
  /** So many are read. */
  onHeaders(count: number): void;
  /** It cannot be read on from here: what is known stays. */
  onDamage(reason: string): void;
}

const headersPerWord = 500;

export class TarIndex {
  private known: Static<typeof Known> | undefined;
  private busy: Promise<unknown> = Promise.resolve();

  /** @param path  where it is kept: named by the archive's content */
  constructor(
    private readonly archive: Ranged,
    private readonly path: string,
    private readonly listener: TarListener,
  ) {}

  /** The first member that is wanted; headers are read until it is found, one search after the other. */
  find(wanted: (member: TarMember) => boolean): Promise<TarMember | undefined> {
    const found = this.busy.then(() => this.search(wanted));
    this.busy = found.catch(() => {});
    return found;
  }

  private async search(wanted: (member: TarMember) => boolean): Promise<TarMember | undefined> {
    this.known ??= await this.read();
    const { members, whole } = this.known;
    const there = members.find(wanted);
    if (there || whole) return there;
    this.listener.onWalk(members.length);
    const last = members.at(-1);
    let ended = false;
    try {
      for await (const member of tarMembers(this.archive, last && afterMember(last))) {
        members.push(member);
        if (members.length % headersPerWord === 0) this.listener.onHeaders(members.length);
        if (wanted(member)) return member;
      }
      ended = true;
    } catch (error) {
      if (!(error instanceof NoArchive)) throw error;
      this.listener.onDamage(error.message);
    } finally {
      await this.write({ members, whole: ended });
    }
    // Damaged, for this process.
    this.known = { members, whole: true };
    return undefined;
  }

  private async read(): Promise<Static<typeof Known>> {
    // What is no index of ours is made anew.
    const kept = jsonOf(await readFile(this.path).catch(() => Buffer.alloc(0)));
    return violationOf(Known, kept) ? { members: [], whole: false } : (kept as Static<typeof Known>);
  }

  private async write(known: Static<typeof Known>): Promise<void> {
    await makeFolder(dirname(this.path));
    await writeWhole(this.path, "the cache", JSON.stringify(known));
  }
}
