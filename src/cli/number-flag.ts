import { UserError } from "../core/errors.js";

/** A flag read as text and checked here: yargs turns `--alpha abc` into NaN without a word. */
export function numberFlag<Fallback extends number | undefined>(
  value: string | undefined,
  name: string,
  { min, max, integer = false, fallback }: { min: number; max: number; integer?: boolean; fallback: Fallback },
): number | Fallback {
  if (value === undefined) return fallback;
  const parsed = value.trim() === "" ? Number.NaN : Number(value);
  if (!(parsed >= min && parsed <= max) || (integer && !Number.isInteger(parsed))) {
    const kind = integer ? "a whole number" : "a number";
    const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new UserError(`"${value}" is not ${kind} ${range}`, `--${name}`, `write ${kind} ${range}`);
  }
  return parsed;
}

/** `a,b` and repeated flags; undefined when not given. */
export function listFlag(value: readonly string[] | string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return [value]
    .flat()
    .flatMap((item) => item.split(","))
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
