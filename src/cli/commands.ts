import type { CommandModule } from "yargs";

/**
 * `any`: yargs gives each handler the arguments that its own builder declares, which the type of a list cannot say.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyCommand = CommandModule<object, any>;

interface Listed {
  /** Name and positional arguments, as --help shows them. */
  readonly usage: string;
  readonly describe: string;
  /** Its builder and its handler. */
  load(): Promise<{ readonly command: AnyCommand }>;
}

/**
 * One file per command, loaded when it is asked for: `doctor` needs no HTTP client, --help and --version need none of them.
 * The order is the order in --help.
 */
const commands: Readonly<Record<string, Listed>> = {
  run: {
    usage: "run",
    describe: "Evaluate a model on tasks",
    load: () => import("./run.js"),
  },
  init: {
    usage: "init [what] [name]",
    describe: "Begin a project: a nightly gate with its workflow and first baseline, a task, or a settings file",
    load: () => import("./init.js"),
  },
  tasks: {
    usage: "tasks [name]",
    describe: "List the tasks, or show one: sources, rows, licence, metrics and its exact prompt",
    load: () => import("./tasks.js"),
  },
  merge: {
    usage: "merge <run>",
    describe: "Join what machines that shared a run with `run --shard` have answered: one run, one Result",
    load: () => import("./merge.js"),
  },
  worker: {
    usage: "worker",
    describe: "Answer runs that were begun with `run --fleet`: opens a model here, and takes questions from the queue",
    load: () => import("./worker.js"),
  },
  fleet: {
    usage: "fleet <what> [run]",
    describe: "Runs on the queue and who works on them: status, pause, resume, drain",
    load: () => import("./fleet.js"),
  },
  score: {
    usage: "score <run>",
    describe: "Score a finished run again, without any model: its answers and its judge's verdicts are in its folder",
    load: () => import("./score.js"),
  },
  judge: {
    usage: "judge <what> <run>",
    describe:
      "Label samples by hand, blind to the verdict (label), and see what the judge is worth and the score corrected (worth)",
    load: () => import("./judge.js"),
  },
  view: {
    usage: "view [runs..]",
    describe:
      "Look at a run, at up to six side by side, or at a watch: scores, intervals and every sample, in the browser",
    load: () => import("./view.js"),
  },
  samples: {
    usage: "samples <run>",
    describe: "Which samples went wrong, and how each was scored: text, answer, references, credit, both scorings",
    load: () => import("./samples.js"),
  },
  export: {
    usage: "export <runs..>",
    describe: "Every sample of runs as one Parquet file with fixed columns, for pandas, polars, duckdb",
    load: () => import("./export.js"),
  },
  leaderboard: {
    usage: "leaderboard [runs..]",
    describe: "Models x tasks from the runs below results/, or from the runs named",
    load: () => import("./leaderboard.js"),
  },
  publish: {
    usage: "publish <run>",
    describe:
      "A run as a folder that anybody can check: results, samples, card, page, checksums, the command that repeats it",
    load: () => import("./publish.js"),
  },
  verify: {
    usage: "verify <dir>",
    describe: "Whether a published run is what it says: every byte, every score, every count (exit 3 if not)",
    load: () => import("./verify.js"),
  },
  compare: {
    usage: "compare <a> <b>",
    describe: "Is B worse than A? Paired per sample, with intervals, tests and a verdict for each task",
    load: () => import("./compare.js"),
  },
  explain: {
    usage: "explain <a> <b>",
    describe:
      "Why do two numbers differ? Layer by layer: data, images, prompt, template, options, text, answer, scorer",
    load: () => import("./explain.js"),
  },
  power: {
    usage: "power",
    describe: "How large a difference a task can show, how many samples one needs, and what repeats are worth",
    load: () => import("./power.js"),
  },
  items: {
    usage: "items <task>",
    describe:
      "A task's items by the runs that answered them: which tell models apart, which may be wrong, which are twins",
    load: () => import("./items.js"),
  },
  history: {
    usage: "history",
    describe: "What earlier runs came to, run by run, and since which run a task is better or worse",
    load: () => import("./history.js"),
  },
  baseline: {
    usage: "baseline accept <run>",
    describe: "Make a run the baseline that later runs are compared with: a copy below results/baselines/",
    load: () => import("./baseline.js"),
  },
  watch: {
    usage: "watch <dir>",
    describe: "Evaluate each complete checkpoint that a trainer saves in a folder; goes on where it was stopped",
    load: () => import("./watch.js"),
  },
  data: {
    usage: "data <what> <tasks..>",
    describe:
      "show: look at a task's rows and images; verify: read every row, decode every image, name what is damaged",
    load: () => import("./data.js"),
  },
  model: {
    usage: "model <checkpoint>",
    describe: "Describe a checkpoint: architecture, parameters, memory per device, what is unsupported and why",
    load: () => import("./model.js"),
  },
  "check-invariance": {
    usage: "check-invariance",
    describe:
      "Show that a local model's answers do not depend on what they are batched or shared with (exit 3 if they do)",
    load: () => import("./check-invariance.js"),
  },
  "demo-data": {
    usage: "demo-data",
    describe: "Draw demo images with questions and write them as benchmark rows, or as training samples",
    load: () => import("./demo-data.js"),
  },
  doctor: {
    usage: "doctor",
    describe: "Say what works on this machine, and what to do about the rest",
    load: () => import("./doctor.js"),
  },
};

export const commandNames: readonly string[] = Object.keys(commands);

/** Where yargs' completion script puts the words that it completes: `--get-yargs-completions llava-eval run --ta`. */
export const completing = "--get-yargs-completions";

/**
 * The command that the arguments begin with, ready to be called; otherwise all of them, each loaded when yargs comes to it (help,
 * a misspelt name, options before the command).
 */
export async function commandsFor(args: readonly string[]): Promise<readonly AnyCommand[]> {
  const first = args[0] === completing ? args[2] : args[0];
  const named = first !== undefined && Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (named) return [{ command: named.usage, describe: named.describe, ...(await named.load()).command }];
  return Object.values(commands).map(({ usage, describe, load }) => ({
    command: usage,
    describe,
    builder: async (yargs) => {
      const { builder } = (await load()).command;
      return typeof builder === "function" ? builder(yargs) : yargs;
    },
    handler: async (argv) => (await load()).command.handler(argv),
  }));
}
