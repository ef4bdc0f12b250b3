/** CC-OCR's keys and values. Source: AdvancedLiterateMachinery Benchmarks/CC-OCR `kie_evaluator.py`, whose two measures are Donut's. */

import { length, levenshtein, python, pythonRegex, type Scoring, strip } from "llava-eval";
import type { Counts } from "./cc-ocr-text.js";
import { type Tree, treeDistance } from "./tree-distance.js";

type Value = Exclude<ReturnType<typeof python.literal>, undefined>;

/** Texts in lists in dictionaries, each list of dictionaries alone or of texts alone. */
type Form = readonly Form[] | ReadonlyMap<string, Form> | string;

const isList = (value: unknown): value is readonly Value[] => Array.isArray(value);
const isMap = (value: unknown): value is ReadonlyMap<Value, Value> => value instanceof Map;

/** A reply's JSON: behind the first "```json" if it has one. The authors' script, meant to close an open fence, does not; lmms-eval does. */
export function valueIn(text: string, scoring: Scoring): Value | undefined {
  const mark = "```json";
  const start = text.indexOf(mark);
  if (start < 0) return python.json(strip(text).replaceAll("\n", ""));
  const inner = text.slice(start + mark.length);
  const end = inner.indexOf("```");
  if (end < 0 && scoring !== "lmms-eval") return undefined;
  return python.json(strip(end < 0 ? inner : inner.slice(0, end)).replaceAll("\n", ""));
}

/** Texts in their normal form; those in lists by lmms-eval alone. */
export function normalised(value: Value, scoring: Scoring): Value {
  if (typeof value === "string") return normalText(value);
  if (isMap(value)) return new Map([...value].map(([key, own]) => [key, normalised(own, scoring)]));
  if (!isList(value)) return value;
  return value.map((item) => (isMap(item) || scoring === "lmms-eval" ? normalised(item, scoring) : item));
}

const chinese = "\\u4e00-\\u9fff";
const gaps = [
  pythonRegex(`(?<=[${chinese}])\\s+(?=[${chinese}])`, "g"),
  pythonRegex(`(?<=[${chinese}])\\s+(?=[a-zA-Z0-9])`, "g"),
  pythonRegex(`(?<=[a-zA-Z0-9])\\s+(?=[${chinese}])`, "g"),
];
const blanks = pythonRegex("\\s+", "g");

export function normalText(text: string): string {
  const half = text
    .replaceAll("\u3000", " ")
    .replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replaceAll("、", ",");
  return spacedMarks(gaps.reduce((one, gap) => one.replace(gap, ""), half))
    .replace(/(?<=[0-9])(?=[a-zA-Z])|(?<=[a-zA-Z])(?=[0-9])/g, " ")
    .replace(blanks, " ");
}

const markOrBlanks = pythonRegex("(\\s+|[,.!?:;])");

const isDigit = (character: string): boolean => character >= "0" && character <= "9";

/** Marks with one blank behind them and none before, but for those right behind a digit. In one pass: blanks may be many. */
function spacedMarks(text: string): string {
  const out: string[] = [];
  let last = "";
  const add = (piece: string) => {
    if (piece === "") return;
    out.push(piece);
    last = piece.charAt(piece.length - 1);
  };
  let held = "";
  let skip = false;
  for (const [i, piece] of text.split(markOrBlanks).entries()) {
    const isMark = i % 2 === 1 && /^[,.!?:;]$/.test(piece);
    if (i % 2 === 1 && !isMark) {
      held = skip ? "" : piece;
      continue;
    }
    if (piece === "") continue;
    const behindDigit = isMark && isDigit(last);
    const stays = behindDigit && held === "";
    // Behind a digit the first of the blanks stays where it is.
    if (isMark && !stays) add(`${behindDigit ? held.slice(0, 1) : ""}${piece} `);
    else add(held + piece);
    skip = isMark && !stays;
    held = "";
  }
  return out.join("") + held;
}

const byLength = (a: Value, b: Value): number => {
  const [one, other] = [python.str(a), python.str(b)];
  return length(one) - length(other) || (one < other ? -1 : one > other ? 1 : 0);
};

/** Sorted keys, every value in a list, nothing empty. */
function formOf(value: Value, scoring: Scoring): Exclude<Form, string> {
  if (isMap(value)) {
    const entries = [...value]
      .sort(([a], [b]) => byLength(a, b))
      .flatMap(([key, own]): [string, Form][] => {
        const form = formOf(own, scoring);
        return isEmpty(form) ? [] : [[python.str(key), Array.isArray(form) ? form : [form]]];
      });
    return new Map(entries);
  }
  if (!isList(value)) return [strip(python.str(value))];
  if (value.every(isMap)) return value.map((item) => formOf(item, scoring)).filter((form) => !isEmpty(form));
  return value
    .filter((item) => isText(item, scoring))
    .map((item) => strip(python.str(item)))
    .filter((text) => text !== "");
}

const isEmpty = (form: Exclude<Form, string>): boolean =>
  (form instanceof Map ? form.size : (form as readonly Form[]).length) === 0;

const isText = (item: Value, scoring: Scoring): boolean =>
  item !== null && !isList(item) && !isMap(item) && (typeof item !== "boolean" || scoring === "lmms-eval");

/** "menu.name" and "cake" for each text. */
function fieldsOf(form: Form, path = ""): readonly string[] {
  if (typeof form === "string") return [JSON.stringify([path, form])];
  if (form instanceof Map)
    return [...form].flatMap(([key, own]) => fieldsOf(own, path === "" ? key : `${path}.${key}`));
  return (form as readonly Form[]).flatMap((item) => fieldsOf(item, path));
}

interface Label {
  readonly name: string;
  readonly isLeaf: boolean;
}

const leafMark = "<leaf>";
/** A key that has the mark in it is taken for a text. */
const label = (name: string): Label => ({ name: name.replaceAll(leafMark, ""), isLeaf: name.includes(leafMark) });

function treeOf(form: Form, name = "<root>"): Tree<Label> {
  if (typeof form === "string") return { node: { name: label(form).name, isLeaf: true }, children: [] };
  const children =
    form instanceof Map
      ? [...form].map(([key, own]) => treeOf(own, key))
      : (form as readonly Form[]).map((item) => treeOf(item, "<subtree>"));
  return { node: label(name), children };
}

const weight = ({ name, isLeaf }: Label): number => (isLeaf ? length(name) : 1);
const labelCosts = {
  insert: weight,
  remove: weight,
  rename(a: Label, b: Label): number {
    if (a.isLeaf && b.isLeaf) return levenshtein(a.name, b.name);
    if (a.isLeaf || b.isLeaf) return 1 + length((a.isLeaf ? a : b).name);
    return a.name === b.name ? 0 : 1;
  },
};

export interface KeysScore {
  readonly counts: Counts;
  /** 1 less the edit distance of the trees by that from nothing. */
  readonly acc: number;
}

export function compareKeys(said: Value | undefined, wanted: Value, scoring: Scoring): KeysScore {
  const nothing: Value = new Map();
  const [own, reference] = [said ?? nothing, wanted].map((value) => formOf(normalised(value, scoring), scoring)) as [
    Exclude<Form, string>,
    Exclude<Form, string>,
  ];
  const [fields, references] = [fieldsOf(own), fieldsOf(reference)];
  const left = new Map<string, number>();
  for (const field of references) left.set(field, (left.get(field) ?? 0) + 1);
  let right = 0;
  for (const field of fields) {
    const count = left.get(field) ?? 0;
    if (count > 0) right++;
    left.set(field, count - 1);
  }
  const tree = treeOf(reference);
  const whole = treeDistance(treeOf(formOf(nothing, scoring)), tree, labelCosts);
  const acc = whole === 0 ? 0 : Math.max(0, 1 - treeDistance(treeOf(own), tree, labelCosts) / whole);
  return { counts: { right, wanted: references.length, said: fields.length }, acc };
}
