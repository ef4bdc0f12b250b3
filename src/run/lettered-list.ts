/** Options that a text lists, each behind its letter: `A. Left` on lines of their own, `(A) 1`, `A: tree, B: bench` in one line. */

export interface LetteredList {
  readonly options: readonly string[];
  /** The same text with other options behind the same letters. */
  with(options: readonly string[]): string;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Behind a line's beginning: `A. `, `A) `, `A: `, `(A) `. */
const onLines = /^[ \t]*(?:\(([A-Z])\)|([A-Z])[.):])[ \t]*/gm;
/** In a row, behind the text's beginning, a colon, a comma or a semicolon: `Options: A: tree, B: bench`. */
const inARow = /(?:^|[:,;]\s|\n)[ \t]*(?:\(([A-Z])\)|([A-Z])[.):])[ \t]+/g;

/** @returns undefined where there is none, or more than one may be meant: two lists, a letter that is missing or comes again, lines that may belong to an option */
export function letteredList(text: string): LetteredList | undefined {
  const spans = spansOn(text, onLines, lineEnd) ?? spansOn(text, inARow, rowEnd);
  if (!spans) return undefined;
  return {
    options: spans.map(({ from, to }) => text.slice(from, to)),
    with: (options) => {
      const pieces = spans.map(({ from }, i) => text.slice(spans[i - 1]?.to ?? 0, from) + options[i]);
      return pieces.join("") + text.slice(spans.at(-1)?.to);
    },
  };
}

/** @param endOf  where an option ends, from where it begins and where the next mark does */
function spansOn(
  text: string,
  marks: RegExp,
  endOf: (text: string, from: number, next: number | undefined) => number | undefined,
): readonly Span[] | undefined {
  const found = [...text.matchAll(marks)];
  const isCounted = found.every(([, inside, before], i) => (inside ?? before) === String.fromCharCode(65 + i));
  const isAlike =
    new Set(
      found.map(([mark]) =>
        mark
          .trim()
          .replace(/[A-Z]/, "")
          .replace(/^[:,;]\s*/, ""),
      ),
    ).size === 1;
  if (found.length < 2 || !isCounted || !isAlike) return undefined;
  const spans: Span[] = [];
  for (const [i, { 0: mark, index }] of found.entries()) {
    const from = index + mark.length;
    const to = endOf(text, from, found[i + 1]?.index);
    if (to === undefined || to <= from) return undefined;
    spans.push({ from, to });
  }
  return withoutLastStop(text, spans);
}

/** Its line; undefined where more lines stand before the next letter: then nobody knows how many belong to the last one. */
function lineEnd(text: string, from: number, next: number | undefined): number | undefined {
  const { 0: line = "" } = /^.*?(?=\s*$)/m.exec(text.slice(from)) ?? {};
  const rest = next === undefined ? "" : text.slice(from + line.length, next);
  return line.trim() === "" || rest.trim() !== "" ? undefined : from + line.length;
}

/** Up to the next letter, or to the line's end. */
function rowEnd(text: string, from: number, next: number | undefined): number | undefined {
  const line = lineEnd(text, from, undefined);
  if (next === undefined || line === undefined) return line;
  return next > line ? undefined : text.slice(from, next).trimEnd().length + from;
}

/** The full stop of the whole list is no part of its last option. */
function withoutLastStop(text: string, spans: readonly Span[]): readonly Span[] {
  const ends = spans.map(({ to }) => text[to - 1] === ".");
  const last = spans.at(-1) as Span;
  return ends.filter(Boolean).length === 1 && ends.at(-1) && last.to - last.from > 1
    ? [...spans.slice(0, -1), { ...last, to: last.to - 1 }]
    : spans;
}
