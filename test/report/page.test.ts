/// <reference lib="dom" />

import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ReportSource } from "../../src/report/report-source.js";
import { servePage } from "../../src/report/serve.js";
import { largeReport } from "./large-run.js";
import { Pages, withBrowser } from "./page-fixture.js";
import { hostile } from "./toy-reports.js";

const pages = new Pages(1200);

withBrowser("from disk: scores, filters, search, a sample with its image, and a link to it", async () => {
  const url = await pages.toys.reportOf([await pages.toys.writeRun("a", 450)], "disk");
  pages.problems.length = 0;
  const page = await pages.open(url);
  expect(await page.textContent(".scores")).toContain("49.9");
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
  const again = await pages.open(link);
  await again.waitForSelector('.detail:has-text("q444")');
  expect(pages.problems).toEqual([]);
  await page.close();
  await again.close();
});

withBrowser(
  "all wrong and all right are drawn, under the name that the scoring's authors have for the number",
  async () => {
    for (const [name, value] of [
      ["none", 0],
      ["all", 1],
    ] as const) {
      const run = await pages.toys.writeRun(name, 20);
      const result = JSON.parse(await readFile(join(run, "toy.json"), "utf8"));
      const [metric] = result.metrics;
      const metrics = [{ ...metric, value, stderr: 0, interval: [value, value], reportedAs: "Overall" }];
      await writeFile(join(run, "toy.json"), JSON.stringify({ ...result, scoring: "vlmevalkit", metrics }));
      pages.problems.length = 0;
      const page = await pages.open(await pages.toys.reportOf([run], `${name}-report`));
      expect(await page.textContent(".scores")).toContain("accuracyreported as “Overall”");
      const [axis, dot] = await Promise.all(
        [".scores .axis", ".scores .dot"].map((part) => page.locator(part).first().boundingBox()),
      );
      expect(axis?.width).toBeGreaterThan(50);
      expect(dot?.width).toBeGreaterThan(2);
      expect(pages.problems).toEqual([]);
      await page.close();
    }
  },
);

withBrowser("a sample is copied as Markdown, and those in sight are saved as lines of JSON", async () => {
  const page = await pages.open(
    await pages.toys.reportOf(
      [await pages.toys.writeRun("old", 450, () => true), await pages.toys.writeRun("new", 450)],
      "export",
    ),
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
  const page = await pages.open(`${await pages.toys.reportOf([await pages.toys.writeRun("k", 30)], "keys")}#task=toy`);
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
  const url = await pages.toys.reportOf([await pages.toys.writeRun("h", 12)], "hostile");
  pages.problems.length = 0;
  const page = await pages.open(`${url}#task=toy&sample=2`);
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
  expect(pages.problems).toEqual([]);
  await page.close();
});

withBrowser("two runs side by side: what changed, and both answers", async () => {
  const runs = [
    await pages.toys.writeRun("before", 40),
    await pages.toys.writeRun("after", 40, (i) => i % 2 === 0 || i === 11),
  ];
  const page = await pages.open(`${await pages.toys.reportOf(runs, "both")}#task=toy`);
  await page.click('button:has-text("better")');
  expect(await page.textContent(".found")).toBe("1 of 40 samples");
  await page.click('.row:has-text("Is it 11?")');
  await page.waitForSelector(".side.side-1");
  expect(await page.textContent(".side.side-0")).toContain("model before");
  expect(await page.textContent(".side.side-1")).toContain("model after");
  await page.close();
});

withBrowser(
  "a baseline's packed journal is read; a run without one is said to have none, not to have changed",
  async () => {
    const [baseline, now] = [await pages.toys.writeRun("packed", 12), await pages.toys.writeRun("now", 12)];
    const journal = join(baseline, "toy.samples.jsonl");
    await writeFile(`${journal}.gz`, gzipSync(await readFile(journal)));
    await rm(journal);
    const packed = await pages.open(`${await pages.toys.reportOf([baseline, now], "packed-page")}#task=toy&sample=1`);
    await packed.waitForSelector(".side.side-0");
    expect(await packed.textContent(".side.side-0")).toContain("no");
    expect(await packed.textContent('.filters button:has-text("worse")')).toMatch(/worse than A 0/);
    await packed.close();
    await rm(`${journal}.gz`);
    const page = await pages.open(await pages.toys.reportOf([baseline, now], "missing-page"));
    expect(await page.textContent(".scores")).toContain("no journal (A)");
    expect(await page.textContent(".comparison")).toContain("not compared: the journal of toy has 0 of the 11");
    await page.goto(`${page.url().replace(/#.*/, "")}#task=toy`);
    await page.waitForSelector(".missing");
    expect(await page.textContent(".missing")).toContain("model packed");
    expect(await page.locator('.filters button:has-text("worse")').count()).toBe(0);
    await page.close();
  },
);

withBrowser("on a phone, a tablet and a desk nothing sticks out, whatever the models are called", async () => {
  const long = "openai:a-model-with-a-long-name@http://an-endpoint-with-a-long-name.internal.example:8000/v1";
  const runs = await Promise.all(
    ["wide-a", "wide-b"].map((name) => pages.toys.writeRun(name, 12, undefined, `${name} ${long}`)),
  );
  const url = await pages.toys.reportOf(runs, "wide");
  const page = await pages.open(url);
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
    // The sample is open, and the button that copies it comes once it is read: all stand in one line, however long its id is.
    await page.locator(".detail .bar button").nth(3).waitFor();
    for (const id of ["q3", "900000007002", "a-folder-of-clips/a-long-name_of-a-clip_000123.mp4/question-17"]) {
      await page.locator(".detail .bar strong").evaluate((one, text) => {
        one.textContent = text;
      }, id);
      const tops = await page
        .locator(".detail .bar button")
        .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
      expect([width, id, tops]).toEqual([width, id, Array(4).fill(tops[0])]);
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
    const page = await pages.open(
      await pages.toys.reportOf(
        [await pages.toys.writeRun("sub-a", 12), await pages.toys.writeRun("sub-b", 12)],
        "subs",
      ),
    );
    await page
      .locator(".details")
      .first()
      .evaluate((one) => one.setAttribute("open", ""));
    const heads = await page.locator(".details .metrics").first().locator("thead th").allTextContents();
    expect(heads.map((head) => head.trim())).toEqual(["metric", "A", "B", "B − A"]);
    const cells = await page.locator(".details .metrics").nth(1).locator("tbody td").allTextContents();
    expect([cells[0], cells[2], cells.at(-1)]).toEqual(["25.0", "25.0", "0.0"]);
    await page.goto(`${page.url().replace(/#.*/, "")}#task=toy`);
    await page.waitForSelector(".filters");
    expect(await page.locator(".filters button").allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^wrong 6/), expect.stringMatching(/^worse than A 0/)]),
    );
    expect(await page.locator(".controls select").first().locator("option:checked").textContent()).toBe(
      "B model sub-b",
    );
    await page.close();
  },
);

withBrowser(
  "ten thousand samples: only rows in sight are in the document, and the last one is found",
  { timeout: 300_000 },
  async () => {
    const page = await pages.open(
      `${pathToFileURL(await largeReport(join(pages.folder, "large"), 10_000, 200)).href}#task=large`,
    );
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
  const url = await pages.toys.reportOf([await pages.toys.writeRun("small", 20)], "one", true);
  expect(existsSync(join(pages.folder, "one", "chunks"))).toBe(false);
  await rm(join(pages.folder, "one", "thumbs"), { recursive: true });
  pages.problems.length = 0;
  const page = await pages.open(`${url}#task=toy&sample=0`);
  await expect
    .poll(() =>
      page.evaluate(() => (document.querySelector(".image img") as HTMLImageElement | null)?.naturalWidth ?? 0),
    )
    .toBeGreaterThan(0);
  expect(pages.problems).toEqual([]);
  await page.close();
});

withBrowser("served: the same page, live while the journal grows", async () => {
  const path = await pages.toys.writeRun("live", 10);
  await rm(join(path, "toy.json"));
  const source = await ReportSource.open([path], { live: true, store: "server", images: new Set(["toy"]) });
  await using server = await servePage(source, await pages.toys.store(join(pages.folder, "served")), 0);
  pages.problems.length = 0;
  const page = await pages.open(`${server.url}#task=toy`);
  expect(await page.textContent(".found")).toBe("10 of 10 samples");
  await writeFile(
    join(path, "toy.samples.jsonl"),
    `${JSON.stringify({ index: 10, id: "late", cluster: "c", prompt: "late one", text: "x", score: { status: "scored", value: 1, answer: "x" } })}\n`,
    { flag: "a" },
  );
  await expect.poll(() => page.textContent(".found"), { timeout: 20_000 }).toBe("11 of 11 samples");
  await page.waitForSelector('.row:has-text("late one")');
  expect(pages.problems).toEqual([]);
  await page.close();
});

test("the server answers only to its own name, and only its own files", async () => {
  const source = await ReportSource.open([await pages.toys.writeRun("served", 3)], { live: false, store: "server" });
  await using server = await servePage(source, await pages.toys.store(join(pages.folder, "names")), 0);
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
