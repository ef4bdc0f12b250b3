import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { type Browser, chromium } from "playwright-core";

/** Debian's, or undefined: then the page cannot be tested here. */
export const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath ?? "", args: flags });

/** Resident memory of the browser's page processes, megabytes: those with `--type=renderer`. */
export async function rendererMegabytes(): Promise<number> {
  let kilobytes = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.includes("chromium") || !command.includes("--type=renderer")) continue;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    kilobytes = Math.max(kilobytes, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }
  return kilobytes / 1024;
}
