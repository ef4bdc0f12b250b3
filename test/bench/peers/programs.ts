/** Both programs on the same rows, each asking an endpoint of its own that replies alike; what each says of every row and of the whole. */

import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Result } from "../../../src/core/result.js";
import { root } from "../servers/programs.js";
import type { Comparison } from "./comparisons.js";
import type { RowFile } from "./rows.js";

/** Of one task. */
export interface Said {
  /** Of each row in order, as the program's own file of samples has it. */
  readonly samples: readonly Readonly<Record<string, unknown>>[];
  /** By name; a sub-score of ours is `group=value name`. */
  readonly metrics: ReadonlyMap<string, number>;
  /** Why there is nothing. */
  readonly problem?: string;
}

const shim = fileURLToPath(new URL("lmms_eval_on_rows.py", import.meta.url));

export async function askByLmmsEval(
  { python, work, url }: { python: string; work: string; url: string },
  files: ReadonlyMap<Comparison, readonly RowFile[]>,
): Promise<Map<string, Said>> {
  const folder = join(work, "lmms-eval");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const plan = join(folder, "plan.json");
  const outputOf = ({ theirs }: Comparison) => join(folder, theirs.replaceAll(/\W/g, "_"));
  await writeFile(
    plan,
    JSON.stringify({
      arguments: [
        ...["--model", "openai", "--batch_size", "1", "--log_samples"],
        ...["--model_args", `model_version=m,base_url=${url},api_key=none,num_concurrent=4,timeout=60`],
      ],
      tasks: [...files].map(([comparison, of]) => ({
        name: comparison.theirs,
        output: outputOf(comparison),
        files: of,
      })),
    }),
  );
  const log = join(folder, "log.txt");
  // A home of its own, no hub, and none of the user's keys.
  await ended(python, [shim, plan], log, {
    ...{ HOME: folder, HF_HOME: join(folder, "hf"), HF_HUB_OFFLINE: "1", OPENAI_API_KEY: "none", OPENAI_API_URL: url },
    ...{ TOKENIZERS_PARALLELISM: "false", CUDA_VISIBLE_DEVICES: "" },
  });
  const words = await readFile(log, "utf8");
  const said = new Map<string, Said>();
  for (const comparison of files.keys()) {
    const found = await readdir(outputOf(comparison), { recursive: true }).catch(() => []);
    // Some benchmarks leave a file for their server there, whose name ends alike.
    const [samples, results] = [/\/\d+_\d+_samples_/, /\/\d+_\d+_results\.json$/].map((part) =>
      found.find((name) => part.test(name)),
    );
    if (samples === undefined || results === undefined) {
      const [, own = ""] = words.split(`## ${comparison.theirs}\n`);
      const lines = (own.split("\n## ")[0] ?? "").split("\n").filter((line) => /error/i.test(line));
      said.set(comparison.theirs, { samples: [], metrics: new Map(), problem: lines.at(-1) ?? "no word of why" });
      continue;
    }
    const at = (name: string) => join(outputOf(comparison), name);
    const { results: byTask } = JSON.parse(await readFile(at(results), "utf8"));
    const own = byTask[comparison.theirs] as Record<string, unknown>;
    said.set(comparison.theirs, {
      samples: (await linesOf(at(samples))).sort((a, b) => Number(a.doc_id) - Number(b.doc_id)),
      // `exact_match,none`: the name, and the filter before it.
      metrics: new Map(
        Object.entries(own).flatMap(([key, value]) =>
          typeof value === "number" ? [[key.split(",")[0] as string, value] as const] : [],
        ),
      ),
    });
  }
  return said;
}

export async function askByUs(
  { work, url, rows }: { work: string; url: string; rows: string },
  comparisons: readonly Comparison[],
): Promise<Map<string, Said>> {
  const folder = join(work, "llava-eval");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const model = join(folder, "model.yaml");
  await writeFile(model, JSON.stringify({ runner: "openai", model: "m", urls: [url] }));
  const said = new Map<string, Said>();
  for (const { theirs, ours, promptProfile, judge } of comparisons) {
    const out = join(folder, theirs);
    const log = join(folder, `${theirs}.log`);
    const profile = promptProfile === undefined ? [] : ["--prompt-profile", promptProfile];
    const code = await ended(
      process.execPath,
      [
        ...[join(root, "bin/llava-eval.js"), "run", "--tasks", ours, "--data", join(rows, theirs), "--model", model],
        ...["--judge", judge ? model : "none", "--scoring", "lmms-eval", ...profile, "--out", out],
      ],
      log,
      { HOME: folder },
    );
    // The label is the task alone where the split is its default one.
    const found = (await readdir(out).catch(() => [])).find((name) => name.endsWith(".samples.jsonl"));
    if (found === undefined) {
      const problem = `exit ${code}: ${(await readFile(log, "utf8")).slice(-300)}`;
      said.set(theirs, { samples: [], metrics: new Map(), problem });
      continue;
    }
    const result = JSON.parse(await readFile(join(out, found.replace(".samples.jsonl", ".json")), "utf8")) as Result;
    said.set(theirs, { samples: await linesOf(join(out, found)), metrics: metricsOf(result) });
  }
  return said;
}

function metricsOf({ metrics, groups }: Result): Map<string, number> {
  const values = new Map<string, number>();
  for (const { name, value } of metrics) if (typeof value === "number") values.set(name, value);
  for (const [group, of] of Object.entries(groups)) {
    for (const [key, own] of Object.entries(of)) {
      for (const { name, value } of own) if (typeof value === "number") values.set(`${group}=${key} ${name}`, value);
    }
  }
  return values;
}

async function linesOf(path: string): Promise<Readonly<Record<string, unknown>>[]> {
  return (await readFile(path, "utf8"))
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function ended(
  command: string,
  args: readonly string[],
  log: string,
  environment: Readonly<Record<string, string>>,
): Promise<number | null> {
  const { PATH = "" } = process.env;
  const child = spawn(command, args, {
    env: { PATH, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const file = createWriteStream(log);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  await new Promise<void>((resolve) => file.end(resolve));
  return code;
}
