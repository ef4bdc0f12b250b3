/// <reference lib="dom" />

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { chromiumPath, launchBrowser } from "./browser.js";
import { ToyReports } from "./toy-reports.js";

// Skipped where there is no Chromium (Debian package chromium).
export const withBrowser: typeof test.skip = chromiumPath ? test : test.skip;

/** A browser, and a folder for reports, for the tests of one file; what the pages complain of is kept. */
export class Pages {
  browser!: Browser;
  folder!: string;
  toys!: ToyReports;
  readonly problems: string[] = [];

  constructor(private readonly width: number) {
    beforeAll(async () => {
      this.folder = await mkdtemp(join(tmpdir(), "llava-eval-page-"));
      this.toys = new ToyReports(this.folder);
      if (chromiumPath) this.browser = await launchBrowser();
    });
    afterAll(async () => {
      await this.browser?.close();
      await rm(this.folder, { recursive: true, force: true });
    });
  }

  async open(url: string): Promise<Page> {
    const page = await this.browser.newPage({ viewport: { width: this.width, height: 800 } });
    page.on("console", (message) => message.type() === "error" && this.problems.push(message.text()));
    page.on("pageerror", (error) => this.problems.push(error.message));
    await page.goto(url);
    await page.waitForSelector("main");
    return page;
  }
}
