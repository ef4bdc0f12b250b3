/**
 * The same choice questions with their options moved on by some places, so that every option stands once at every place. The reference
 * goes with its option; ids, clusters, groups and indexes stay those of the row.
 */
import { isTextList, parseStringList, writeStringList } from "../core/python-literal.js";
import type { OptionCells, Task } from "../core/task.js";
import { letteredList } from "./lettered-list.js";

type Row = Record<string, unknown>;

export interface Reordered {
  readonly task: Task;
  /** Of rows that the task has read: whether it has such an order. The others keep theirs, and are not asked once more. */
  isMoved(row: Row): boolean;
}

/** @param by  places, 1 at least. A task that does not say where its options are has no such order. */
export function reordered(task: Task, by: number): Reordered {
  const cells = task.options ?? { in: [], right: "", as: "text" };
  const origins = new WeakMap<Row, Row>();
  const own = (row: Row) => origins.get(row) ?? row;
  const moved = (row: Row) => {
    const other = movedOn(row, cells, by);
    if (!other) return row;
    origins.set(other, row);
    return other;
  };
  const { expand, imageKey, cluster, groups } = task;
  return {
    isMoved: (row) => origins.has(row),
    task: {
      ...task,
      expand: (row) => (expand?.call(task, row) ?? [row]).map(moved),
      id: (row) => task.id(own(row)),
      ...(imageKey ? { imageKey: (row: Row) => imageKey.call(task, own(row)) } : {}),
      ...(cluster ? { cluster: (row: Row) => cluster.call(task, own(row)) } : {}),
      ...(groups
        ? {
            groups: Object.fromEntries(
              Object.entries(groups).map(([name, groupOf]) => [name, (row: Row) => groupOf(own(row))]),
            ),
          }
        : {}),
    },
  };
}

/**
 * @returns undefined for a row that has no such order: too few options, options that speak of their places, no reference among them, a text
 *   that does not list them beyond doubt, or lists others than its columns
 */
export function movedOn(row: Row, cells: OptionCells, by: number): Row | undefined {
  const { right, as } = cells;
  const found = optionsIn(row, cells);
  if (!found) return undefined;
  const { options } = found;
  const places = [...options.keys()].filter((place) => options[place]?.trim());
  const n = places.length;
  if (n <= by || places.some((place) => speaksOfPlaces(options[place] as string)) || areNamed(options))
    return undefined;
  const place = placeOf(row[right], as, options);
  const from = place === undefined ? -1 : places.indexOf(place);
  if (from < 0) return undefined;
  const order = [...options];
  for (const [i, to] of places.entries()) order[to] = options[places[(i - by + n) % n] as number] as string;
  const at = places[(from + by) % n] as number;
  return { ...row, ...found.written(order), [right]: namedAs(row[right], as, at) };
}

interface FoundOptions {
  /** By place: also those that are blank. */
  readonly options: readonly string[];
  /** The cells with the same options in another order. */
  written(order: readonly string[]): Row;
}

function optionsIn(row: Row, { in: columns, text }: OptionCells): FoundOptions | undefined {
  const apart = inColumns(row, columns);
  if (text === undefined) return apart;
  const words = row[text];
  const list = typeof words === "string" ? letteredList(words) : undefined;
  // Some rows of a benchmark have them in columns, others in the question.
  if (!apart?.options.some((option) => option.trim()))
    return list && { options: list.options, written: (order) => ({ [text]: list.with(order) }) };
  if (!list) return columnsAlone(words) ? apart : undefined;
  const filled = apart.options.filter((option) => option.trim());
  if (filled.join("\n") !== list.options.join("\n")) return undefined;
  return {
    options: apart.options,
    written: (order) => ({ ...apart.written(order), [text]: list.with(order.filter((option) => option.trim())) }),
  };
}

/** A question without the mark of any option: its columns have them. */
const columnsAlone = (words: unknown) => typeof words !== "string" || !/(^|[\s(])[A-D][.):]\s/.test(words);

/** `A. Left`, `(B) 3`, `C: tree` */
const ownLetter = /^\s*(?:\(([A-Z])\)|([A-Z])[.):])\s+/;

function inColumns(row: Row, columns: OptionCells["in"]): FoundOptions | undefined {
  const cells = listIn(row, columns);
  const marks = cells.map((cell) => ownLetter.exec(cell));
  const isLettered = marks.every((mark, i) => (mark?.[1] ?? mark?.[2]) === String.fromCharCode(65 + i));
  const prefixes = marks.map((mark) => (isLettered ? (mark?.[0] ?? "") : ""));
  return {
    options: cells.map((cell, i) => cell.slice(prefixes[i]?.length)),
    written: (order) =>
      inCells(
        row,
        columns,
        order.map((option, i) => prefixes[i] + option),
      ),
  };
}

function listIn(row: Row, columns: OptionCells["in"]): readonly string[] {
  const texts = columns.map((column) => row[column]);
  const [only] = texts;
  if (texts.length > 1) return texts.map((cell) => (typeof cell === "string" ? cell : ""));
  const list = typeof only === "string" && isTextList(only) ? parseStringList(only) : only;
  return Array.isArray(list) && list.every((option) => typeof option === "string") ? list : [];
}

function inCells(row: Row, columns: OptionCells["in"], order: readonly string[]): Row {
  const [only = ""] = columns;
  if (columns.length === 1) return { [only]: typeof row[only] === "string" ? writeStringList(order) : order };
  return Object.fromEntries(columns.flatMap((column, i) => (order[i]?.trim() ? [[column, order[i]]] : [])));
}

/** "A is closer" at A and "B is closer" at B: what stands in the image has the letters too. */
const areNamed = (options: readonly string[]) =>
  options.filter((option, i) => new RegExp(`\\b${String.fromCharCode(65 + i)}\\b`).test(option)).length > 1;

function placeOf(cell: unknown, as: OptionCells["as"], options: readonly string[]): number | undefined {
  switch (as) {
    case "text": {
      const place = options.indexOf(String(cell));
      return place < 0 ? undefined : place;
    }
    case "position":
      return /^\d+$/.test(String(cell)) ? Number(cell) : undefined;
    case "letter": {
      const [, letter] = /^[^a-z]*([a-z])[^a-z]*$/i.exec(String(cell)) ?? [];
      return letter === undefined ? undefined : letter.toUpperCase().charCodeAt(0) - 65;
    }
  }
}

function namedAs(cell: unknown, as: OptionCells["as"], place: number): unknown {
  switch (as) {
    case "text":
      return cell;
    case "position":
      return typeof cell === "number" ? place : String(place);
    case "letter":
      return String(cell).replace(/[a-z]/i, (letter) =>
        String.fromCharCode((letter === letter.toUpperCase() ? 65 : 97) + place),
      );
  }
}

/**
 * "All of the above", "Both A and C", an option that is an image, or "None", which harnesses that read with pandas take for no option: elsewhere
 * it would be another option.
 */
const speaksOfPlaces = (option: string): boolean =>
  /^\s*(none|nan|null|n\/?a)\s*$/i.test(option) ||
  /<image/i.test(option) ||
  /\b(all|none|any|both|either|neither|each|one)\b.*\b(above|below|preceding|following)\b|以上|上述/i.test(option) ||
  /\(?\b[A-I]\b\)?\s*(,|&|and|or)\s*\(?[A-I]\b/.test(option) ||
  /\b(options?|choices?|answers?|both|only|neither)\b.*\b[A-I]\b/.test(option);
