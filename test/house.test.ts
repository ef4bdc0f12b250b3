/** Rules of the house that neither the compiler nor the linter holds. (The linter holds the four parameters: biome.json.) */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => /^(src|tasks|test|scripts|bin)\/.*\.(ts|tsx|mjs|js)$/.test(path) && path !== "test/house.test.ts");

/** `file:line` of every line that breaks a rule. */
function breaches(pattern: RegExp): string[] {
  return files.flatMap((path) =>
    readFileSync(join(root, path), "utf8")
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}`] : [])),
  );
}

test("there are files to look at", () => {
  expect(files.length).toBeGreaterThan(300);
});

test("no catch takes whatever comes: each says what it caught, and throws the rest", () => {
  expect(breaches(/\bcatch\s*\{/)).toEqual([]);
});

test("private members are private in one way", () => {
  expect(breaches(/^\s+((static|readonly|async|get|set)\s+)*\*?#[a-zA-Z]/)).toEqual([]);
});

/** One word per idea (ARCHITECTURE.md). A word that is gone, and where it may stand: in what models and benchmarks say. */
const gone = [
  {
    word: /picture/i,
    now: "image",
    quoted: [
      "src/datasets/demo/captions.ts", // what the demo model says
      "src/datasets/demo/rows.ts", // a cell of the demo's rows, whose digest is known
      "src/runners/local/invariance.ts", // the words asked
      "tasks/realworldqa/score.ts", // an answer
      "test/conformance/vectors/vlmevalkit-prompts.ts", // a key of the vectors
      "tasks/vqa/simplevqa-task.ts", // what its authors send
      "test/bench/tasks.ts",
      "test/report/large-run.ts",
      "test/tasks/multiple-choice.test.ts",
      "test/tasks/references.test.ts",
      "test/tasks/short-answer.test.ts",
    ],
  },
  { word: /\blabels?\b.*\b(truncated|unparsable)\b/, now: "remark", quoted: [] },
  { word: /\bgroup\??: \{ (readonly )?key\b|\brequest\.group\b/, now: "prefix", quoted: [] },
  { word: /\bgroundTruths?\b|\b(dataset|content|image)Hash\b/, now: "target, digest", quoted: [] },
] as const;

test.each(gone)("$word is gone: it is called $now", ({ word, quoted }) => {
  const places = breaches(word).map((place) => place.replace(/:\d+$/, ""));
  expect([...new Set(places)].filter((path) => !(quoted as readonly string[]).includes(path))).toEqual([]);
  for (const path of quoted) expect(places, `${path} needs no exception any more`).toContain(path);
});

const prose = execFileSync("git", ["ls-files", "*.md", "src/engine/*", "test/engine/*"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => /\.(md|cc|cu|cuh|h)$/.test(path) && path !== "CHANGELOG.md");

test("the documents and the engine speak of images too", () => {
  expect(prose.length).toBeGreaterThan(100);
  expect(prose.filter((path) => /picture/i.test(readFileSync(join(root, path), "utf8")))).toEqual([]);
});
