import { UserError } from "../../core/errors.js";

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
}

/** `value` when it lies in the range. @param where the flag or option it was given as: `--alpha`, `alpha` */
export function numberIn(
  value: number,
  where: string,
  { min, max, integer = false }: NumberRange,
  text = String(value),
) {
  if (value >= min && value <= max && (!integer || Number.isInteger(value))) return value;
  const kind = integer ? "a whole number" : "a number";
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new UserError(`"${text}" is not ${kind} ${range}`, where, `write ${kind} ${range}`);
}
