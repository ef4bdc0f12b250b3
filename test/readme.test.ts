import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the README's agreement and task tables are what the code gives now", () => {
  execFileSync(process.execPath, [join(root, "scripts/readme.mjs"), "--check"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
});

test("every file that the README links to is there", () => {
  const targets = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target = ""]) => target);
  expect(targets.length).toBeGreaterThan(2);
  expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
});
