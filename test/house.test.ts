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
