/** Three people on their way, line by line as they type it, to where they wanted to be; with the lines and the seconds it took. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { SampleRecord } from "../../src/record/samples.js";
import { type Asked, startEndpoint } from "../fakes/endpoint.js";
import { startWebhook } from "../fakes/webhook.js";
import { chromiumPath, launchBrowser } from "../report/browser.js";
import { root } from "./cli.js";

interface Typed {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell that keeps its folder from line to line, and counts. */
class Walk implements AsyncDisposable {
  private lines = 0;
  private folder: string;
  private readonly began = performance.now();

  private constructor(
    readonly name: string,
    readonly path: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.folder = path;
  }

  /** @param installed  `npx llava-eval` is this checkout's, as where it is installed; else it is whatever the walk comes to */
  static async begin(name: string, installed: boolean): Promise<Walk> {
    const path = await mkdtemp(join(tmpdir(), "llava-eval-walk-"));
    const { PATH = "" } = process.env;
    const stand = join(path, ".bin");
    if (installed) {
      await mkdir(stand);
      await writeFile(
        join(stand, "npx"),
        `#!/bin/sh\nshift\nexec "${process.execPath}" "${root}/bin/llava-eval.js" "$@"\n`,
      );
      await chmod(join(stand, "npx"), 0o755);
    }
    const path_ = [...(installed ? [stand] : []), dirname(process.execPath), PATH].join(delimiter);
    // npm's cache and settings are the machine's; nothing else of the developer's own reaches the walk.
    const { HOME = "", npm_config_cache = join(HOME, ".npm") } = process.env;
    const npm = Object.fromEntries(Object.entries(process.env).filter(([key]) => /^npm_config_|_proxy$/i.test(key)));
    const npmrc = existsSync(join(HOME, ".npmrc")) ? { npm_config_userconfig: join(HOME, ".npmrc") } : {};
    return new Walk(name, path, { ...npm, ...npmrc, npm_config_cache, PATH: path_, HOME: path, NO_COLOR: "1" });
  }

  async type(line: string, exitCode = 0): Promise<Typed> {
    this.lines += line.split(" && ").filter((part) => !part.startsWith("cd ")).length;
    const ended = await this.run(`cd ${JSON.stringify(this.folder)} && ${line}; code=$?; pwd >&3; exit $code`);
    expect(ended.exitCode, `${line}\n${ended.stderr}`).toBe(exitCode);
    return ended;
  }

  file(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  read(...parts: readonly string[]): Promise<string> {
    return readFile(this.file(...parts), "utf8");
  }

  /** @param most  lines */
  arrived(most: number): void {
    const seconds = Math.round((performance.now() - this.began) / 1000);
    process.stdout.write(`walk ${this.name}: ${this.lines} commands, ${seconds} s\n`);
    expect(this.lines).toBeLessThanOrEqual(most);
  }

  private run(script: string): Promise<Typed> {
    const child = spawn("bash", ["--norc", "-c", script], { env: this.env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const texts = ["", "", ""];
    for (const [i, stream] of [child.stdout, child.stderr, child.stdio[3]].entries())
      (stream as NodeJS.ReadableStream).setEncoding("utf8").on("data", (text: string) => {
        texts[i] += text;
      });
    const [stdout, stderr] = [() => texts[0] ?? "", () => texts[1] ?? ""];
    return new Promise((resolve, reject) => {
      child.on("error", reject).on("close", (exitCode) => {
        this.folder = texts[2]?.trim() || this.folder;
        resolve({ exitCode, stdout: stdout(), stderr: stderr() });
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

const isClone = existsSync(join(root, ".git"));

test.skipIf(!isClone)(
  "a researcher: from git clone to the LaTeX table of an own checkpoint (skipped where this is no clone)",
  async () => {
    await using walk = await Walk.begin("A", false);
    await cp(join(root, "configs", "demo", "model"), walk.file("checkpoints", "step-12000"), { recursive: true });

    await walk.type(`git clone -q "${root}" llava-eval && cd llava-eval`);
    // This checkout's engine is lent: it is known by its sources' content, and compiled once is enough for one CI run.
    await cp(join(root, "build", "engine"), walk.file("build", "engine"), { recursive: true });
    await walk.type("npm ci --no-audit --no-fund");
    await walk.type("npx llava-eval run --tasks vqav2,mmmu --model local:../checkpoints/step-12000 --data demo");
    await walk.type("npx llava-eval leaderboard --include demo --format latex --out table.tex");

    const table = await walk.read("table.tex");
    expect(table).toContain("\\toprule");
    expect(table).toContain("step-12000");
    expect(table).toMatch(/94\.5[\s\S]*86\.3|86\.3[\s\S]*94\.5/);
    walk.arrived(6);
  },
  900_000,
);

/** The references of the demo's questions, by image and words: an endpoint that is always right. */
async function references(walk: Walk, ...tasks: string[]): Promise<(asked: Asked) => string> {
  const known = new Map<string, string>();
  for (const task of tasks)
    for (const line of (await walk.read("questions", `${task}.samples.jsonl`)).trimEnd().split("\n")) {
      const { images, prompt, score } = JSON.parse(line) as SampleRecord;
      const [right] = score?.status === "scored" ? (score.targets ?? []) : [];
      if (right) known.set(`${images?.[0]} ${prompt?.replaceAll("<image>", "").trim()}`, right);
    }
  return ({ images, text }) => known.get(`${images[0]} ${text.trim()}`) ?? "unknown";
}

test.skipIf(!chromiumPath)(
  "an engineer: a gate from an empty folder, two nights, one regression (skipped without Chromium, Debian package chromium)",
  async () => {
    let spoiled = false;
    let right: (asked: Asked) => string = () => "unknown";
    const isColour = ({ text }: Asked) => /what color/i.test(text);
    await using endpoint = await startEndpoint({
      answer: (asked) => (spoiled && isColour(asked) ? "a kind of grey" : right(asked)),
    });
    await using chat = await startWebhook();
    {
      await using learning = await Walk.begin("", true);
      await learning.type("npx llava-eval run --tasks vqav2,pope --data demo --model stub --out questions");
      right = await references(learning, "vqav2", "pope");
    }

    await using walk = await Walk.begin("B", true);
    const model = `openai:fake@${endpoint.url}`;
    await walk.type(`npx llava-eval init nightly house-model --model ${model} --tasks vqav2,pope --data demo`);
    const compare = `npx llava-eval compare results/baselines/nightly results/nightly --fail-on regression --notify ${chat.url}`;
    await walk.type(`npx llava-eval run --config configs/nightly.yaml && ${compare}`);
    spoiled = true;
    const closed = await walk.type(`npx llava-eval run --config configs/nightly.yaml && ${compare}`, 3);
    expect(closed.stderr).toContain("gate closed: regression: vqav2\n");
    expect(chat.posted.map(({ text }) => text.split(" (")[0])).toEqual([
      "✅ llava-eval: no regression",
      "❌ llava-eval: regression",
    ]);
    expect(chat.posted[1]?.text).toContain('became "a kind of grey"');

    const why = await walk.type("npx llava-eval explain results/baselines/nightly results/nightly");
    expect(why.stdout).toMatch(/vqav2.*raw text|raw text.*vqav2/s);
    const since = await walk.type("npx llava-eval history --tasks vqav2");
    expect(since.stdout).toMatch(/^vqav2 +house-model +3 /m);
    await walk.type("npx llava-eval view results/baselines/nightly results/nightly --out report");
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`file://${walk.file("report", "index.html")}#task=vqav2`);
      await page.click('.filters button:has-text("worse than A")');
      await page.getByText("a kind of grey").first().waitFor();
    } finally {
      await browser.close();
    }
    walk.arrived(8);
  },
  600_000,
);

test("a maintainer: a benchmark of their own, two submissions as they are handed in, a board, and a disputed score", async () => {
  await using walk = await Walk.begin("C", true);
  await walk.type("npx llava-eval tasks new plates");
  for (const [team, answers] of [
    ["first", ["Red", "2"]],
    ["second", ["red", "three"]],
  ] as const) {
    await mkdir(walk.file(team));
    const lines = answers.map((text, i) => `${JSON.stringify({ id: `q${i + 1}`, text })}\n`);
    await writeFile(walk.file(team, "plates.samples.jsonl"), lines.join(""));
    await walk.type(`npx llava-eval run --tasks ./plates.ts --data . --model replay:${team} --name ${team}-team`);
  }
  const board = await walk.type("npx llava-eval leaderboard --include partial --format csv");
  expect(
    board.stdout
      .split(/\r?\n/)
      .slice(1, 3)
      .map((line) => line.split(",")[0]),
  ).toEqual(["first-team", "second-team"]);
  await walk.type("npx llava-eval leaderboard --include partial --site site");
  expect(await walk.read("site", "index.html")).toContain("second-team");
  const disputed = await walk.type("npx llava-eval compare first-team second-team");
  expect(disputed.stdout).toMatch(/q2 .*2 +three/);
  walk.arrived(6);
}, 300_000);
