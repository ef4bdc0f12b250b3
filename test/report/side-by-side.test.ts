/// <reference lib="dom" />

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { compare } from "../../src/api/board/compare.js";
import { difference } from "../../src/report/page/difference.js";
import { Pages, withBrowser } from "./page-fixture.js";
import { hostile } from "./toy-reports.js";

const pages = new Pages(1280);

/** One text of every element that fits. */
const texts = async (page: Page, selector: string) =>
  (await page.locator(selector).allTextContents()).map((text) => text.replace(/\s+/g, " ").trim());

withBrowser("the page says what compare says, and its counts lead to those samples", async () => {
  const worse = (i: number) => i % 2 === 0 && i % 6 !== 0;
  const runs = [
    await pages.toys.writeRun("base", 120),
    await pages.toys.writeRun("now", 120, (i) => worse(i) || i === 11),
  ];
  const page = await pages.open(await pages.toys.reportOf(runs, "compared"));
  const [task] = (await compare(runs[0] as string, runs[1] as string)).tasks;
  expect(task?.verdict).toBe("regression");
  const points = (value: number | null | undefined) =>
    `${(value ?? 0) < 0 ? "−" : "+"}${Math.abs(100 * (value ?? 0)).toFixed(1)}`;
  const [change] = await texts(page, ".compared .change");
  expect(change).toBe(`${points(task?.delta)} [${task?.interval?.map(points).join(", ")}]`);
  expect(await texts(page, ".comparison summary .verdict")).toEqual(["▼ regression"]);
  expect((await texts(page, ".compared .why"))[0]).toContain("significantly worse");
  expect(await texts(page, ".compared .flips a")).toEqual([
    `${task?.flips.lost} worse`,
    `${task?.flips.gained} better`,
  ]);

  await page.click('.flips a:has-text("worse")');
  await page.waitForSelector(".found");
  expect(await page.textContent(".found")).toBe(`${task?.flips.lost} of 120 samples`);
  await page.click('.filters button:has-text("both wrong")');
  expect(await page.textContent(".found")).toBe("59 of 120 samples");
  // The baseline's own samples have no such filters.
  await page.selectOption(".controls select", "0");
  expect((await texts(page, ".filters button")).join()).not.toContain("worse");
  expect(pages.problems).toEqual([]);
  await page.close();
});

withBrowser("six runs stand side by side, each with its letter and what compare says of it", async () => {
  const runs: string[] = [];
  for (let k = 0; k < 6; k++) runs.push(await pages.toys.writeRun(`six-${k}`, 60, (i) => i % (k + 2) === 0));
  const page = await pages.open(await pages.toys.reportOf(runs, "six"));
  expect(await texts(page, ".comparison summary > strong")).toEqual(["B", "C", "D", "E", "F"]);
  expect(await page.locator(".scores .figure").count()).toBe(6);
  expect((await texts(page, ".comparison .deltas"))[0]).toMatch(/^toy [−+]?\d/);
  await page.goto(`${page.url().replace(/#.*/, "")}#task=toy&sample=12&run=3`);
  await page.waitForSelector(".side.side-5");
  expect(await page.locator(".sides > section").count()).toBe(6);
  expect(await texts(page, ".row:nth-child(4) .letter")).toEqual(["A", "B", "C", "D", "E", "F"]);
  await page.close();
});

withBrowser(
  "rows of another order are paired by their ids, and so is every judgement of better and worse",
  async () => {
    const runs = [await pages.toys.writeRun("in-order", 20), await pages.toys.writeRun("reversed", 20)];
    const journal = join(runs[1] as string, "toy.samples.jsonl");
    const records = (await readFile(journal, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const turned = records.reverse().map((record, index) => `${JSON.stringify({ ...record, index })}\n`);
    await writeFile(journal, turned.join(""));
    const page = await pages.open(`${await pages.toys.reportOf(runs, "turned")}#task=toy&sample=3`);
    await page.waitForSelector(".side.side-1");
    expect(await page.textContent(".detail .bar strong")).toBe("q3");
    expect(await texts(page, ".sides .text")).toEqual(["no", "no"]);
    expect(await page.textContent('.filters button:has-text("worse")')).toContain("worse than A 0");
    await page.close();
  },
);

withBrowser("a sub-score leads to its samples, and a remark to those that carry it", async () => {
  const page = await pages.open(await pages.toys.reportOf([await pages.toys.writeRun("groups", 40)], "groups"));
  await page
    .locator(".details")
    .first()
    .evaluate((one) => one.setAttribute("open", ""));
  await page.click(`.details a:has-text("window.hacked")`);
  await page.waitForSelector(".group");
  expect(await page.textContent(".found")).toBe("10 of 40 samples");
  expect(await page.textContent(".group")).toContain(`kind: ${hostile}`);
  await page.click('.filters button:has-text("wrong")');
  expect(await page.textContent(".found")).toBe("10 of 40 samples");
  await page.click(".group button");
  expect(await page.textContent(".found")).toBe("20 of 40 samples");
  await page.click('.filters button:has-text("unparsable")');
  expect(await page.textContent(".found")).toBe("1 of 40 samples");
  await page.close();
});

withBrowser("an image is enlarged over the window, about the pointer, and Escape goes back to the sample", async () => {
  const page = await pages.open(
    `${await pages.toys.reportOf([await pages.toys.writeRun("zoom", 20)], "zoomed")}#task=toy&sample=1`,
  );
  await page.click(".image");
  await page.waitForSelector("dialog.zoom[open]");
  const width = async () => (await page.locator(".zoom img").boundingBox())?.width ?? 0;
  const before = await width();
  await page.mouse.move(300, 300);
  await page.mouse.wheel(0, -100);
  await expect.poll(width).toBeCloseTo(before * 1.25, 0);
  await page.keyboard.press("+");
  expect(await page.textContent(".zoom output")).toBe("188 %");
  await page.keyboard.press("0");
  expect(await page.textContent(".zoom output")).toBe("100 %");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".zoom", { state: "detached" });
  expect(await page.locator(".detail").count()).toBe(1);
  await page.close();
});

withBrowser("the settings that differ, the command that repeats a run, and how long answers took", async () => {
  const page = await pages.open(
    await pages.toys.reportOf(
      [await pages.toys.writeRun("left", 12), await pages.toys.writeRun("right", 12)],
      "settings",
    ),
  );
  await page.locator("details").evaluateAll((all) => {
    for (const one of all) (one as HTMLDetailsElement).open = true;
  });
  expect(await texts(page, ".settings tbody tr > *")).toEqual(["limit", "12 lefts", "12 rights"]);
  expect(await page.textContent(".command pre")).toBe("npx llava-eval run --model ./model.yaml --limit '12 lefts'");
  expect(JSON.parse((await page.locator(".run").first().locator("pre").nth(1).textContent()) ?? "")).toEqual({
    ...{ runner: "openai", model: "m", urls: ["http://h/v1"], about: hostile },
  });
  expect(await texts(page, ".timed tbody td.number")).toEqual([
    "1.2 s",
    "1.2 s",
    "–",
    "7",
    "$0.50",
    "1.2 s",
    "1.2 s",
    "–",
    "7",
    "$0.50",
  ]);
  await page.close();
});

withBrowser(
  "axe finds nothing on any view, in both colours, on a desk and on a phone",
  { timeout: 120_000 },
  async () => {
    const runs = [await pages.toys.writeRun("axe-a", 24), await pages.toys.writeRun("axe-b", 24, (i) => i % 3 === 0)];
    const url = await pages.toys.reportOf(runs, "axe");
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 390],
    ] as const) {
      const page = await pages.browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      for (const view of ["#", "#task=toy", "#task=toy&sample=8", "#task=toy&sample=1"]) {
        await page.goto(`${url}${view}`);
        await page.waitForSelector(view.includes("sample") ? ".detail .sides" : "main");
        await page.locator("details").evaluateAll((all) => {
          for (const one of all) (one as HTMLDetailsElement).open = true;
        });
        if (view.endsWith("sample=1")) await page.click(".image");
        // A colour may be on its way to another.
        await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
        await page.evaluate(axe.source);
        const found = await page.evaluate(async () => {
          const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document);
          return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
        });
        expect([colorScheme, view, found]).toEqual([colorScheme, view, []]);
      }
      await page.close();
    }
  },
);

test("two answers differ by words: what is gone stands before what is new, and both can be read off", () => {
  const [before, after] = ["The cat sat on the mat, twice.", "The dog sat on a red mat, twice!"];
  const pieces = difference(before, after) ?? [];
  const said = (...kinds: string[]) => pieces.flatMap(({ kind, text }) => (kinds.includes(kind) ? text : [])).join("");
  expect(said("same", "gone")).toBe(before);
  expect(said("same", "new")).toBe(after);
  expect(pieces.slice(0, 4)).toEqual([
    { kind: "same", text: "The " },
    { kind: "gone", text: "cat " },
    { kind: "new", text: "dog " },
    { kind: "same", text: "sat on " },
  ]);
  expect(difference("a", "a")).toEqual([{ kind: "same", text: "a" }]);
  expect(difference("x ".repeat(3000), "y ".repeat(3000))).toBeUndefined();
});
