/** Members of a zip archive that is read by ranges: its directory at the end, and one member's bytes, checked against what the directory says. */

import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { SampleFailure } from "../core/errors.js";
import { NoArchive, pieces, type Ranged } from "./ranged.js";

export interface ZipMember {
  /** As the archive has it, with `/`: hostile. */
  readonly name: string;
  /** Bytes when it is unpacked. */
  readonly size: number;
  readonly packed: number;
  /** 0: as it is; 8: deflated. */
  readonly method: number;
  readonly crc: number;
  /** Of its local header. */
  readonly offset: number;
}

const endMark = 0x06054b50;
const end64Locator = 0x07064b50;
const end64Mark = 0x06064b50;
const memberMark = 0x02014b50;
const localMark = 0x04034b50;
const endBytes = 22;
const locatorBytes = 20;
/** The record at the end, the longest comment behind it, and what may stand before it. */
const longestEnd = locatorBytes + endBytes + 0xffff;
const mostDirectoryBytes = 256 * 2 ** 20;
/** A field of 32 bits that says: look into the 64-bit extra. */
const in64 = 0xffffffff;

/** @throws NoArchive */
export async function zipMembers(file: Ranged): Promise<readonly ZipMember[]> {
  const read = async (start: number, length: number): Promise<Buffer> => {
    if (start < 0 || length < 0 || length > mostDirectoryBytes || start + length > file.byteLength)
      throw new NoArchive("its directory lies outside of it");
    return Buffer.from(await file.slice(start, start + length));
  };
  const tailBytes = Math.min(longestEnd, file.byteLength);
  const tail = await read(file.byteLength - tailBytes, tailBytes);
  let at = tail.length - endBytes;
  while (at >= 0 && tail.readUInt32LE(at) !== endMark) at--;
  if (at < 0) throw new NoArchive("it has no directory of its members");
  if (at < locatorBytes || tail.readUInt32LE(at - locatorBytes) !== end64Locator)
    return membersIn(await read(tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12)), tail.readUInt16LE(at + 10));
  const end = await read(number64(tail, at - 12), 56);
  if (end.readUInt32LE(0) !== end64Mark) throw new NoArchive("its 64-bit directory is not where it says");
  return membersIn(await read(number64(end, 48), number64(end, 40)), number64(end, 32));
}

function membersIn(directory: Buffer, count: number): readonly ZipMember[] {
  const members: ZipMember[] = [];
  for (let at = 0; members.length < count; ) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== memberMark)
      throw new NoArchive(`its directory ends after ${members.length} of ${count} members`);
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const wide = wideFields(directory.subarray(nameEnd, extraEnd));
    const field = (offset: number) => {
      const value = directory.readUInt32LE(at + offset);
      return value === in64 ? (wide.shift() ?? value) : value;
    };
    // In the order in which the extra has them.
    const [size, packed, offset] = [field(24), field(20), field(42)];
    const [method, crc] = [directory.readUInt16LE(at + 10), directory.readUInt32LE(at + 16)];
    members.push({ name: directory.subarray(at + 46, nameEnd).toString("utf8"), size, packed, method, crc, offset });
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return members;
}

/** The 64-bit numbers of the extra fields, those that are there. */
function wideFields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const [tag, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    const count = Math.min(length, extra.length - at - 4) >> 3;
    if (tag === 1) return Array.from({ length: count }, (_, i) => number64(extra, at + 4 + 8 * i));
    at += 4 + length;
  }
  return [];
}

const number64 = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

/** @throws SampleFailure `data`  it is packed in a way that is not read, or its bytes are not those that the directory tells of */
export async function* memberBytes(file: Ranged, member: ZipMember): AsyncGenerator<Buffer> {
  const refuse = (what: string, cause?: unknown) =>
    new SampleFailure("data", `the zip member ${JSON.stringify(member.name.slice(0, 200))} ${what}`, { cause });
  if (member.method !== 0 && member.method !== 8)
    throw refuse(`is packed by method ${member.method}, which is not read`);
  const header = Buffer.from(await file.slice(member.offset, member.offset + 30));
  if (header.length < 30 || header.readUInt32LE(0) !== localMark) throw refuse("is broken: it has no header");
  if ((header.readUInt16LE(6) & 1) === 1) throw refuse("is encrypted");
  const first = member.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = pieces(file, first, first + member.packed);
  let [size, crc] = [0, 0];
  try {
    // What fails before it, the inflating stream throws.
    const stream = member.method === 0 ? packed : pipeline(Readable.from(packed), createInflateRaw(), () => {});
    for await (const piece of stream as AsyncIterable<Buffer>) {
      size += piece.length;
      // More than was said is never written.
      if (size > member.size) break;
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // Of zlib, not of the network.
    if (!code.startsWith("Z_")) throw error;
    throw refuse(`is broken: ${(error as Error).message}`, error);
  }
  if (size !== member.size || crc !== member.crc)
    throw refuse("is broken: its bytes are not those that the archive tells of");
}
