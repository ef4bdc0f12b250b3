/** Short names for rows whose data set gives them none. */

import { createHash } from "node:crypto";

/** Twelve hexadecimal digits of SHA-256 over the parts, in order. */
export function rowDigest(...parts: readonly (string | undefined)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}
