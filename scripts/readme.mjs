// npm run readme [-- --check]: writes the tables of docs/ that are facts of the code: how scores agree with the references
// (computed now, from the data in test/conformance/data) and the tasks. --check fails when they are not current.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = createJiti(import.meta.url, { alias: { "llava-eval": join(root, "src/index.ts") } });
const source = (path) => sources.import(join(root, path));
const { checkBenchmarkFolder } = await source("test/conformance/benchmark-folder.ts");
const { checkVectorFile } = await source("test/conformance/vector-file.ts");
const { benchmarks } = await source("test/conformance/outputs/table.ts");
const { vectorFiles } = await source("test/conformance/vectors/table.ts");
const { letterTable, scoringTable } = await source("test/conformance/letter-rules.ts");
const { loadTasks, readSuite, suiteNames } = await source("src/api/tasks/catalogue.ts");

const data = join(root, "test/conformance/data");
const count = (n) => n.toLocaleString("en-US");

const scoreOf = (tasks) => `\`score\` of ${tasks.join(", ")}`;

/** Lines by task and scoring, filled by `agreement`. */
const byScoring = new Map();

async function agreement() {
  const files = ["scorers", "catalogue", "statistics", "video", "vlmevalkit"]
    .flatMap((folder) => readdirSync(join(data, folder)).map((file) => join(folder, file)))
    // Frames are decoded by ffmpeg, which not every machine has.
    .filter((file) => file.endsWith(".gz") && !file.startsWith(join("video", "frame")))
    .sort();
  const vectors = [];
  for (const file of files) {
    const name = file.replace(/\.jsonl(\.gz)?$/, "").replace("scorers/", "");
    const report = await checkVectorFile(vectorFiles[name], join(data, file));
    const { passed, failed, tasks, linesByTask } = report;
    for (const [by, counts] of report.byScoring) {
      const before = byScoring.get(by) ?? { passed: 0, failed: 0 };
      byScoring.set(by, { passed: before.passed + counts.passed, failed: before.failed + counts.failed });
    }
    const others = linesByTask < passed + failed ? ", else its parts" : "";
    const through = tasks.length > 0 ? `${scoreOf(tasks)}${others}` : vectorFiles[name].part;
    vectors.push(
      `| \`${name}\` | edge cases run through the reference code | ${through} | ${failed} differences in ${count(passed + failed)} |`,
    );
  }
  const outputs = readdirSync(join(data, "outputs"))
    .sort()
    .map((name) => {
      const { passed, failed, tasks } = checkBenchmarkFolder(join(data, "outputs", name), benchmarks);
      const through = tasks.length > 0 ? scoreOf(tasks) : benchmarks[name].part;
      return `| ${basename(name)} | real model outputs, official scores | ${through} | ${failed} differences in ${count(passed + failed)} |`;
    });
  return ["| what | against | through | agreement |", "| --- | --- | --- | --- |", ...outputs, ...vectors].join("\n");
}

async function tasks() {
  const rows = (await loadTasks()).map(({ name, metrics, judge, splits }) => {
    const main = metrics[0]?.name ?? "submission file";
    const names = Object.keys(splits)
      .map((split) => `\`${split}\``)
      .join(" ");
    return `| \`${name}\` | ${main} | ${names} | ${judge ? judge.model : ""} |`;
  });
  return ["| task | main metric | splits | judge |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

async function suites() {
  const parts = [];
  for (const name of (await suiteNames()).sort()) {
    const { about, scoring = "official", "prompt-profile": profile, tasks, lacks = [] } = await readSuite(name);
    const words = profile ? `, words \`${profile}\` where a task has them` : "";
    parts.push(
      `### \`${name}\`\n\n${about}. Scoring ${scoring}${words}.\n`,
      `${tasks.map((task) => `\`${task}\``).join(" ")}\n`,
      ...(lacks.length > 0 ? ["Not here:\n", `${lacks.map((row) => `- ${row}`).join("\n")}\n`] : []),
    );
  }
  return parts.join("\n").trimEnd();
}

/** What the authors of a scoring call our metrics; tasks with the same names share a line. */
async function names() {
  const byNames = new Map();
  const called = (await loadTasks()).flatMap(({ name, splits, reportedAs }) => [
    [name, reportedAs],
    ...Object.entries(splits).map(([split, { reportedAs: own }]) => [`${name}@${split}`, own]),
  ]);
  for (const [name, { vlmevalkit = {} } = {}] of called) {
    const said = Object.entries(vlmevalkit).map(([ours, theirs]) => [`\`${ours}\``, `\`${theirs}\``]);
    if (said.length === 0) continue;
    const key = [0, 1].map((side) => said.map((pair) => pair[side]).join(", ")).join(" | ");
    byNames.set(key, [...(byNames.get(key) ?? []), `\`${name}\``]);
  }
  const rows = [...byNames].map(([key, tasks]) => `| ${tasks.join(", ")} | ${key} |`);
  return ["| tasks | here | there (`reportedAs`) |", "| --- | --- | --- |", ...rows].join("\n");
}

let stale = false;
/** By the mark in docs/; each in the file of its name but for those of `files`. */
const tables = {
  agreement: await agreement(),
  tasks: await tasks(),
  suites: await suites(),
  letters: letterTable(),
  scorings: scoringTable(await loadTasks(), byScoring),
  names: await names(),
};
const files = { names: "scoring" };
for (const [name, text] of Object.entries(tables)) {
  const file = `${files[name] ?? name}.md`;
  const path = join(root, "docs", file);
  const before = readFileSync(path, "utf8");
  const part = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!part.test(before)) throw new Error(`${path} has no place for its table`);
  const after = before.replace(part, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
  if (after === before) continue;
  stale = true;
  if (process.argv.includes("--check")) process.stderr.write(`docs/${file} is not current: run \`npm run readme\`\n`);
  else writeFileSync(path, after);
}
if (stale && process.argv.includes("--check")) process.exit(3);
