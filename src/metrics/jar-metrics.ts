/**
 * METEOR (Denkowski and Lavie 2014) and SPICE (Anderson et al. 2016) through the user's own jars, spoken to as
 * pycocoevalcap does. Nothing is imitated under their names: without a jar they are reported as not computed.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { MetricValue } from "../core/metric.js";
import { intervalOf } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import type { TokenizedImage } from "./caption-scores.js";

/** Where the jars are: `meteor-1.5.jar` (with its data folder beside it) and `spice-1.0.jar`. */
export const meteorVariable = "LLAVA_EVAL_METEOR_JAR";
export const spiceVariable = "LLAVA_EVAL_SPICE_JAR";
/** The Java to run them with; default `java`. */
export const javaVariable = "LLAVA_EVAL_JAVA";

type JarRun = (jar: string) => Promise<MetricValue>;

async function withJar(variable: string, what: string, n: number, run: JarRun): Promise<MetricValue> {
  const jar = process.env[variable];
  if (jar === undefined || jar === "")
    return { value: null, n, note: `not computed: set ${variable} to the path of ${what} (needs Java)` };
  if (!existsSync(jar)) return { value: null, n, note: `not computed: ${variable} names no file (${jar})` };
  try {
    return await run(resolve(jar));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { value: null, n, note: `not computed: ${what} failed (${reason.slice(0, 300)})` };
  }
}

/**
 * METEOR 1.5 of the corpus, English, `-norm`: the aggregate that the jar prints last.
 *
 * @param n images
 * @param tokenized their captions; asked for only when there is a jar
 */
export function meteor(n: number, tokenized: () => readonly TokenizedImage[]): Promise<MetricValue> {
  return withJar(meteorVariable, "meteor-1.5.jar", n, async (jar) => {
    const images = tokenized();
    const java = startJava(["-Xmx2G", "-jar", basename(jar), "-", "-", "-stdio", "-l", "en", "-norm"], dirname(jar));
    const lines = createInterface({ input: java.child.stdout })[Symbol.asyncIterator]();
    const ask = async (request: string): Promise<string> => {
      java.child.stdin.write(`${request}\n`);
      const answer = await Promise.race([lines.next(), java.failed]);
      if (answer.done) {
        await java.ended; // its exit says why, if it knows
        throw new Error("it ended before its answer");
      }
      return answer.value.trim();
    };
    try {
      const statistics: string[] = [];
      for (const { references, prediction } of images) {
        const caption = prediction.replaceAll("|||", "").replaceAll("  ", " ");
        statistics.push(await ask(`SCORE ||| ${references.join(" ||| ")} ||| ${caption}`));
      }
      // One line per segment, then the corpus.
      const moments = new Moments();
      moments.add(number(await ask(`EVAL ||| ${statistics.join(" ||| ")}`)));
      const next = async () => {
        const line = await Promise.race([lines.next(), java.failed]);
        return number(line.done ? "" : line.value);
      };
      for (let i = 1; i < images.length; i++) moments.add(await next());
      return { ...intervalOf(moments), value: await next(), n: images.length };
    } finally {
      java.child.kill();
    }
  });
}

/** SPICE: mean F-score over images (tokenised captions, as pycocoevalcap hands them over). */
export function spice(n: number, tokenized: () => readonly TokenizedImage[]): Promise<MetricValue> {
  return withJar(spiceVariable, "spice-1.0.jar", n, async (jar) => {
    const images = tokenized();
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-spice-"));
    try {
      const input = join(folder, "in.json");
      const output = join(folder, "out.json");
      const cases = images.map(({ references, prediction }, i) => ({
        image_id: i,
        test: prediction,
        refs: references,
      }));
      await writeFile(input, JSON.stringify(cases));
      const cache = join(folder, "cache");
      const java = startJava(
        ["-jar", "-Xmx8G", basename(jar), input, "-cache", cache, "-out", output, "-subset", "-silent"],
        dirname(jar),
      );
      java.child.stdin.end();
      await java.ended;
      const results = JSON.parse(await readFile(output, "utf8")) as { scores: { All: { f: number } } }[];
      const moments = new Moments();
      for (const { scores } of results) moments.add(number(String(scores.All.f)));
      if (moments.n !== images.length) throw new Error(`${moments.n} scores for ${images.length} captions`);
      return { ...intervalOf(moments), value: moments.mean, n: images.length };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

interface Java {
  readonly child: ChildProcess & { stdin: NodeJS.WritableStream; stdout: NodeJS.ReadableStream };
  /** Rejects when the process cannot start or exits with an error. */
  readonly failed: Promise<never>;
  /** Resolves when it exits with 0. */
  readonly ended: Promise<void>;
}

function startJava(args: readonly string[], cwd: string): Java {
  const child = spawn(process.env[javaVariable] || "java", args, { cwd, stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(-2000);
  });
  child.stdin.on("error", () => {}); // a process that ends early closes its input; its exit says why
  const ended = new Promise<void>((done, fail) => {
    child.on("error", fail);
    child.on("exit", (code) => {
      if (code === 0) done();
      else fail(new Error(`exit ${code}: ${complaint.trim().split("\n").at(-1) ?? ""}`));
    });
  });
  const failed = new Promise<never>((_, fail) => {
    ended.catch(fail);
  });
  failed.catch(() => {});
  return { child, failed, ended };
}

function number(text: string): number {
  const value = Number(text.trim());
  if (text.trim() === "" || Number.isNaN(value)) throw new Error(`no number in its answer "${text.slice(0, 80)}"`);
  return value;
}
