/** How tables are printed: the flags that leaderboard and compare share, the width of the terminal and its colours. */
import pc from "picocolors";
import type { Options } from "yargs";
import type { Paint, Screen, Tone } from "../api/board/leaderboard.js";
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { listFlag, numberFlag } from "./number-flag.js";

export interface LookArguments {
  readonly digits: string | undefined;
  readonly stderr: boolean | undefined;
  readonly rank: boolean | undefined;
  readonly columns: string[] | undefined;
  readonly transpose: boolean | undefined;
}

export const lookOptions = {
  digits: { type: "string", requiresArg: true, describe: "behind the point (default: as papers print the metric)" },
  stderr: { type: "boolean", describe: "± the standard error (default: in table, md and html)" },
  rank: { type: "boolean", describe: "ranks (default: in table, md and html); --no-rank leaves them out" },
  columns: { type: "string", array: true, describe: "only these columns, in this order" },
  transpose: { type: "boolean", describe: "rows and columns exchanged" },
} as const satisfies Record<keyof LookArguments, Options>;

export function lookOf({ digits, stderr, rank, columns, transpose }: LookArguments) {
  const behind = numberFlag(digits, "digits", { min: 0, max: 10, integer: true, fallback: undefined });
  const named = listFlag(columns);
  return {
    ...(behind === undefined ? {} : { digits: behind }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(rank === undefined ? {} : { rank }),
    ...(named === undefined ? {} : { columns: named }),
    ...(transpose === undefined ? {} : { transpose }),
  };
}

/** @throws UserError  `--columns` names one that there is not */
export function requireKnownColumns(named: readonly string[] = [], known: readonly string[]): void {
  const unknown = named.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = didYouMean(unknown, known);
  throw new UserError(`no column "${unknown}"`, "--columns", `${near}columns: ${known.join(", ")}`);
}

/** A terminal's width and colours; a file or a pipe has neither. NO_COLOR is obeyed, and FORCE_COLOR where a pipe leads to a terminal. */
export function screenOf(stream: NodeJS.WriteStream): Screen {
  const { columns } = stream;
  return { ...(columns ? { width: columns } : {}), ...(hasColour(stream) ? { paint } : {}) };
}

function hasColour({ isTTY }: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  return FORCE_COLOR ? FORCE_COLOR !== "0" : isTTY && TERM !== "dumb";
}

const colours = pc.createColors(true);
const tones: Readonly<Record<Tone, (text: string) => string>> = {
  best: (text) => colours.bold(colours.green(text)),
  second: colours.green,
  good: colours.green,
  bad: colours.red,
  unsure: colours.yellow,
  soft: colours.dim,
};
const paint: Paint = (tone, text) => tones[tone](text);
