/** Tar archives for tests, as GNU tar and Python's tarfile write them. */

export interface TarEntry {
  readonly name: string;
  readonly bytes?: Uint8Array;
  /** `0` a file, `5` a folder, `2` a link. Default `0`. */
  readonly type?: string;
  /** How a name of more than 100 bytes is said. Default `gnu`. */
  readonly longBy?: "gnu" | "pax" | "ustar";
}

const block = 512;

export function tarBytes(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entry), Buffer.alloc(2 * block)]);
}

function entry({ name, bytes = Buffer.alloc(0), type = "0", longBy = "gnu" }: TarEntry): Buffer[] {
  const own = [header({ name: name.slice(-100), size: bytes.byteLength, type }), padded(Buffer.from(bytes))];
  if (Buffer.byteLength(name) <= 100) return own;
  if (longBy === "ustar") {
    const cut = name.lastIndexOf("/");
    const [prefix, rest] = [name.slice(0, cut), name.slice(cut + 1)];
    return [header({ name: rest, size: bytes.byteLength, type, prefix }), padded(Buffer.from(bytes))];
  }
  if (longBy === "gnu") {
    const content = Buffer.from(`${name}\0`);
    return [header({ name: "././@LongLink", size: content.length, type: "L" }), padded(content), ...own];
  }
  const said = ` path=${name}\n`;
  // Its own digits count.
  let length = 0;
  while (Buffer.byteLength(`${length}${said}`) !== length) length = Buffer.byteLength(`${length}${said}`);
  const content = Buffer.from(`${length}${said}`);
  return [header({ name: "PaxHeaders/x", size: content.length, type: "x" }), padded(content), ...own];
}

function header(of: { name: string; size: number; type: string; prefix?: string }): Buffer {
  const bytes = Buffer.alloc(block);
  bytes.write(of.name, 0);
  bytes.write("0000644\0", 100);
  bytes.write(`${of.size.toString(8).padStart(11, "0")}\0`, 124);
  bytes.write("14371573000\0", 136);
  bytes.write("        ", 148);
  bytes.write(of.type, 156);
  bytes.write("ustar\x0000", 257);
  bytes.write(of.prefix ?? "", 345);
  const sum = bytes.reduce((all, byte) => all + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);
