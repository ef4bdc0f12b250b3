/** A board as a figure: for each task the models' values as dots with their intervals, for each group of sub-scores bars. */
import { figure, hues, label, line, type Part, placeIn, round, type Scale, scaleOf } from "../format/figure.js";
import { printed, shownValue } from "../format/numbers.js";
import type { Board, Cell, Column, Row } from "./board.js";
import type { Look } from "./table.js";
import { rowLabel } from "./words.js";

const width = 960;
const [names, across, gap] = [230, 3, 22] as const;
const panelWidth = (width - names - gap * (across - 1)) / across;
const [head, rowHeight, foot] = [40, 19, 26] as const;

export function boardSvg(board: Board, { columns: named }: Look = {}): string {
  const columns = named
    ? board.columns.filter(({ task, key }) => named.includes(task) || named.includes(key))
    : board.columns;
  const { rows } = board;
  const whole = columns.filter(({ task }) => groupOf(task) === undefined);
  const parts: Part[] = [];
  for (let i = 0; i < whole.length; i += across) parts.push(dots(rows, whole.slice(i, i + across)));
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const group = groupOf(column.task);
    if (!group) continue;
    const name = `${group.name}${column.version === 0 ? "" : ` v${column.version}`}`;
    groups.set(name, [...(groups.get(name) ?? []), column]);
  }
  for (const [name, of] of groups) parts.push(bars(name, rows, of));
  if (groups.size > 0) parts.push(legend(rows, [...groups.values()].flat()));
  parts.push(words(board));
  return figure(`${rows.length} models, ${columns.length} columns`, width, parts);
}

/** `mmmu subject=Art` as `mmmu subject` and `Art`. */
function groupOf(task: string): { readonly name: string; readonly value: string } | undefined {
  const found = /^(\S+ [^=]+)=(.*)$/s.exec(task);
  return found ? { name: found[1] as string, value: found[2] as string } : undefined;
}

interface Value {
  readonly at: number;
  readonly ends?: readonly [number, number];
  /** Anything that a number alone does not say: from elsewhere, partial, another metric. */
  readonly isOdd: boolean;
}

function shownOf(cell: Cell | undefined, row: Row): Value | undefined {
  if (!cell || cell.main.value === null) return undefined;
  const { unit } = printed(cell.main);
  const shown = (value: number) => shownValue(value, unit);
  const [a, b] = cell.main.interval ?? [];
  return {
    at: shown(cell.main.value),
    ...(a !== undefined && b !== undefined && Number.isFinite(a) && Number.isFinite(b)
      ? { ends: [shown(a), shown(b)] }
      : {}),
    isOdd: row.origin !== undefined || cell.marks.length > 0,
  };
}

const measureOf = ({ metric, unit, direction }: Column) =>
  `${printed({ name: metric, unit }).name}${direction === "lower" ? " (lower is better)" : ""}`;

/** Nobody looks for a dot where there is none. */
const withValues = (rows: readonly Row[], columns: readonly Column[]) =>
  rows.filter(({ cells }) => columns.some(({ key }) => cells.has(key)));

/** The same in every group. */
const hueOf = (row: Row | undefined, all: readonly Row[]) => all.indexOf(row as Row) % hues;

/** Some tasks beside each other, the models' names once. */
function dots(all: readonly Row[], columns: readonly Column[]): Part {
  const rows = withValues(all, columns);
  const height = head + rows.length * rowHeight + foot;
  const y = (row: number) => head + (row + 0.5) * rowHeight;
  const svg = [
    ...rows.map((row, i) => label(rowLabel(row), names - 12, y(i) + 4, { anchor: "end", limit: 29 })),
    ...columns.flatMap((column, i) => {
      const from = names + i * (panelWidth + gap);
      const to = from + panelWidth;
      const values = rows.map((row) => shownOf(row.cells.get(column.key), row));
      const scale = scaleOf(values.flatMap((value) => (value ? [value.at, ...(value.ends ?? [])] : [])));
      const x = (value: number) => placeIn(scale, value, from, to);
      return [
        label(`${column.task}${column.version === 0 ? "" : ` v${column.version}`}`, from, 14, {
          of: "title",
          limit: 34,
        }),
        label(measureOf(column), from, 28, { of: "soft small", limit: 42 }),
        ...axis(scale, { from, to, top: head, bottom: height - foot }),
        ...values.flatMap((value, row) => {
          if (!value) return [];
          const { at, ends, isOdd } = value;
          return [
            ...(ends ? [line("s0", [x(ends[0]), y(row)], [x(ends[1]), y(row)])] : []),
            `<circle class="${isOdd ? "hollow s0" : "f0"}" cx="${round(x(at))}" cy="${round(y(row))}" r="4"><title>${at.toFixed(1)}</title></circle>`,
          ];
        }),
      ];
    }),
  ];
  return { svg: svg.join("\n"), height };
}

interface Place {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly bottom: number;
}

function axis(scale: Scale, { from, to, top, bottom }: Place): string[] {
  const { ticks, digits } = scale;
  return [
    line("axis", [from, bottom], [to, bottom]),
    ...ticks.flatMap((tick) => {
      const x = placeIn(scale, tick, from, to);
      return [
        line("grid", [x, top], [x, bottom]),
        label(tick.toFixed(digits), x, bottom + 14, { anchor: "middle", of: "soft small" }),
      ];
    }),
  ];
}

/** One group of sub-scores: its values below each other, in each a bar for every model. */
function bars(name: string, all: readonly Row[], columns: readonly Column[]): Part {
  const rows = withValues(all, columns);
  const [thick, between] = [9, 8] as const;
  const block = rows.length * thick + between;
  const height = head + columns.length * block + foot;
  const cells = columns.map((column) => rows.map((row) => shownOf(row.cells.get(column.key), row)));
  const scale = scaleOf(
    cells.flat().flatMap((value) => (value ? [value.at, ...(value.ends ?? [])] : [])),
    { most: 8, zero: true },
  );
  const [from, to] = [names, width - 10];
  const x = (value: number) => placeIn(scale, value, from, to);
  const svg = [
    label(name, 0, 14, { of: "title" }),
    label(columns[0] ? measureOf(columns[0]) : "", 0, 28, { of: "soft small" }),
    ...axis(scale, { from, to, top: head, bottom: height - foot }),
    ...columns.flatMap((column, i) => {
      const top = head + i * block + between / 2;
      return [
        label(groupOf(column.task)?.value ?? column.task, names - 12, top + (rows.length * thick) / 2 + 4, {
          anchor: "end",
          limit: 29,
        }),
        ...(cells[i] ?? []).flatMap((value, r) => {
          if (!value) return [];
          const y = top + r * thick;
          const [a, b] = [x(0), x(value.at)];
          const bar = `<rect class="f${hueOf(rows[r], all)}" x="${round(Math.min(a, b))}" y="${round(y)}" width="${round(Math.abs(b - a))}" height="${thick - 2}"><title>${value.at.toFixed(1)}</title></rect>`;
          const middle = y + (thick - 2) / 2;
          return [
            bar,
            ...(value.ends ? [line("whisker", [x(value.ends[0]), middle], [x(value.ends[1]), middle])] : []),
          ];
        }),
      ];
    }),
  ];
  return { svg: svg.join("\n"), height };
}

function legend(all: readonly Row[], columns: readonly Column[]): Part {
  const rows = withValues(all, columns);
  const svg = rows.map((row, i) => {
    const y = 6 + i * 18;
    return `<rect class="f${hueOf(row, all)}" x="${names}" y="${y}" width="12" height="10"/>${label(rowLabel(row), names + 20, y + 9.5)}`;
  });
  return { svg: svg.join("\n"), height: rows.length * 18 + 12 };
}

function words({ rows, notes }: Board): Part {
  const isOdd = rows.some(
    (row) => row.origin !== undefined || [...row.cells.values()].some(({ marks }) => marks.length > 0),
  );
  const texts = [
    "Dots are values, lines their 95 % intervals.",
    ...(isOdd ? ["Hollow: from elsewhere, or not like for like."] : []),
    ...notes,
  ];
  const svg = texts.map((text, i) => label(text, 0, 14 + i * 15, { of: "soft small", limit: 170 }));
  return { svg: svg.join("\n"), height: texts.length * 15 + 8 };
}
