/// <reference lib="dom" />

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Result, RunManifest } from "../../src/core/result.js";
import { encodedImage } from "../../src/images/encoded.js";
import { thumbnail } from "../../src/images/thumbnail.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { ImageStore } from "../../src/report/images.js";
import { ReportSource } from "../../src/report/report-source.js";
import { servePage } from "../../src/report/serve.js";
import { writeReport } from "../../src/report/write-report.js";
import { drawnImage } from "../fakes/images.js";
import { chromiumPath, launchBrowser } from "./browser.js";
import { largeReport } from "./large-run.js";

const withBrowser = chromiumPath ? test : test.skip; // reason: no Chromium on this machine (Debian package chromium)

let browser: Browser;
let folder: string;
const problems: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-page-"));
  if (chromiumPath) browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

const hostile = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">';

/** A run folder as `run` leaves it. Odd samples are wrong; sample 2 is hostile, 4 right-to-left, 6 a megabyte, 8 unscored. */
async function writeRun(
  name: string,
  n: number,
  right: (i: number) => boolean = (i) => i % 2 === 0,
  model = `model ${name}`,
): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  const digests = await Promise.all([0, 1, 2].map(async (seed) => encodedImage(await drawnImage({ seed })).digest));
  const text = (i: number) =>
    i === 2
      ? hostile
      : i === 4
        ? "\u202eהתשובה היא לא\u202c"
        : i === 6
          ? "long ".repeat(200_000)
          : right(i)
            ? "yes"
            : "no";
  const records = Array.from({ length: n }, (_, i): SampleRecord => {
    const asked = {
      ...{ index: i, id: `q${i}`, cluster: String(i), prompt: `<image>Is it ${i}?` },
      images: [digests[i % 3] as string],
    };
    if (i === 8)
      return { ...asked, state: "failed", score: { status: "unscored", reason: "transport", detail: "reset" } };
    return {
      ...{ ...asked, state: "scored", text: text(i), finish: "stop" },
      score: {
        ...{ status: "scored", value: right(i) ? 1 : 0, answer: text(i).slice(0, 20), targets: ["yes"] },
        ...(i === 4 ? { remark: "unparsable" as const } : {}),
      },
    };
  });
  await writeFile(join(path, "toy.samples.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const scored = records.filter(({ score }) => score?.status === "scored").length;
  const result: Result = {
    schema: "llava-eval/result@1",
    ...{
      task: "toy",
      version: 3,
      model,
      fingerprint: {},
      scoring: "official",
      promptProfile: "default",
    },
    dataset: { source: "me/toy", kind: "folder", split: "test", licence: "CC0-1.0" },
    ...{ generation: { temperature: 0 }, seed: 0, repeats: 1, flags: ["incomplete"] },
    n: { total: n, scored, unscored: { refused: 0, transport: 1, judge: 0, data: 0 } },
    remarks: { empty: 0, truncated: 0, unparsable: 1 },
    metrics: [
      {
        name: "accuracy",
        unit: "fraction",
        direction: "higher",
        value: 0.5,
        stderr: 0.05,
        interval: [0.4, 0.6],
        method: "wilson",
        n: scored,
      },
    ],
    groups: { kind: { [hostile]: [{ name: "accuracy", unit: "fraction", direction: "higher", value: 0.25, n: 4 }] } },
    notes: ["a note"],
  };
  await writeFile(join(path, "toy.json"), JSON.stringify(result));
  const manifest: RunManifest = {
    schema: "llava-eval/run@1",
    ...{
      name,
      status: "done",
      model,
      fingerprint: {},
      identity: {},
      config: { model: hostile },
      tasks: ["toy"],
    },
    ...{ versions: {}, host: {}, startedAt: "2026-01-01T00:00:00Z" },
  };
  await writeFile(join(path, "run.json"), JSON.stringify(manifest));
  await writeFile(
    join(path, "timings.jsonl"),
    '{"task":"toy","id":"q0","kind":"model","totalMs":1234,"attempts":2,"completionTokens":7}\n',
  );
  return path;
}

async function store(out: string): Promise<ImageStore> {
  const images = new ImageStore(out, thumbnail);
  for (const seed of [0, 1, 2]) await images.add(encodedImage(await drawnImage({ seed })));
  return images;
}

async function open(url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(url);
  await page.waitForSelector("main");
  return page;
}

async function reportOf(runs: readonly string[], name: string, oneFile = false): Promise<string> {
  const out = join(folder, name);
  const source = await ReportSource.open(runs, { live: false, store: "files", images: new Set(["toy"]) });
  return pathToFileURL(await writeReport(source, out, await store(out), oneFile)).href;
}

withBrowser("from disk: scores, filters, search, a sample with its image, and a link to it", async () => {
  const url = await reportOf([await writeRun("a", 450)], "disk");
  problems.length = 0;
  const page = await open(url);
  expect(await page.textContent(".scores")).toContain("50.0");
  expect(await page.textContent(".scores")).toContain("incomplete");
  await page.click('.scores a:text("toy")');
  await page.waitForSelector('.row:has-text("Is it 0?")');
  expect(await page.locator(".row").count()).toBeLessThan(40);
  expect(await page.textContent(".found")).toBe("450 of 450 samples");

  await page.click('button:has-text("wrong")');
  expect(await page.textContent(".found")).toBe("225 of 450 samples");
  await page.click('button:has-text("not scored")');
  expect(await page.textContent(".found")).toBe("1 of 450 samples");
  await page.click('.filters button:has-text("all")');
  await page.fill('input[type="search"]', "is it 44");
  await expect.poll(() => page.textContent(".found")).toBe("11 of 450 samples");
  await page.click('.row:has-text("Is it 444?")');
  await page.waitForSelector(".detail .text");
  expect(await page.textContent(".detail")).toContain("q444");
  await expect
    .poll(() =>
      page.evaluate(() => (document.querySelector(".image img") as HTMLImageElement | null)?.naturalWidth ?? 0),
    )
    .toBeGreaterThan(0);
  const link = page.url();
  const again = await open(link);
  await again.waitForSelector('.detail:has-text("q444")');
  expect(problems).toEqual([]);
  await page.close();
  await again.close();
});

withBrowser("a sample is copied as Markdown, and those in sight are saved as lines of JSON", async () => {
  const page = await open(
    await reportOf([await writeRun("old", 450, () => true), await writeRun("new", 450)], "export"),
  );
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.click('.scores a:text("toy")');
  await page.waitForSelector(".row");
  const saved = async () => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("button.export")]);
    const text = await readFile(await file.path(), "utf8");
    return {
      name: file.suggestedFilename(),
      lines: text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    };
  };
  await page.click('button:has-text("wrong")');
  const { name, lines } = await saved();
  expect(name).toBe("toy.jsonl");
  expect(lines).toHaveLength(225);
  expect(lines[0]).toMatchObject({
    ...{ label: "toy", id: "q1", index: 1, outcome: "wrong", text: "no", answer: "no", value: 0, scoring: "official" },
    before: { text: "yes", value: 1 },
  });
  await page.fill('input[type="search"]', "is it 441");
  await expect.poll(() => page.textContent(".found")).toBe("1 of 450 samples");
  expect((await saved()).lines.map(({ id }: { id: string }) => id)).toEqual(["q441"]);

  await page.click('.row:has-text("Is it 441?")');
  await page.click('button:has-text("copy as Markdown")');
  await page.waitForSelector('button:has-text("copied")');
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toMatch(/^\*\*`q441`\*\* · toy · wrong \(0\)\n\n- prompt: `/);
  expect(text).toContain("- before: `1: yes`");
  await page.close();
});

withBrowser("keyboard: j and k move, / searches, Escape closes", async () => {
  const page = await open(`${await reportOf([await writeRun("k", 30)], "keys")}#task=toy`);
  await page.waitForSelector(".row");
  await page.keyboard.press("j");
  await page.waitForSelector('.detail:has-text("q0")');
  await page.keyboard.press("j");
  await page.waitForSelector('.detail:has-text("q1")');
  await page.keyboard.press("k");
  await page.waitForSelector('.detail:has-text("q0")');
  expect(await page.textContent(".detail")).toContain("1.2 s · 2 attempts · 7 tokens");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".detail", { state: "detached" });
  await page.keyboard.press("/");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("search");
  await page.close();
});

withBrowser("hostile answers stay text: script, right-to-left, a megabyte", async () => {
  const url = await reportOf([await writeRun("h", 12)], "hostile");
  problems.length = 0;
  const page = await open(`${url}#task=toy&sample=2`);
  await page.waitForSelector('.detail:has-text("<script>")');
  expect(await page.textContent(".detail")).toContain(hostile);
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  await page.goto(`${url}#task=toy&sample=6`);
  await page.waitForSelector('.detail button:has-text("show all 1,000,000 characters")');
  await page.goto(`${url}#task=toy&sample=4`);
  await page.waitForSelector(".detail bdi");
  await page.goto(`${url}#`);
  await page.waitForSelector(".overview");
  await page.locator("details").evaluateAll((all) => {
    for (const one of all) (one as HTMLDetailsElement).open = true;
  });
  expect(await page.textContent(".overview")).toContain(hostile);
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  expect(problems).toEqual([]);
  await page.close();
});

withBrowser("two runs side by side: what changed, and both answers", async () => {
  const runs = [await writeRun("before", 40), await writeRun("after", 40, (i) => i % 2 === 0 || i === 11)];
  const page = await open(`${await reportOf(runs, "both")}#task=toy`);
  await page.click('button:has-text("changed")');
  expect(await page.textContent(".found")).toBe("1 of 40 samples");
  await page.click('.row:has-text("Is it 11?")');
  await page.waitForSelector(".side-1");
  expect(await page.textContent(".side-0")).toContain("model before");
  expect(await page.textContent(".side-1")).toContain("model after");
  await page.close();
});

withBrowser(
  "a baseline's packed journal is read; a run without one is said to have none, not to have changed",
  async () => {
    const [baseline, now] = [await writeRun("packed", 12), await writeRun("now", 12)];
    const journal = join(baseline, "toy.samples.jsonl");
    await writeFile(`${journal}.gz`, gzipSync(await readFile(journal)));
    await rm(journal);
    const packed = await open(`${await reportOf([baseline, now], "packed-page")}#task=toy&sample=1`);
    await packed.waitForSelector(".side-0");
    expect(await packed.textContent(".side-0")).toContain("no");
    expect(await packed.textContent('.filters button:has-text("changed")')).toMatch(/changed 0/);
    await packed.close();
    await rm(`${journal}.gz`);
    const page = await open(await reportOf([baseline, now], "missing-page"));
    expect(await page.textContent(".scores")).toContain("no journal (A)");
    await page.goto(`${page.url().replace(/#.*/, "")}#task=toy`);
    await page.waitForSelector(".missing");
    expect(await page.textContent(".missing")).toContain("model packed");
    expect(await page.locator('.filters button:has-text("changed")').count()).toBe(0);
    await page.close();
  },
);

withBrowser("on a phone, a tablet and a desk nothing sticks out, whatever the models are called", async () => {
  const long = "openai:a-model-with-a-long-name@http://an-endpoint-with-a-long-name.internal.example:8000/v1";
  const runs = await Promise.all(["wide-a", "wide-b"].map((name) => writeRun(name, 12, undefined, `${name} ${long}`)));
  const url = await reportOf(runs, "wide");
  const page = await open(url);
  for (const width of [390, 768, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const view of ["#", "#task=toy", "#task=toy&sample=3"]) {
      await page.goto(`${url}${view}`);
      await page.waitForSelector("main");
      for (const details of await page.locator("details").all())
        await details.evaluate((one) => one.setAttribute("open", ""));
      const sticksOut = await page.evaluate(() =>
        document.documentElement.scrollWidth > window.innerWidth
          ? [...document.querySelectorAll("main *")]
              .filter((element) => element.getBoundingClientRect().right > window.innerWidth)
              .map(({ tagName, className }) => `${tagName} ${className}`)
          : [],
      );
      expect([width, view, sticksOut]).toEqual([width, view, []]);
    }
  }
  await page.goto(`${url}#`);
  const table = await page.locator(".scores").boundingBox();
  const page1280 = await page.locator(".overview").boundingBox();
  expect((table?.x ?? 0) + (table?.width ?? 0)).toBeLessThanOrEqual((page1280?.x ?? 0) + (page1280?.width ?? 0));
  await page.close();
});

withBrowser(
  "two runs: every metric and sub-score of both, with the difference; filters say whose samples they count",
  async () => {
    const page = await open(await reportOf([await writeRun("sub-a", 12), await writeRun("sub-b", 12)], "subs"));
    await page.locator(".details").evaluate((one) => one.setAttribute("open", ""));
    const heads = await page.locator(".details .metrics").first().locator("thead th").allTextContents();
    expect(heads.map((head) => head.trim())).toEqual(["metric", "A", "B", "B − A"]);
    const cells = await page.locator(".details .metrics").last().locator("tbody td").allTextContents();
    expect([cells[0], cells[2], cells.at(-1)]).toEqual(["25.0", "25.0", "0.0"]);
    await page.goto(`${page.url().replace(/#.*/, "")}#task=toy`);
    await page.waitForSelector(".filters");
    expect(await page.locator(".filters button").allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^wrong \(B\)/), expect.stringMatching(/^changed/)]),
    );
    await page.close();
  },
);

withBrowser(
  "text stands out from what is behind it in both colours, and every view has its headings, heads and a main part",
  async () => {
    const url = await reportOf([await writeRun("contrast-a", 12), await writeRun("contrast-b", 12)], "contrast");
    for (const theme of ["light", "dark"]) {
      for (const view of ["#", "#task=toy&sample=8"]) {
        const page = await open(`${url}${view}`);
        await page.evaluate((name) => {
          document.documentElement.dataset.theme = name;
          for (const details of document.querySelectorAll("details")) details.open = true;
        }, theme);
        // A colour may be on its way to another.
        await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
        const found = await page.evaluate(pageProblems);
        expect([theme, view, found]).toEqual([theme, view, []]);
        await page.close();
      }
    }
  },
);

/** Runs in the page: WCAG's contrast of every text (4.5, large 3), skipped headings, empty heads, a missing main part. */
function pageProblems(): string[] {
  const channel = (value: number) =>
    value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const parse = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r = 0, g = 0, b = 0]: number[]) =>
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element: Element | null): number[] => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color[3] === undefined || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const problems: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!element || !node.textContent?.trim() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const box = element.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1 || element.closest("svg")) continue;
    const style = getComputedStyle(element);
    const [x, y] = [luminance(parse(style.color)), luminance(behind(element))].sort((a, b) => b - a) as [
      number,
      number,
    ];
    const ratio = (x + 0.05) / (y + 0.05);
    if (ratio < 4.5)
      problems.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className}: ${node.textContent.slice(0, 20)}`);
  }
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) problems.push(`h${level} then h${next}`);
    level = next;
  }
  if (!document.querySelector("h1")) problems.push("no h1");
  if (!document.querySelector("main")) problems.push("no main");
  for (const head of document.querySelectorAll("th")) if (!head.textContent?.trim()) problems.push("an empty th");
  for (const scroller of document.querySelectorAll("pre, .wide, .list"))
    if ((scroller as HTMLElement).tabIndex < 0)
      problems.push(`${scroller.className || scroller.tagName} cannot be focused`);
  return problems;
}

withBrowser(
  "ten thousand samples: only rows in sight are in the document, and the last one is found",
  { timeout: 300_000 },
  async () => {
    const page = await open(`${pathToFileURL(await largeReport(join(folder, "large"), 10_000, 200)).href}#task=large`);
    await page.waitForSelector(".row");
    expect(await page.textContent(".found")).toBe("10,000 of 10,000 samples");
    await page.locator(".list").evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await page.waitForSelector('.row:has-text("object number 9999 ")');
    expect(await page.locator(".row").count()).toBeLessThan(40);
    await page.fill('input[type="search"]', "object number 7777 ");
    await expect.poll(() => page.textContent(".found"), { timeout: 60_000 }).toBe("1 of 10,000 samples");
    await page.close();
  },
);

withBrowser("a small run is one file, images and all", async () => {
  const url = await reportOf([await writeRun("small", 20)], "one", true);
  expect(existsSync(join(folder, "one", "chunks"))).toBe(false);
  await rm(join(folder, "one", "thumbs"), { recursive: true });
  problems.length = 0;
  const page = await open(`${url}#task=toy&sample=0`);
  await expect
    .poll(() =>
      page.evaluate(() => (document.querySelector(".image img") as HTMLImageElement | null)?.naturalWidth ?? 0),
    )
    .toBeGreaterThan(0);
  expect(problems).toEqual([]);
  await page.close();
});

withBrowser("served: the same page, live while the journal grows", async () => {
  const path = await writeRun("live", 10);
  await rm(join(path, "toy.json"));
  const source = await ReportSource.open([path], { live: true, store: "server", images: new Set(["toy"]) });
  await using server = await servePage(source, await store(join(folder, "served")), 0);
  problems.length = 0;
  const page = await open(`${server.url}#task=toy`);
  expect(await page.textContent(".found")).toBe("10 of 10 samples");
  await writeFile(
    join(path, "toy.samples.jsonl"),
    `${JSON.stringify({ index: 10, id: "late", cluster: "c", prompt: "late one", text: "x", score: { status: "scored", value: 1, answer: "x" } })}\n`,
    { flag: "a" },
  );
  await expect.poll(() => page.textContent(".found"), { timeout: 20_000 }).toBe("11 of 11 samples");
  await page.waitForSelector('.row:has-text("late one")');
  expect(problems).toEqual([]);
  await page.close();
});

test("the server answers only to its own name, and only its own files", async () => {
  const source = await ReportSource.open([await writeRun("served", 3)], { live: false, store: "server" });
  await using server = await servePage(source, await store(join(folder, "names")), 0);
  const ask = (path: string, host: string) =>
    new Promise<number>((resolve, reject) => {
      request(`${server.url}${path}`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on("error", reject)
        .end();
    });
  expect(await ask("", "127.0.0.1")).toBe(200);
  expect(await ask("", "evil.example")).toBe(403);
  expect(await ask("images/../../run.json", "localhost")).toBe(404);
  expect(await ask("images/%2e%2e%2frun.json", "localhost")).toBe(404);
  expect(await ask("chunks/..%2f..%2fx/0.js", "localhost")).toBe(404);
  expect(await ask("chunks/toy/0.js", "localhost")).toBe(200);
});
