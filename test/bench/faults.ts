/**
 * 91 faults of an endpoint, each met once and for ever: every sample is scored as without the fault, or unscored with the reason,
 * or the run ends before it with the reason. An hour on two busy cores; not in CI, where `test/e2e/faults.test.ts` mixes some.
 *   npm run bench -- faults [NAME...] [--work DIR] [--reports DIR]
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Answered, ask, cell, wordsOf } from "./servers/asking.js";
import { faultNames, startFaulty } from "./servers/faulty.js";
import { output, root } from "./servers/programs.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: "string", default: join(root, "build/servers") },
    reports: { type: "string", default: join(root, "test/bench/reports") },
  },
});
const work = resolve(values.work);
const names = positionals.length > 0 ? positionals : faultNames;

/** Of these the reply is an answer, though another one: it is scored as it stands. */
const answers: Readonly<Record<string, string>> = {
  "content empty": "",
  refusal: "I refuse",
  "length, nothing": "",
  "Latin-1": "caf\u00e9",
  "half a surrogate": "\ud800 yes",
  NUL: "a\u0000b",
};

async function meet(fault: string | undefined, times: number): Promise<Answered> {
  await using server = await startFaulty(fault, times);
  const urls = [server.url];
  return await ask(work, {
    name: "fault",
    model: {
      runner: "openai",
      name: "m",
      model: "m",
      urls,
      apiKey: "env:KEY",
      timeoutSeconds: 2,
      attempts: 3,
      concurrency: 4,
    },
    tasks: ["vqav2"],
    limit: 8,
    environment: { KEY: "sk-FAKESECRETFAKESECRET12345" },
  });
}

/** What a run did that it must not do. */
function wrongIn(answered: Answered, quiet: Answered, fault: string): readonly string[] {
  const wrong: string[] = [];
  if (answered.exitCode === null || answered.exitCode > 2) wrong.push(`exit ${answered.exitCode}`);
  for (const [id, { text, score }] of answered.samples) {
    const expected = quiet.samples.get(id);
    if (score.status === "unscored") {
      if (!score.detail) wrong.push(`${id}: unscored without a reason`);
    } else if (text === expected?.text) {
      if (JSON.stringify(score.value) !== JSON.stringify(expected?.score.value)) wrong.push(`${id}: another score`);
    } else if (text !== answers[fault]) wrong.push(`${id}: scored ${JSON.stringify(text?.slice(0, 40))}`);
  }
  if (answered.samples.size === 0 && wordsOf(answered) === "") wrong.push("stopped without a reason");
  return wrong;
}

const quiet = await meet(undefined, 0);
if (quiet.samples.size !== 8) throw new Error(`the run without a fault failed: ${quiet.stderr}`);
const lines = ["| fault | once | for ever | words for ever |", "| --- | --- | --- | --- |"];
const faults: string[] = [];
for (const name of names) {
  const cells: string[] = [name];
  let words = "";
  for (const times of [1, Number.POSITIVE_INFINITY]) {
    const answered = await meet(name, times);
    const wrong = wrongIn(answered, quiet, name);
    faults.push(...wrong.map((one) => `${name}, ${times === 1 ? "once" : "for ever"}: ${one}`));
    cells.push(`${countsOf(answered)}${wrong.length > 0 ? " **wrong**" : ""}`);
    words = wordsOf(answered);
  }
  lines.push(`| ${[...cells, cell(words)].join(" | ")} |`);
  console.log(lines.at(-1));
}
const date = new Date().toISOString().slice(0, 10);
const commit = output("git", ["-C", root, "rev-parse", "--short", "HEAD"]).trim();
const report = [
  `# Faults of an endpoint, ${date}`,
  "",
  `llava-eval ${commit}, Node ${process.version}. Eight samples of vqav2, two seconds an attempt, three attempts. Made by \`npm run bench -- faults\`.`,
  ...["", ...lines, "", "## Wrong", "", ...(faults.length > 0 ? faults.map((fault) => `- ${fault}`) : ["Nothing."])],
];
await mkdir(values.reports, { recursive: true });
const file = join(values.reports, `faults-${date}.md`);
await writeFile(file, `${report.join("\n")}\n`);
console.log(`${faults.length} wrong; ${file}`);
if (faults.length > 0) process.exitCode = 1;

/** `scored 6, refused 1, failed 1`, or how the run was stopped. */
function countsOf(answered: Answered): string {
  const counts = { scored: 0, refused: 0, failed: 0 };
  for (const { score } of answered.samples.values())
    counts[score.status === "scored" ? "scored" : score.reason === "refused" ? "refused" : "failed"]++;
  const said = Object.entries(counts).flatMap(([kind, n]) => (n > 0 ? [`${n} ${kind}`] : []));
  return said.length > 0 ? said.join(", ") : `stopped (exit ${answered.exitCode})`;
}
