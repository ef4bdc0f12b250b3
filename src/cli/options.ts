/** The settings of a run as flags. */
import type { Options } from "yargs";
import { type Setting, settings } from "../api/settings.js";

/** Everything is read as text and checked here: yargs turns `--limit abc` into NaN without a word. */
export const yargsOptions: Record<string, Options> = Object.fromEntries(
  Object.entries<Setting>(settings).map(([name, { type, describe, choices, group }]) => [
    name,
    {
      describe: choices ? `${describe} [${choices.join(", ")}]` : describe,
      group: `${group}:`,
      ...(type === "switch" ? { type: "boolean" as const } : { type: "string" as const, requiresArg: true }),
    },
  ]),
);
