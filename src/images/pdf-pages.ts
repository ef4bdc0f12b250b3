/** The pages of a PDF as images, by poppler's `pdftoppm` as a child process. The authors of page benchmarks use MuPDF, whose licence is AGPL. */
import { execFile } from "node:child_process";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SampleFailure, UserError } from "../core/errors.js";

/** Of a document with many drawings a page takes a second. */
const longestMs = 15 * 60_000;

/** @throws UserError  it is not installed; @throws SampleFailure `data`  its words, or that it took too long */
function pdftoppm(args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: longestMs, signal, env: { ...process.env, LC_ALL: "C" }, maxBuffer: 16 * 2 ** 20 };
    execFile("pdftoppm", args, options, (error, _, complaints) => {
      if (error === null) return resolve(complaints);
      if (signal.aborted) return reject(signal.reason);
      if (error.code === "ENOENT")
        return reject(
          new UserError(
            "pdftoppm is not installed",
            "PATH",
            "install poppler-utils (Debian: apt-get install poppler-utils)",
          ),
        );
      const why = error.killed ? `${longestMs / 60_000} minutes were not enough` : complaints.trim().split("\n").at(-1);
      reject(new SampleFailure("data", `pdftoppm cannot read it: ${why || error.message}`, { cause: error }));
    });
  });
}

/** `pdftoppm version 22.12.0`. */
export async function rendererVersion(signal: AbortSignal): Promise<string> {
  return (await pdftoppm(["-v"], signal)).split("\n", 1)[0] ?? "";
}

export interface PageSettings {
  /** From the first. */
  readonly most: number;
  readonly dotsPerInch: number;
}

/**
 * Renders a document's pages as PNG files into `folder`, which is there whole or not at all; pages that are there are left as they are.
 * The folder above it is there.
 * @returns the files' names, in order
 * @throws SampleFailure `data`  no PDF, a locked or an empty one; UserError  pdftoppm is not installed; the signal's reason
 */
export async function renderPages(
  document: string,
  folder: string,
  { most, dotsPerInch }: PageSettings,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const there = await pagesIn(folder);
  if (there.length > 0) return there;
  const unfinished = `${folder}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  try {
    await pdftoppm(["-png", "-r", `${dotsPerInch}`, "-l", `${most}`, document, join(unfinished, "page")], signal);
    const pages = await pagesIn(unfinished);
    if (pages.length === 0) throw new SampleFailure("data", "it has no pages");
    await rename(unfinished, folder);
    return pages;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

const numberOf = (name: string): number => Number(/(\d+)\.png$/.exec(name)?.[1] ?? 0);

async function pagesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return [];
  });
  return names.filter((name) => name.endsWith(".png")).sort((a, b) => numberOf(a) - numberOf(b));
}
