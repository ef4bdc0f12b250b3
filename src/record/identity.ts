import { canonicalJson } from "../core/digest.js";
import type { Json } from "../core/json.js";

/** What makes two runs the same: everything that can change a number. */
export type Identity = Readonly<Record<string, Json>>;

/** `model.revision: "abc" in the folder, "def" now`, for every leaf that both sides have and that differs. */
export function differencesOf(folder: Identity, now: Identity, path = ""): string[] {
  return Object.entries(now).flatMap(([key, value]) => {
    const old = folder[key];
    if (old === undefined || canonicalJson(old) === canonicalJson(value)) return [];
    if (isObject(old) && isObject(value)) {
      const keys = new Set([...Object.keys(old), ...Object.keys(value)]);
      return [...keys].flatMap((inner) => {
        const [a, b] = [old[inner] ?? null, value[inner] ?? null];
        return canonicalJson(a) === canonicalJson(b)
          ? []
          : isObject(a) && isObject(b)
            ? differencesOf({ [inner]: a }, { [inner]: b }, `${path}${key}.`)
            : [`${path}${key}.${inner}: ${JSON.stringify(a)} in the folder, ${JSON.stringify(b)} now`];
      });
    }
    return [`${path}${key}: ${JSON.stringify(old)} in the folder, ${JSON.stringify(value)} now`];
  });
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
