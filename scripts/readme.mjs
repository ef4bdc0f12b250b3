// npm run readme [-- --check]: writes the parts of README.md that are facts of the code: how scores agree with the references
// (computed now, from the data in test/conformance/data) and the table of tasks. --check fails when they are not current.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createJiti } from "jiti";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = createJiti(import.meta.url, { alias: { "llava-eval": join(root, "src/index.ts") } });
const source = (path) => sources.import(join(root, "test/conformance", path));
const { checkBenchmarkFolder } = await source("benchmark-folder.ts");
const { checkVectorFile } = await source("vector-file.ts");
const { benchmarks } = await source("outputs/table.ts");
const { vectorFiles } = await source("vectors/table.ts");
const { loadTasks } = await import(pathToFileURL(join(root, "dist/src/api/catalogue.js")).href);

const data = join(root, "test/conformance/data");
const count = (n) => n.toLocaleString("en-US");

function agreement() {
  const vectors = readdirSync(join(data, "scorers"))
    .filter((file) => /\.jsonl(\.gz)?$/.test(file))
    .sort()
    .map((file) => {
      const name = file.replace(/\.jsonl(\.gz)?$/, "");
      const { passed, failed } = checkVectorFile(vectorFiles[name], join(data, "scorers", file));
      return `| \`${name}\` | edge cases run through the reference code | ${failed} differences in ${count(passed + failed)} |`;
    });
  const outputs = readdirSync(join(data, "outputs"))
    .sort()
    .map((name) => {
      const { passed, failed } = checkBenchmarkFolder(join(data, "outputs", name), benchmarks);
      return `| ${basename(name)} | real model outputs, official scores | ${failed} differences in ${count(passed + failed)} |`;
    });
  return ["| what | against | agreement |", "| --- | --- | --- |", ...outputs, ...vectors].join("\n");
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

const path = join(root, "README.md");
const before = readFileSync(path, "utf8");
let after = before;
for (const [name, text] of Object.entries({ agreement: agreement(), tasks: await tasks() })) {
  const part = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!part.test(after)) throw new Error(`README.md has no place for "${name}"`);
  after = after.replace(part, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
}
if (process.argv.includes("--check")) {
  if (after !== before) {
    process.stderr.write("README.md is not current: run `npm run readme`\n");
    process.exit(3);
  }
} else {
  writeFileSync(path, after);
}
