/** YAML files from users: every mistake is named with file, line and column. The only file that knows the `yaml` package. */
import { readFile } from "node:fs/promises";
import { isMap, isNode, LineCounter, type Pair, parseDocument, stringify } from "yaml";
import { UserError } from "./errors.js";
import { isTooDeep } from "./json.js";
import { didYouMean } from "./nearest.js";
import { type Static, type TSchema, violationOf } from "./schema.js";

/** Reads and checks a YAML file; unknown keys are errors with the nearest known key when the schema is closed. */
export async function readYaml<T extends TSchema>(path: string, schema: T): Promise<Static<T>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UserError(`cannot read the file: ${(error as Error).message}`, path, "check the path", { cause: error });
  }
  return parseYaml(text, path, schema);
}

export function parseYaml<T extends TSchema>(text: string, path: string, schema: T): Static<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const [error] = document.errors;
  if (error?.code === "RESOURCE_EXHAUSTION") throw tooDeep(path);
  if (error) throw new UserError(error.message, at(path, lines, error.pos[0]), "correct the YAML there");

  const value = expanded(document, path);
  const violation = violationOf(schema, value);
  if (!violation) return value as Static<T>;

  const keys = violation.pointer.split("/").slice(1).map(unescapePointer);
  const { unknownKey } = violation;
  const offset = unknownKey === undefined ? offsetOf(document, keys) : keyOffset(document, keys, unknownKey);
  const known = unknownKey === undefined ? [] : knownKeys(schema, keys);
  throw new UserError(
    `${keys.join(".") || "the file"} ${violation.expected} (found ${violation.found})`,
    at(path, lines, offset),
    unknownKey === undefined
      ? "correct the value there"
      : `${didYouMean(unknownKey, known)}known keys: ${known.join(", ") || "see the documentation"}`,
  );
}

function expanded(document: ReturnType<typeof parseDocument>, path: string): unknown {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(path);
    // Aliases of aliases of aliases: a few lines that would fill the memory.
    if (!(error instanceof ReferenceError)) throw error;
    throw new UserError(`the YAML cannot be expanded: ${error.message}`, path, "write it without so many aliases");
  }
  if (isTooDeep(value)) throw tooDeep(path);
  return value;
}

const tooDeep = (path: string) =>
  new UserError("the YAML is nested too deeply, or an alias stands inside what it names", path, "write it out flat");

const at = (path: string, lines: LineCounter, offset: number) => {
  const { line, col } = lines.linePos(offset);
  return `${path}:${Math.max(1, line)}:${Math.max(1, col)}`;
};

const unescapePointer = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");

/** Where the value stands; for a missing key, where its parent does. */
function offsetOf(document: ReturnType<typeof parseDocument>, keys: readonly string[]): number {
  for (let depth = keys.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(keys.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffset(document: ReturnType<typeof parseDocument>, keys: readonly string[], unknownKey: string): number {
  const map: unknown = keys.length === 0 ? document.contents : document.getIn(keys, true);
  const pair = isMap(map) ? map.items.find(({ key }: Pair) => isNode(key) && String(key) === unknownKey) : undefined;
  return isNode(pair?.key) && pair.key.range ? pair.key.range[0] : offsetOf(document, keys);
}

function knownKeys(schema: TSchema, keys: readonly string[]): string[] {
  let at = schema as { properties?: Record<string, TSchema>; items?: TSchema };
  for (const key of keys) at = (at.properties?.[key] ?? at.items ?? {}) as typeof at;
  return Object.keys(at.properties ?? {});
}

/** YAML that readers of version 1.1 (PyYAML, the hub) and of 1.2 take for the same: `no`, `1e3`, `012` are quoted. */
export function toYaml(value: unknown): string {
  return stringify(value, { compat: "yaml-1.1", lineWidth: 0, aliasDuplicateObjects: false });
}
