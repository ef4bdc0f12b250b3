import { type NumberRange, numberIn } from "../api/board/number-in.js";

/** A flag read as text and checked here: yargs turns `--alpha abc` into NaN without a word. */
export function numberFlag<Fallback extends number | undefined>(
  value: string | undefined,
  name: string,
  range: NumberRange & { readonly fallback: Fallback },
): number | Fallback {
  if (value === undefined) return range.fallback;
  return numberIn(value.trim() === "" ? Number.NaN : Number(value), `--${name}`, range, value);
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
