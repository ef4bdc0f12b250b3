import type { CommandModule } from "yargs";
import { isSound, type Verified, verifyData } from "../api/data/data.js";
import { dataPages, type Rendered } from "../api/data/data-pages.js";
import { asBlocks, dataRows, folded, rowsHtml, type Screen, type ShownRow, thumbnail } from "../api/data/data-rows.js";
import { writeText } from "../api/text-file.js";
import type { EncodedImage } from "../core/image.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { Interrupt } from "./interrupt.js";
import { screenOf } from "./look.js";
import { numberFlag } from "./number-flag.js";
import { count } from "./number-format.js";

interface Arguments {
  readonly what: string;
  readonly tasks: string[];
  readonly data: string;
  readonly json: boolean | undefined;
  readonly rows: string | undefined;
  readonly offset: string | undefined;
  readonly out: string | undefined;
}

const warn = (message: string) => void process.stderr.write(`warning: ${message}\n`);

const problemsShown = 20;

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("what", {
        type: "string",
        choices: ["show", "verify", "pages"],
        demandOption: true,
        describe: "what to do",
      })
      .positional("tasks", { type: "string", array: true, demandOption: true, describe: "tasks, as for run" })
      .option("data", { type: "string", requiresArg: true, default: "hub", describe: "hub, demo, or a folder" })
      .option("rows", { type: "string", requiresArg: true, describe: "show: rows of each task (default 5)" })
      .option("offset", { type: "string", requiresArg: true, describe: "show: start at sample K (default 0)" })
      .option("out", { type: "string", requiresArg: true, describe: "show: write a page for the browser instead" })
      .option("json", { type: "boolean", describe: "print as JSON" })
      .example("$0 data show ./mine.yaml --data rows --out rows.html", "look at them before a model is asked")
      .example("$0 data pages mmlongbench_doc --data DIR", "PDF documents become images of their pages")
      .example("$0 data verify mmmu --data rows", "every row read, every image decoded"),
  handler: async (argv) => {
    const interrupt = new Interrupt(() => {});
    try {
      const work = { show, verify, pages }[argv.what as "show" | "verify" | "pages"];
      process.exitCode = await work(argv, interrupt.drain);
    } catch (error) {
      if (!interrupt.isReason(error)) throw error;
      process.exitCode = ExitCode.interrupted;
    } finally {
      interrupt.stop();
    }
  },
};

const namesIn = (tasks: readonly string[]) => tasks.flatMap((name) => name.split(","));

async function verify({ tasks, data, json }: Arguments, signal: AbortSignal): Promise<number> {
  const found: Verified[] = [];
  for await (const verified of verifyData(namesIn(tasks), data, { signal, warn })) {
    found.push(verified);
    if (!json) process.stdout.write(`${lines(verified)}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  return found.every(isSound) ? ExitCode.done : ExitCode.gateClosed;
}

async function pages({ tasks, data, json }: Arguments, signal: AbortSignal): Promise<number> {
  const say = (message: string) => void process.stderr.write(`${terminalSafe(message, 300)}\n`);
  const found: Rendered[] = [];
  for await (const rendered of dataPages(namesIn(tasks), data, { signal, warn, say })) {
    found.push(rendered);
    if (json) continue;
    const { label, rows, documents, renderer, file, problems } = rendered;
    const what = `${count(documents)} documents, ${count(rendered.pages)} pages by ${renderer}`;
    process.stdout.write(`${label}: ${count(rows)} rows, ${what}\n  ${terminalSafe(file)}\n`);
    for (const problem of problems.slice(0, problemsShown)) process.stdout.write(`  ${terminalSafe(problem, 300)}\n`);
    if (problems.length > problemsShown) process.stdout.write(`  and ${problems.length - problemsShown} more\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  return found.every(({ problems }) => problems.length === 0) ? ExitCode.done : ExitCode.gateClosed;
}

async function show(argv: Arguments, signal: AbortSignal): Promise<number> {
  const rows = numberFlag(argv.rows, "rows", { integer: true, min: 1, max: 10_000, fallback: 5 });
  const offset = numberFlag(argv.offset, "offset", { integer: true, min: 0, max: 2 ** 31, fallback: 0 });
  const found: ShownRow[] = [];
  const names = namesIn(argv.tasks);
  for await (const row of dataRows(names, { data: argv.data, rows, offset, signal, warn })) found.push(row);
  if (argv.json) process.stdout.write(`${JSON.stringify(found.map(rowJson), null, 2)}\n`);
  else if (argv.out !== undefined) {
    await writeText(argv.out, await rowsPage(names.join(", "), found));
    process.stdout.write(`${argv.out}\n`);
  } else for (const row of found) process.stdout.write(await rowLines(row, screenOf(process.stdout)));
  return found.every(({ problems }) => problems.length === 0) ? ExitCode.done : ExitCode.gateClosed;
}

const imageWords = ({ width, height, mediaType, bytes }: EncodedImage) =>
  `${width} × ${height} ${mediaType.replace("image/", "")}, ${count(Math.ceil(bytes.byteLength / 1024))} KB`;

const rowJson = ({ images, ...row }: ShownRow) => ({
  ...row,
  images: images.map(({ digest, width, height, mediaType }) => ({ digest, width, height, mediaType })),
});

/** Letters of an image in a terminal's line, at most. */
const imageColumns = 48;

async function rowLines(row: ShownRow, screen: Screen): Promise<string> {
  const { width = 80, paint } = screen;
  const soft = (text: string) => (paint ? paint("soft", text) : text);
  const lines = [`${row.label} #${row.index}${row.id === undefined ? "" : ` ${terminalSafe(row.id, 80)}`}`];
  for (const problem of row.problems) lines.push(`  problem: ${terminalSafe(problem, 300)}`);
  for (const image of row.images) {
    // Colours are what such an image is made of.
    if (paint)
      for (const line of await asBlocks(image.bytes, Math.min(imageColumns, width - 2)).catch(() => []))
        lines.push(`  ${line}`);
    lines.push(`  ${soft(`image ${imageWords(image)}`)}`);
  }
  for (const line of (row.prompt ?? "").split("\n"))
    if (line !== "") lines.push(indented(terminalSafe(line, 2000), width));
  for (const [name, value] of Object.entries(row.columns)) {
    const label = `${terminalSafe(name)}:`;
    lines.push(indented(`${label} ${terminalSafe(textOf(value), 500)}`, width).replace(label, () => soft(label)));
  }
  return `${lines.join("\n")}\n\n`;
}

/** Below the row's own line. */
const indented = (text: string, width: number) => folded(text, width - 2).replace(/^/gm, "  ");

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

async function rowsPage(title: string, rows: readonly ShownRow[]): Promise<string> {
  const shown = rows.map(async ({ label, index, id, prompt, images, columns, problems }) => ({
    title: `${label} #${index}${id === undefined ? "" : ` ${id}`}`,
    ...(prompt === undefined ? {} : { prompt }),
    images: await Promise.all(
      images.map(async (image) => {
        const small = await thumbnail(image.bytes).catch(() => new Uint8Array());
        return { uri: `data:image/webp;base64,${Buffer.from(small).toString("base64")}`, words: imageWords(image) };
      }),
    ),
    columns: Object.entries(columns).map(([name, value]) => [name, textOf(value)] as const),
    problems,
  }));
  return rowsHtml(title, await Promise.all(shown));
}

function lines(found: Verified): string {
  const { task, source, revision, digest, rows, expectedRows, images, clips, problems } = found;
  const expected =
    expectedRows === undefined || expectedRows === rows ? "" : ` (the benchmark has ${count(expectedRows)})`;
  const shown = problems.slice(0, problemsShown).map((problem) => `  ${terminalSafe(problem, 300)}`);
  if (problems.length > problemsShown) shown.push(`  and ${count(problems.length - problemsShown)} more`);
  return [
    `${task}: ${terminalSafe(source)} @ ${revision}, digest ${digest}`,
    `  ${count(rows)} rows${expected}, ${clips === undefined ? `${count(images)} different images` : `${count(clips)} different clips`}, ${problems.length === 0 ? "all sound" : `${count(problems.length)} problems`}`,
    ...shown,
  ].join("\n");
}
