import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const text = (page: string) => readFileSync(join(root, page), "utf8");

// Every task scores every reply of the tables: half a minute of one core.
test("the tables of agreement and tasks are what the code gives now", { timeout: 300_000 }, () => {
  execFileSync(process.execPath, [join(root, "scripts/readme.mjs"), "--check"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
});

test.each(pages)("every file, image and heading that %s links to is there", (page) => {
  const targets = [...text(page).matchAll(/\]\(([^):]+)\)/g)].map(([, target = ""]) => target);
  const missing = targets.filter((target) => {
    const [path = "", heading] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    if (!existsSync(join(root, file))) return true;
    return heading !== undefined && !headings(text(file)).includes(heading);
  });
  expect(missing).toEqual([]);
});

/** As GitHub names them in links. */
const headings = (markdown: string) =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .trim()
      .replaceAll(" ", "-"),
  );

test("the index of docs/ leads to every page and each page back, and there are links to look at", () => {
  expect(text("README.md").match(/\]\(/g)?.length).toBeGreaterThan(20);
  const index = text("docs/README.md");
  const others = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(others.filter((page) => !index.includes(`](${page.slice("docs/".length)})`))).toEqual([]);
  // And back, since a search leads into the middle.
  expect(others.filter((page) => !text(page).includes("\n[All documentation](README.md)\n"))).toEqual([]);
});

test("the README says how many C++ files an install compiles", () => {
  const sources = readdirSync(join(root, "src", "engine"), { recursive: true, encoding: "utf8" });
  const compiled = sources.filter((name) => name.endsWith(".cc") && !name.startsWith(join("kernels", "cuda")));
  const said = Number(/compiles (\d+) C\+\+ files/.exec(text("README.md"))?.[1]);
  expect(said).toBe(compiled.length);
});
