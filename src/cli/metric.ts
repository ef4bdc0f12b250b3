import type { CommandModule } from "yargs";
import { readLines } from "../conformance/lines.js";
import { totals, vectorDifferences } from "../conformance/report.js";
import { answer, checkVectorFile, type VectorFile } from "../conformance/vector-file.js";
import { vectorFiles } from "../conformance/vectors/table.js";
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { ExitCode } from "./exit-code.js";

interface Arguments {
  readonly name: string | undefined;
  readonly file: string | undefined;
  readonly check: boolean;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("name", { type: "string", describe: "vqa_accuracy, caption_corpora, ...: a conformance file's name" })
      .positional("file", {
        type: "string",
        describe: 'lines {"input": ..., "fn"?: ..., "expected"?: ...}, .jsonl or .jsonl.gz',
      })
      .option("check", {
        type: "boolean",
        default: false,
        describe: "compare with each line's expected value; exit 3 on a difference",
      })
      .example("$0 metric vqa_accuracy --check vqa_accuracy.jsonl.gz", "every line must agree"),
  handler: ({ name, file, check }) => {
    if (name === undefined) return print(Object.keys(vectorFiles).sort().join("\n"));
    const scorer = vectorFiles[name];
    if (scorer === undefined)
      throw new UserError(
        `no scorer named "${name}"`,
        "llava-eval metric",
        `${didYouMean(name, Object.keys(vectorFiles))}run "llava-eval metric" for the list`,
      );
    if (file === undefined)
      throw new UserError("no file given", `llava-eval metric ${name}`, "name a .jsonl or .jsonl.gz file of inputs");
    if (check) checkFile(name, scorer, file);
    else printAnswers(scorer, file);
  },
};

function checkFile(name: string, scorer: VectorFile, path: string): void {
  const report = checkVectorFile(scorer, path);
  for (const text of vectorDifferences(name, report)) print(text);
  if (report.passed + report.failed === 0) print("the file has no cases");
  print(totals(report.passed, report.failed));
  if (report.failed > 0 || report.passed === 0) process.exitCode = ExitCode.gateClosed;
}

/** One JSON line per input: our value, or why there is none. */
function printAnswers(scorer: VectorFile, path: string): void {
  for (const line of readLines(path)) {
    const outcome = answer(scorer, typeof line.fn === "string" ? line.fn : "", line.input);
    const result = "error" in outcome ? { error: String(outcome.error) } : { value: plain(outcome.value) };
    print(JSON.stringify({ id: line.id, ...result }));
  }
}

/** JSON has no NaN and no Infinity: written as the conformance files write them. */
function plain(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return { $num: String(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
