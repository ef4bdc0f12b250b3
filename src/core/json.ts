/** What can be written to a journal, a config or a result without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** No honest file nests lists and objects deeper; a walk through what does would end with the stack. */
const mostLevels = 200;

/** Whether a value is nested deeper than any honest one, or holds itself. */
export function isTooDeep(value: unknown, levels = mostLevels): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/** Of a file from outside. @throws SyntaxError  no JSON, or nested deeper than whoever reads it can follow */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isTooDeep(value)) throw new SyntaxError("it is nested too deeply");
  return value;
}

/** The value of a JSON text; undefined, which JSON has not, for what is none or is nested deeper than the stack. */
export function jsonOf(text: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
