import type { CommandModule } from "yargs";

/**
 * `any`: yargs gives each handler the arguments that its own builder declares, which the type of a list cannot say.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyCommand = CommandModule<object, any>;

/**
 * One file per command, loaded when it is asked for: `doctor` needs no HTTP client, and a start of the program half a second
 * less. The order is the order in --help.
 */
const loaders: Readonly<Record<string, () => Promise<{ readonly command: AnyCommand }>>> = {
  run: () => import("./run.js"),
  tasks: () => import("./tasks.js"),
  score: () => import("./score.js"),
  view: () => import("./view.js"),
  leaderboard: () => import("./leaderboard.js"),
  compare: () => import("./compare.js"),
  explain: () => import("./explain.js"),
  power: () => import("./power.js"),
  baseline: () => import("./baseline.js"),
  watch: () => import("./watch.js"),
  data: () => import("./data.js"),
  metric: () => import("./metric.js"),
  model: () => import("./model.js"),
  "check-invariance": () => import("./check-invariance.js"),
  "demo-data": () => import("./demo-data.js"),
  doctor: () => import("./doctor.js"),
};

export const commandNames: readonly string[] = Object.keys(loaders);

/** The command of that name alone, or all of them (help, completion, a misspelt name). */
export async function loadCommands(name: string | undefined): Promise<readonly AnyCommand[]> {
  const one = name !== undefined && Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  const wanted = one ? [one] : Object.values(loaders);
  return (await Promise.all(wanted.map((load) => load()))).map(({ command }) => command);
}
