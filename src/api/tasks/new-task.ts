/** A new task: one that runs at once, with rows and a test, to be changed into the real one. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import { isFoundFrom, program, programIn } from "../this-program.js";

export interface NewTask {
  readonly paths: readonly string[];
  /** The lines to type next, as they work from that folder. */
  readonly next: readonly string[];
}

/**
 * Writes the files of a new task: in a checkout of llava-eval where tasks, tests and examples belong, anywhere else side by
 * side in `folder`.
 * @throws UserError  the name is no task name; a file exists
 */
export async function writeTask(name: string, folder: string): Promise<NewTask> {
  if (!/^[a-z][a-z0-9_]*$/.test(name))
    throw new UserError(`"${name}" is no name for a task`, "tasks new", "use lower-case letters, digits and _");
  const files = isOurTree(folder) ? treeFiles(name) : looseFiles(name, folder);
  const paths = Object.keys(files).map((file) => join(folder, file));
  const taken = paths.find((path) => existsSync(path));
  if (taken !== undefined)
    throw new UserError("the file exists already", taken, "choose another name, or remove the file first");
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content, { flag: "wx" });
  }
  const typed = programIn(folder);
  const next = isOurTree(folder)
    ? [`npx vitest run test/tasks/${name}.test.ts`, `${typed} tasks ./tasks/${name}/task.ts`]
    : [`${typed} run --tasks ./${name}.ts --data . --model stub`, `node --test ${name}.test.mjs`];
  return { paths, next };
}

const isOurTree = (folder: string): boolean => folder === packageRoot && existsSync(join(folder, "test", "tasks"));

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function treeFiles(name: string): Record<string, string | Buffer> {
  return {
    [`tasks/${name}/task.ts`]: taskSource(name),
    [`test/tasks/${name}.test.ts`]: goldenTest(name),
    [`tasks/${name}/example.json`]: json(exampleRow("q1", "What colour is the bus?", ["red"])),
  };
}

function looseFiles(name: string, folder: string): Record<string, string | Buffer> {
  const rows = [
    exampleRow("q1", "What colour is the bus?", ["red"]),
    exampleRow("q2", "How many wheels can you see?", ["2", "two"]),
  ];
  return {
    [`${name}.ts`]: taskSource(name),
    [`${name}.jsonl`]: rows.map((row) => `${JSON.stringify({ ...row, image: `${name}.png` })}\n`).join(""),
    [`${name}.png`]: pixel,
    [`${name}.test.mjs`]: looseTest(name, isFoundFrom(folder)),
  };
}

/** A grey pixel: to be replaced by images. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);

const exampleRow = (id: string, question: string, answers: readonly string[]) => ({
  question_id: id,
  question,
  answers,
});

function taskSource(name: string): string {
  return `import { defineTask, Image, mean, rightOrWrong, type Static, Type, userPrompt } from "llava-eval";

// Which rows: every column that is used. A row that does not fit is named by dataset, split, row and field.
const row = Type.Object({
  question_id: Type.String(),
  image: Image(),
  question: Type.String(),
  answers: Type.Array(Type.String()),
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "${name}",
  version: 1, // raise it whenever a number can change
  about: "One sentence: what is asked, and how it counts (Authors Year).",
  cite: "the paper, and the official script that the score follows",
  splits: {
    test: { sources: ["organisation/dataset"], split: "test", licence: "not stated", answers: "public" },
  },
  row,
  id: ({ question_id }) => question_id,
  // Which words are sent.
  prompt: ({ image, question }) => userPrompt(image, \`\${question}\\nAnswer the question using a single word or phrase.\`),
  generation: { maxNewTokens: 16, temperature: 0 },
  // What counts as right.
  score({ answers }, output) {
    const answer = output.text.trim().toLowerCase();
    return rightOrWrong(answers.includes(answer), answer, answers);
  },
  // What is averaged.
  metrics: [mean("accuracy")],
});
`;
}

function goldenTest(name: string): string {
  return `import task from "../../tasks/${name}/task.js";
import { goldenTask } from "./golden-task.js";

// The golden files are written by the first run: read them, then commit them.
goldenTask({
  task,
  columns: { question_id: "string", image: "image", question: "string", answers: "strings" },
  rows: [
    { question_id: "q1", image: true, question: "What colour is the bus?", answers: ["red"] },
    { question_id: "q2", image: true, question: "How many wheels can you see?", answers: ["2", "two"] },
  ],
  answers: ["Red", "three"],
  main: { official: 1 / 2, "lmms-eval": 1 / 2 },
});
`;
}

/** @param found the package is found by its name from the test's folder; else the test names this very copy of it */
function looseTest(name: string, found: boolean): string {
  const line = found
    ? `const program = join(dirname(createRequire(import.meta.url).resolve("llava-eval/package.json")), "bin", "llava-eval.js");`
    : `const program = ${JSON.stringify(program)}; // this machine's copy: where llava-eval is not installed beside the test`;
  return `// node --test ${name}.test.mjs
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
${found ? 'import { createRequire } from "node:module";\n' : ""}import { tmpdir } from "node:os";
import { ${found ? "dirname, " : ""}join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

${line}

test("${name} reads its rows, asks about each and scores every answer", () => {
  const out = mkdtempSync(join(tmpdir(), "${name}-"));
  try {
    const args = ["run", "--tasks", "./${name}.ts", "--data", ".", "--model", "stub", "--out", join(out, "run")];
    execFileSync(process.execPath, [program, ...args], { cwd: fileURLToPath(new URL(".", import.meta.url)), stdio: "pipe" });
    const result = JSON.parse(readFileSync(join(out, "run", "${name}.json"), "utf8"));
    assert.deepEqual(result.n, { total: 2, scored: 2, unscored: { refused: 0, transport: 0, judge: 0, data: 0 } });
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
`;
}
