/// <reference lib="dom" />

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { violationOf } from "../../src/core/schema.js";
import { Leaderboard } from "../../src/record/leaderboard-entry.js";
import { sizeClassOf, sizeOf, sizesOf } from "../../src/report/site/size.js";
import { sample, writeRun } from "../board/run-fixture.js";
import { runCommand } from "../cli/run-command.js";
import { Pages, withBrowser } from "./page-fixture.js";

const pages = new Pages(1280);

const tasks = ["ai2d", "chartqa", "gqa", "mmmu", "pope", "textvqa", "vqav2", "plates"];
const hostile = `<script>document.title="owned"</script> a/../b`;
const models = [
  "own-0.5b",
  "own-7b",
  "own-72b",
  "Other-7B-chat",
  ...Array.from({ length: 7 }, (_, i) => `run-${i}`),
  hostile,
];
/** How many of 60 samples the model has right: another number for each model, in another order for each task. */
const right = (model: number, task: number) => 20 + ((5 * model + 7 * task) % 12) * 3;
/** What a run of each night before leaves in history.jsonl; the last is the one that stands on the board. */
const night = (i: number, value: number) => ({
  ...{ schema: "llava-eval/history@1", finishedAt: new Date(Date.UTC(2025, 11, 21 + i, 1)).toISOString(), run: "of/1" },
  ...{ model: "own-7b", task: "gqa", version: 1, scoring: "official", promptProfile: "default" },
  dataset: { source: "demo", split: "test" },
  metric: { name: "accuracy", unit: "fraction", direction: "higher", value: value + (i % 3) / 100, n: 60 },
  ...{ n: { total: 60, scored: 60 }, flags: [] },
});
let site: string;

beforeAll(async () => {
  const results = join(pages.folder, "results");
  for (const [m, model] of models.entries()) {
    const answered = (t: number) => Array.from({ length: 60 }, (_, i) => sample(i, i < right(m, t) ? 1 : 0));
    await writeRun(results, `of/${m}`, {
      model,
      manifest: { config: { tasks, model: `local:./${m}` }, versions: { "llava-eval": "0.1.0" } },
      tasks: Object.fromEntries(tasks.map((task, t) => [task, { samples: answered(t) }])),
    });
  }
  const nights = Array.from({ length: 12 }, (_, i) => night(i, i < 6 ? 0.4 : 0.6));
  await writeFile(join(results, "history.jsonl"), nights.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const suite = join(pages.folder, "mine.yaml");
  await writeFile(suite, "about: two of ours\ntasks: [gqa, mmmu]\n");
  site = join(pages.folder, "public", "board");
  await runCommand(["leaderboard", "--results", results, "--format", "html", "--out", join(site, "..", "plain.html")]);
  const { stderr } = await runCommand([
    "leaderboard",
    "--results",
    results,
    "--suite",
    suite,
    "--published",
    "--site",
    site,
  ]);
  expect(stderr).toBe(`${join(site, "index.html")}\n`);
}, 120_000);

/** The files of the site below a path of a server, as any web host serves them. */
async function served(prefix: string) {
  const types: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript" };
  const server = createServer(async ({ url = "" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const path = join(site, pathname.slice(prefix.length));
    try {
      if (!pathname.startsWith(prefix)) throw new Error(`${pathname} is outside of the site`);
      const text = await readFile(path);
      response.writeHead(200, { "content-type": types[extname(path)] ?? "text/plain" }).end(text);
    } catch (error) {
      response.writeHead(404).end(String(error));
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}index.html`,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => void server.close(() => done())),
  };
}

const names = (page: Page) => page.locator("tbody tr:visible > th").allTextContents();
const column = async (page: Page, place: number) =>
  await page
    .locator(`tbody tr:visible > :nth-child(${place + 1})`)
    .evaluateAll((cells) =>
      cells.flatMap((cell) =>
        (cell as HTMLElement).dataset.value === undefined ? [] : [Number((cell as HTMLElement).dataset.value)],
      ),
    );

async function walk(url: string): Promise<void> {
  const page = await pages.open(url);
  expect(await page.title()).toBe("llava-eval leaderboard");
  const all = await names(page);
  expect(models.every((model) => all.includes(model))).toBe(true);
  const heads = await page.locator("thead button").allTextContents();
  expect(heads).toEqual(["model", "size", "mine", ...[...tasks].sort().map((task) => `${task} v1`), "date"]);

  // Sorted by a click on a head, the best first; by another the other way round.
  const place = heads.indexOf("pope v1");
  await page.click('thead button:text-is("pope v1")');
  const best = await column(page, place);
  expect(best).toEqual([...best].sort((a, b) => b - a));
  expect(best.length).toBeGreaterThanOrEqual(12);
  expect(await page.locator("th[aria-sort]").evaluateAll((all) => all.map((one) => one.ariaSort))).toEqual([
    "descending",
  ]);
  await page.click('thead button:text-is("pope v1")');
  expect(await column(page, place)).toEqual([...best].sort((a, b) => a - b));
  await page.click('thead button:text-is("mine")');
  const averages = await column(page, 2);
  expect(averages).toEqual([...averages].sort((a, b) => b - a));

  // Searched: all words, whatever their case.
  await page.fill("#search", "OWN 7");
  expect((await names(page)).sort()).toEqual(["own-72b", "own-7b"]);
  expect(await page.locator("#count").textContent()).toBe(`2 of ${all.length} rows`);
  // Sent to somebody else, the address shows the same.
  const other = await pages.open(page.url());
  expect(await names(other)).toEqual(await names(page));
  await other.close();
  await page.fill("#search", "");

  // Filtered by group of tasks, by size, by whose numbers they are.
  await page.selectOption("#group", "mine");
  expect(await page.locator("thead th:visible button").allTextContents()).toEqual([
    "model",
    "size",
    "mine",
    "gqa v1",
    "mmmu v1",
    "date",
  ]);
  await page.selectOption("#group", "");
  await page.selectOption("#size", "small");
  expect(await names(page)).toEqual(expect.arrayContaining(["own-7b", "Other-7B-chat"]));
  expect(await names(page)).not.toContain("own-72b");
  await page.selectOption("#size", "");
  await page.uncheck("#elsewhere");
  expect((await names(page)).sort()).toEqual([...models].sort());

  // From the board to a model, from there to a task, from a number to its samples.
  await page.click('tbody a:text-is("own-7b")');
  expect(await page.locator("h1").textContent()).toBe("own-7b");
  expect(await page.locator("pre[aria-label=command]").textContent()).toContain("npx llava-eval run --model local:./1");
  await page.click('tbody th a:text-is("mmmu v1")');
  expect(await page.locator("dl").first().textContent()).toContain("CC0-1.0");
  expect(await page.locator("pre[aria-label=prompt]").textContent()).toBe("question 0");
  await page.click('tbody tr:has(a:text-is("own-7b")) td a');
  await page.waitForSelector(".list, [role=listbox], .task");
  expect(page.url()).toContain("#task=mmmu");
  await page.close();
}

withBrowser("a board of 12 x 8 is sorted, searched and filtered from a file", { timeout: 120_000 }, async () => {
  await walk(pathToFileURL(join(site, "index.html")).href);
  expect(pages.problems).toEqual([]);
});

withBrowser("and below a path of a web server", { timeout: 120_000 }, async () => {
  await using server = await served("/a/b/");
  await walk(server.url);
  expect(pages.problems).toEqual([]);
});

withBrowser("without scripts every number is there", { timeout: 60_000 }, async () => {
  const context = await pages.browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(pathToFileURL(join(site, "index.html")).href);
  expect(await page.locator("tbody tr:visible").count()).toBeGreaterThanOrEqual(12);
  expect(await page.locator(".controls").isVisible()).toBe(false);
  await context.close();
});

test("every link of every page leads to a file of the site, and all of it is below the folder", async () => {
  const files = (await readdir(site, { recursive: true })).filter(
    (name) => name.endsWith(".html") && !name.startsWith("samples"),
  );
  expect(files).toEqual(expect.arrayContaining(["index.html", "tasks/mmmu.html", "models/own-7b.html"]));
  const known = new Set(await readdir(site, { recursive: true }));
  for (const file of files) {
    const text = await readFile(join(site, file), "utf8");
    for (const [, address = ""] of text.matchAll(/href="([^"]+)"/g)) {
      if (address.startsWith("https://")) continue; // a source
      const target = relative(site, resolve(site, dirname(file), address.split("#")[0] ?? ""));
      expect(known, `${file}: ${address}`).toContain(target);
    }
    expect(text, file).not.toContain("<script>document");
    expect(text, file).toContain("default-src 'none'");
  }
  const json = JSON.parse(await readFile(join(site, "leaderboard.json"), "utf8"));
  expect(violationOf(Leaderboard, json)).toBeUndefined();
  expect(await readFile(join(site, "tasks", "mmmu.html"), "utf8")).toContain("0 differences in 908");
});

test("written again, a site loses the pages of models, tasks and runs that are gone, and nothing else of the folder", async () => {
  const results = join(pages.folder, "fewer");
  const out = join(pages.folder, "again");
  const write = () => runCommand(["leaderboard", "--results", results, "--site", out]);
  const run = (name: string, ...tasks: string[]) =>
    writeRun(results, name, {
      tasks: Object.fromEntries(tasks.map((task) => [task, { samples: [0, 1, 2].map((i) => sample(i, i % 2)) }])),
    });
  await run("stays", "gqa");
  await run("goes", "gqa", "pope");
  await run("leaves-a-note", "gqa");
  await write();
  const files = async () => (await readdir(out, { recursive: true })).sort();
  const first = await files();
  expect(first).toEqual(expect.arrayContaining(["models/goes.html", "tasks/pope.html", "samples/goes/index.html"]));
  // Names without a size: there is none to choose by, and no column of dashes.
  expect(await readFile(join(out, "index.html"), "utf8")).not.toMatch(/id="size"|>size</);

  const strangers = ["models/mine.html", "CNAME", "samples/leaves-a-note/note.txt", "samples/theirs/index.html"];
  await mkdir(join(out, "samples", "theirs"));
  for (const stranger of strangers) await writeFile(join(out, stranger), "mine");
  await mkdir(join(out, "samples", "stays", "images"));
  await writeFile(join(out, "samples", "stays", "images", "licensed.png"), "published with --images before");
  for (const name of ["goes", "leaves-a-note"]) await rm(join(results, name), { recursive: true });
  await write();
  const gone = /(^|[/.])(goes|leaves-a-note|pope)(\/index)?\.(html|yaml)$|^samples\/goes$/;
  expect(await files()).toEqual([...first.filter((name) => !gone.test(name)), ...strangers, "samples/theirs"].sort());

  await writeFile(join(out, "site.json"), '{"schema": "llava-eval/site@1", "pages": ["../../important.txt"]}');
  const before = await files();
  await expect(write()).rejects.toMatchObject({
    where: join(out, "site.json"),
    fix: expect.stringContaining("folder"),
  });
  expect(await files()).toEqual(before);
});

withBrowser("axe finds nothing on the site's pages", { timeout: 120_000 }, async () => {
  for (const [colorScheme, width] of [
    ["light", 1280],
    ["dark", 390],
  ] as const) {
    const page = await pages.browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    for (const view of ["index.html", "tasks/mmmu.html", "models/own-7b.html", "history.html", "../plain.html"]) {
      await page.goto(pathToFileURL(join(site, view)).href);
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => {
        const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document);
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
      });
      expect([colorScheme, view, found]).toEqual([colorScheme, view, []]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect([view, width, wide <= 0]).toEqual([view, width, true]);
    }
    await page.close();
  }
});

test("a model's size is what its name says", () => {
  const said = [
    "llava-next-72b",
    "LLaVA-OneVision-0.5B",
    "smol-500m",
    "llava-onevision-qwen2-7b-ov",
    "qwen2",
    "v1.5-13B",
  ];
  expect(said.map(sizeOf)).toEqual([72, 0.5, 0.5, 7, undefined, 13]);
  expect(sizesOf(said).map(({ name }) => name)).toEqual(["tiny", "small", "medium", "large", "unknown"]);
  expect(said.map(sizeClassOf)).toEqual(["large", "tiny", "tiny", "small", "unknown", "medium"]);
  expect(sizesOf(["qwen2", "mine"])).toEqual([]);
});
