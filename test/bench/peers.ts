/**
 * lmms-eval itself beside us: the same rows of benchmarks in their published columns, the same replies from the same endpoint; compared are the
 * words, the order of words and images, the pixels, the parameters, each row's score and the numbers over all. Not in CI: it needs a virtual
 * environment of 7 GB, made once by
 *   python3 -m venv ENV && ENV/bin/pip install lmms-eval==0.7.3 filelock==3.20.0 anls==0.0.2 Levenshtein==0.27.5
 * (filelock 4 ends every evaluation of 0.7.3, without anls its ChartQAPro ends, without Levenshtein its MathVista), then
 *   npm run build && npm run bench -- peers --python ENV/bin/python [--only TEXT] [--work DIR] [--reports DIR]
 * Of lmms-eval nothing is changed but `datasets.load_dataset`, which gives the rows. --only: the tasks whose name contains it; nothing is reported.
 * Exit code 1 when something differs that is not explained in peers/comparisons.ts.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Compared, compare, type Kind } from "./peers/compare.js";
import { comparisons, knownParameters } from "./peers/comparisons.js";
import { askedOf, judgedOf, startEndpoint } from "./peers/endpoint.js";
import { askByLmmsEval, askByUs } from "./peers/programs.js";
import { rowsPerTask, writeRows } from "./peers/rows.js";
import { cell } from "./servers/asking.js";
import { output, root } from "./servers/programs.js";

const { values } = parseArgs({
  options: {
    python: { type: "string" },
    only: { type: "string", default: "" },
    work: { type: "string", default: join(root, "build/peers") },
    reports: { type: "string", default: join(root, "test/bench/reports") },
  },
});
if (values.python === undefined)
  throw new Error("--python: the environment's python; the head of test/bench/peers.ts says how it is made");
const python = resolve(values.python);
const work = resolve(values.work);
const chosen = comparisons.filter(({ theirs }) => theirs.includes(values.only));

const folder = join(work, "rows");
const { rows, files } = await writeRows(folder, chosen);
await using forThem = await startEndpoint(rows, chosen);
await using forUs = await startEndpoint(rows, chosen);
const began = performance.now();
const theirs = {
  said: await askByLmmsEval({ python, work, url: forThem.url }, files),
  asked: await askedOf(forThem, rows),
  judged: judgedOf(forThem, chosen),
};
const between = performance.now();
const ours = {
  said: await askByUs({ work, url: forUs.url, rows: folder }, chosen),
  asked: await askedOf(forUs, rows),
  judged: judgedOf(forUs, chosen),
};
const seconds = [between - began, performance.now() - between].map((ms) => (ms / 1000).toFixed(0));

const kinds: readonly Kind[] = ["words", "places", "pixels", "sent", "judged", "scores", "metrics"];
const compared = chosen.map((comparison) => compare(comparison, theirs, ours));
const faults = compared.flatMap(faultsOf);
const lines = [
  `| lmms-eval | llava-eval | rows | ${kinds.join(" | ")} |`,
  `| --- | --- | --- | ${kinds.map(() => "---").join(" | ")} |`,
  ...compared.map(lineOf),
];
console.log(lines.join("\n"));
for (const fault of faults) console.log(`- ${fault}`);
console.log(
  `${compared.length} tasks, ${faults.length} not explained; lmms-eval ${seconds[0]} s, llava-eval ${seconds[1]} s`,
);
if (faults.length > 0) process.exitCode = 1;
if (values.only === "") await report();

function lineOf({ comparison, asked, kinds: of, problems }: Compared): string {
  const cells = kinds.map((kind) => {
    const { equal, of: all } = of[kind];
    return all === 0 ? "-" : equal === all ? `${equal}/${all}` : `**${equal}/${all}**`;
  });
  const profile = comparison.promptProfile ? ` (${comparison.promptProfile})` : "";
  const counts =
    problems.length > 0 ? "**none**" : asked.theirs === asked.ours ? asked.ours : `${asked.theirs}/${asked.ours}`;
  return `| ${comparison.theirs} | ${comparison.ours}${profile} | ${counts} | ${cells.join(" | ")} |`;
}

function faultsOf({ comparison, asked, kinds: of, sentBesides, problems }: Compared): readonly string[] {
  const { theirs: name, known = {} } = comparison;
  return [
    ...problems.map((problem) => `${name}: ${cell(problem, 400)}`),
    ...(asked.theirs === rowsPerTask && asked.ours === rowsPerTask
      ? []
      : [`${name}: asked ${asked.theirs} and ${asked.ours} times of ${rowsPerTask} rows`]),
    ...kinds.flatMap((kind) => {
      const { differences } = kind === "sent" ? sentBesides : of[kind];
      return known[kind] === undefined ? differences.map((one) => `${name}, ${kind}, ${cell(one, 600)}`) : [];
    }),
  ];
}

async function report(): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  // The last commit that touched what runs.
  const commit = output("git", ["-C", root, "log", "-1", "--format=%h", "--", "src", "tasks", "bin"]).trim();
  const version = output(python, ["-c", "from importlib.metadata import version; print(version('lmms-eval'))"]).trim();
  const parameters = Object.entries(knownParameters).flatMap(([parameter, why]) => {
    const differ = compared.filter(({ kinds: of }) =>
      of.sent.differences.some((one) => one.includes(`"${parameter}"`)),
    );
    return differ.length > 0 ? [`- sent, ${differ.length} tasks, ${parameter}: ${why}`] : [];
  });
  const differing = compared.flatMap(({ comparison: { theirs: name, known = {} }, kinds: of }) =>
    kinds.flatMap((kind) => {
      const { differences } = of[kind];
      if (differences.length === 0 || known[kind] === undefined) return [];
      return [`- ${name}, ${kind}: ${known[kind]}`, ...differences.slice(0, 2).map((one) => `  - ${cell(one, 300)}`)];
    }),
  );
  const explained = [...parameters, ...differing];
  const text = [
    `# lmms-eval ${version} beside llava-eval, ${date}`,
    "",
    `llava-eval ${commit}, Node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model.trim()}. ${compared.length} tasks, ${rowsPerTask} rows each. Made by \`npm run bench -- peers\`.`,
    "",
    "Equal / compared. words: all texts, byte by byte. places: the order of texts and images. pixels: colours after decoding. sent: the parameters beside",
    "the messages. judged: what the judge is asked. scores: rows of which both give one value. metrics: over all rows, and their parts. Differences are theirs / ours.",
    ...["", ...lines, "", "## Differences, explained", "", ...(explained.length > 0 ? explained : ["None."])],
    ...["", "## Not explained", "", ...(faults.length > 0 ? faults.map((fault) => `- ${fault}`) : ["Nothing."])],
  ];
  const target = resolve(values.reports);
  await mkdir(target, { recursive: true });
  await writeFile(join(target, `peers-lmms-eval-${date}.md`), `${text.join("\n")}\n`);
}
