/** Members of a tar archive that is read by ranges: it has no directory, so that one header after the other says where the next is. */

import { NoArchive, type Ranged } from "./ranged.js";

export interface TarMember {
  /** As the archive has it, with `/`: hostile. */
  readonly name: string;
  readonly size: number;
  /** Of its bytes. */
  readonly offset: number;
}

const block = 512;
const blocks = (bytes: number): number => Math.ceil(bytes / block) * block;

/** Where the header behind a member is. */
export const afterMember = ({ offset, size }: TarMember): number => offset + blocks(size);

/** Names and extended headers are no longer. */
const longestExtension = 2 ** 20;
/** Headers are read with what follows: of large members hardly more than the header, of small ones many together. */
const readAhead = { small: 3 * block, large: 256 * 1024 };

/** What precedes a member's header and speaks of it. */
interface Extension {
  name?: string;
  size?: number;
}

/**
 * Files in the archive's order, from a member's end on; links and folders are passed over.
 * @throws NoArchive  no header where one should be
 */
export async function* tarMembers(file: Ranged, from = 0): AsyncGenerator<TarMember> {
  const headers = new Window(file);
  let said: Extension = {};
  for (let at = from, last = "its beginning"; at < file.byteLength; ) {
    const header = await headers.read(at, block);
    // Two empty blocks are its end.
    if (header.every((byte) => byte === 0)) return;
    if (header.length < block || !isHeader(header)) throw new NoArchive(`no header after ${last}, at byte ${at}`);
    const type = String.fromCharCode(header[156] as number);
    const offset = at + block;
    const own = number(header, 124, 12);
    if (extensions.includes(type)) {
      if (own > longestExtension) throw new NoArchive(`an extended header of ${own} bytes, at byte ${at}`);
      const content = await headers.read(offset, own);
      if (type === "L") said.name = textIn(content);
      else if (type === "x") said = { ...said, ...extended(content) };
      at = offset + blocks(own);
      continue;
    }
    const { name = nameIn(header), size = own } = said;
    said = {};
    const member = { name, size, offset };
    at = afterMember(member);
    last = JSON.stringify(name.slice(0, 200));
    // A negative size would lead back to headers that have been read, for ever.
    if (!Number.isSafeInteger(size) || size < 0) throw new NoArchive(`${last} is said to have ${size} bytes`);
    if (offset + size > file.byteLength)
      throw new NoArchive(`${last} is said to have ${size} bytes, which reach beyond its end`);
    if (files.includes(type)) yield member;
  }
}

/** GNU's long names and links; POSIX's extended headers, of one member and of all. */
const extensions = ["L", "K", "x", "g"];
/** As POSIX, as old writers, and as those that lay it out in one piece have it. */
const files = ["0", "\0", "7"];

/** Bytes by ranges, as far ahead as the last step suggests. */
class Window {
  private start = 0;
  private bytes = Buffer.alloc(0);
  private before = Number.NEGATIVE_INFINITY;

  constructor(private readonly file: Ranged) {}

  /** Fewer at the end of the file. */
  async read(at: number, length: number): Promise<Buffer> {
    const end = Math.min(at + length, this.file.byteLength);
    if (at < this.start || end > this.start + this.bytes.length) {
      const ahead = at - this.before < readAhead.large ? readAhead.large : readAhead.small;
      this.bytes = Buffer.from(await this.file.slice(at, Math.min(Math.max(end, at + ahead), this.file.byteLength)));
      this.start = at;
    }
    this.before = at;
    return this.bytes.subarray(at - this.start, end - this.start);
  }
}

/** The sum of its bytes stands in it, taken with blanks in its own place. */
function isHeader(header: Buffer): boolean {
  const sum = header.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0);
  return sum === number(header, 148, 8);
}

/** Octal digits; where the first bit is set, a binary number. */
function number(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if (((field[0] as number) & 0x80) !== 0)
    return field.reduce((value, byte, i) => value * 256 + (i === 0 ? byte & 0x7f : byte), 0);
  const digits = textIn(field).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || "0", 8) : Number.NaN;
}

function nameIn(header: Buffer): string {
  const name = textIn(header.subarray(0, 100));
  const prefix = header.toString("latin1", 257, 263) === "ustar\0" ? textIn(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textIn(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

/** Records of `length key=value\n`. */
function extended(content: Buffer): Extension {
  const found: Extension = {};
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(content.toString("latin1", at, at + 20), 10);
    if (!(length > 0)) break;
    const record = content.toString("utf8", at, at + length - 1);
    const [key, ...value] = record.slice(record.indexOf(" ") + 1).split("=");
    if (key === "path") found.name = value.join("=");
    if (key === "size") found.size = Number(value.join("="));
    at += length;
  }
  return found;
}
