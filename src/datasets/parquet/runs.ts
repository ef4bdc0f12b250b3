/** A bit-packed run counts in groups of eight and may be padded; some writers pad to 504 values. */
const padding = 504;

/**
 * Walks the runs of an RLE / bit-packed hybrid stream without unpacking them. The decoder believes their lengths: a run of
 * two thousand million equal values in four bytes would fill all memory.
 * @throws Error when the runs hold more than `count` values, or reach beyond the stream
 */
export function checkRuns(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  bitWidth: number,
  count: number,
): void {
  if (!(bitWidth >= 0 && bitWidth <= 32)) throw new Error(`values of ${bitWidth} bits`);
  if (bitWidth === 0) return;
  const valueBytes = Math.ceil(bitWidth / 8);
  let seen = 0;
  // Fewer values than `count` may stand there (nulls have none): the end of the stream ends the walk.
  for (let at = start; at < end && seen < count; ) {
    let header = 0;
    let shift = 0;
    for (;;) {
      if (at >= end || shift > 28) throw new Error("a run's header is broken");
      const byte = bytes[at] as number;
      at += 1;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    const packed = header % 2 === 1;
    const length = packed ? Math.floor(header / 2) * 8 : Math.floor(header / 2);
    seen += length;
    if (seen > count + (packed ? padding : 0)) throw new Error(`runs of ${seen} values where ${count} are expected`);
    if (length === 0 && !packed) throw new Error("an empty run");
    at += packed ? (length / 8) * bitWidth : valueBytes;
  }
}
