/** A run that came from elsewhere names a task file: what is loaded runs, so no command loads it unless whoever looks names one himself. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { metricsOf } from "../../src/api/board/metrics-of.js";
import { withSeal } from "../../src/api/record/dataset.js";
import { labelRun } from "../../src/api/report/judge-labels.js";
import { openPage } from "../../src/api/report/view.js";
import { evaluate } from "../../src/api/run/evaluate.js";
import { readManifest } from "../../src/record/manifest.js";
import { isSealed, sealOf } from "../../src/record/seal.js";
import { type Folder, temporaryFolder } from "../board/run-fixture.js";
import { root } from "../e2e/cli.js";
import { writeRows } from "../e2e/rows.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { runCommand } from "./run-command.js";

let folder: Folder;
const at = (...parts: readonly string[]) => join(folder.dir, ...parts);
const loaded = (name: string) => existsSync(at(`${name}.loaded`));

/**
 * A run whose own task file leaves a mark when it is loaded. Its name is new each time: what is loaded once is not loaded again.
 * @param sealed  for whom: with nobody's seal it says at least that it was made on this very machine, as whoever guesses its name may say
 */
async function received(name: string, sealed: "for us" | "for nobody" = "for nobody"): Promise<string> {
  const run = at(name);
  await cp(at("run"), run, { recursive: true });
  const task = await readFile(at("mine.ts"), "utf8");
  const mark = `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(at(`${name}.loaded`))}, "");\n`;
  await writeFile(at(`${name}.ts`), `${mark}${task}`);
  const renamed = async (path: string) => {
    const manifest = JSON.parse(await readFile(path, "utf8"));
    manifest.config.tasks = [at(`${name}.ts`)];
    const { seal: _, ...unsealed } = manifest;
    const { seal } = await withSeal(unsealed, () => {});
    Object.assign(unsealed, sealed === "for us" ? { seal } : {});
    await writeFile(path, JSON.stringify(unsealed));
  };
  await renamed(join(run, "run.json"));
  for (const shard of ["00-of-2", "01-of-2"])
    if (existsSync(join(run, "shards", shard))) await renamed(join(run, "shards", shard, "run.json"));
  return run;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeRows(at("rows"), 8);
  // Its metric is no mean: a comparison has to fold it again, and for that the task.
  const task = (await readFile(join(root, "test", "forms", "single-image.ts"), "utf8")).replace(
    'metrics: [mean("accuracy")],',
    `metrics: [{ name: "share", unit: "fraction", direction: "higher", start: () => {
      let n = 0, right = 0;
      return { add: (s) => { n++; right += s.value; }, finish: () => ({ value: n === 0 ? null : Math.sqrt(right / n), n }) };
    } }],`,
  );
  await writeFile(at("mine.ts"), task);
  await using endpoint = await startEndpoint({
    answer: ({ text }) => (Number(/\d+/.exec(text)?.[0]) % 3 === 0 ? "yes" : "no"),
  });
  const asked = { tasks: at("mine.ts"), data: at("rows"), model: `openai:fake@${endpoint.url}` };
  await evaluate({ ...asked, out: at("run") });
  for (const shard of ["0/2", "1/2"]) await evaluate({ ...asked, out: at("cut"), shard });
  await cp(at("cut", "shards"), at("run", "shards"), { recursive: true });
}, 60_000);
afterAll(() => folder[Symbol.asyncDispose]());

const says = /in a file \(.+\) named by a run that is not sealed with your key, and what is loaded runs/;

describe("what cannot be done without it exits 1 and says what to do; a file that is named is loaded", () => {
  test("score", async () => {
    const run = await received("scored");
    const refused = { message: expect.stringMatching(says), fix: expect.stringContaining("--tasks PATH") };
    await expect(runCommand(["score", run])).rejects.toMatchObject(refused);
    expect(loaded("scored")).toBe(false);
    const before = await readFile(join(run, "single_image.json"), "utf8");
    expect((await runCommand(["score", run, "--tasks", at("mine.ts")])).exitCode).toBe(0);
    expect(await readFile(join(run, "single_image.json"), "utf8")).toBe(before);
    expect(loaded("scored")).toBe(false);
    // And the mark is one: for whom the run is sealed the file is loaded.
    expect((await runCommand(["score", await received("here", "for us")])).exitCode).toBe(0);
    expect(loaded("here")).toBe(true);
  });

  test("merge", async () => {
    const run = await received("merged");
    for (const name of ["run.json", "single_image.json", "single_image.samples.jsonl"])
      await rm(join(run, name), { force: true });
    await expect(runCommand(["merge", run])).rejects.toMatchObject({ message: expect.stringMatching(says) });
    const merged = await runCommand(["merge", run, "--tasks", at("mine.ts"), "--json"]);
    expect(JSON.parse(merged.stdout)).toMatchObject([{ task: "single_image", n: { total: 8 } }]);
    expect(loaded("merged")).toBe(false);
  });

  test("verify, which trusts no seal", async () => {
    const run = await received("verified", "for us");
    await rm(join(run, "shards"), { recursive: true });
    const { stdout } = await runCommand(["verify", run]);
    expect(stdout).toContain("not checked");
    expect(loaded("verified")).toBe(false);
    expect((await runCommand(["verify", run, "--tasks", at("mine.ts")])).stdout).toContain("every answer scored again");
    expect(loaded("verified")).toBe(false);
  });
});

describe("what can be done without it is done, with a warning", () => {
  test("samples", async () => {
    const run = await received("sampled");
    const plain = await runCommand(["samples", run, "--format", "jsonl"]);
    expect(plain.stdout.trim().split("\n")).toHaveLength(8);
    expect(plain.stdout).not.toContain('"how"');
    expect(plain.stderr).toMatch(says);
    expect(plain.stderr).toContain("--tasks PATH");
    const named = await runCommand(["samples", run, "--format", "jsonl", "--tasks", at("mine.ts")]);
    expect(named.stdout).toContain('"how":{"credits"');
    expect(loaded("sampled")).toBe(false);
  });

  test("view", async () => {
    const run = await received("viewed");
    const out = at("page");
    const { stderr } = await runCommand(["view", run, "--out", out]);
    expect(stderr).toMatch(says);
    expect(existsSync(join(out, "thumbs"))).toBe(false);
    const named = await runCommand(["view", run, "--out", at("page-2"), "--tasks", at("mine.ts")]);
    expect(named.stderr).not.toMatch(says);
    const page = await readFile(at("page-2", "index.html"), "utf8");
    expect(page).toContain('data-name="image/');
    const warnings: string[] = [];
    await using _server = await openPage([run], 0, { images: 10, warn: (message) => void warnings.push(message) });
    expect(warnings.join()).toMatch(says);
    expect(loaded("viewed")).toBe(false);
  });

  test("items", async () => {
    const run = await received("itemed");
    const other = await received("itemed-too");
    const renamed = join(other, "run.json");
    const manifest = JSON.parse(await readFile(renamed, "utf8"));
    await writeFile(renamed, JSON.stringify({ ...manifest, name: "another", startedAt: "2026-01-02T00:00:00Z" }));
    const flags = ["items", "single_image", "--runs", `${run},${other}`, "--format", "html"];
    const plain = await runCommand(flags);
    expect(plain.stderr).toMatch(says);
    expect(plain.stdout).not.toContain("data:image/webp");
    expect((await runCommand([...flags, "--tasks", at("mine.ts")])).stdout).toContain("data:image/webp");
    expect([loaded("itemed"), loaded("itemed-too")]).toEqual([false, false]);
  });

  test("judge label", async () => {
    const run = await received("labelled");
    const warnings: string[] = [];
    const options = { n: 4, by: "ann", port: 0, warn: (message: string) => void warnings.push(message) };
    {
      await using server = await labelRun(run, options);
      expect(await (await fetch(server.url)).text()).toMatch(/Question \d/);
    }
    expect(warnings.join()).toMatch(says);
    await using server = await labelRun(run, { ...options, tasks: [at("mine.ts")] });
    expect(await (await fetch(server.url)).text()).toContain("data:image/jpeg;base64,");
    expect(loaded("labelled")).toBe(false);
  });

  test("explain, and another harness's file", async () => {
    const run = await received("explained");
    const log = at("20260101_000000_samples_single_image.jsonl");
    const line = { doc_id: 0, doc: {}, target: "yes", filtered_resps: ["yes"], resps: [["no"]], doc_hash: "x" };
    await writeFile(log, `${JSON.stringify({ ...line, accuracy: 1 })}\n`);
    const flags = ["explain", run, `lmms-eval:${log}`];
    const plain = await runCommand([...flags, "--tasks", "single_image"]);
    expect(plain.stderr).toMatch(says);
    expect((await runCommand([...flags, "--tasks", at("mine.ts")])).stderr).not.toMatch(says);
    expect((await runCommand(["explain", run, at("run")])).exitCode).toBe(0);
    expect(loaded("explained")).toBe(false);
  });

  test("compare, leaderboard, export and publish", async () => {
    const run = await received("compared");
    const second = await received("compared-too");
    const journal = join(second, "single_image.samples.jsonl");
    await writeFile(journal, (await readFile(journal, "utf8")).replace('"value":1', '"value":0'));
    expect((await runCommand(["compare", run, second])).stdout).toContain("its task is not known here");
    expect(await metricsOf("single_image", await readManifest(run))).toBeUndefined();
    for (const command of [
      ["leaderboard", run],
      ["export", run, "--out", at("exported.parquet")],
      ["publish", run, "--out", at("bundle")],
    ])
      await runCommand(command).catch((error: Error) => {
        if (error.name !== "UserError") throw error;
      });
    expect([loaded("compared"), loaded("compared-too")]).toEqual([false, false]);
    // Of two runs the one that was made here says what its task is.
    expect((await runCommand(["compare", run, await received("ours", "for us")])).stdout).not.toContain(
      "its task is not known here",
    );
  });
});

test("a run's own path, a suite that names files and a list of items are files too; tasks and suites of the package are not", async () => {
  const run = await received("named");
  const manifest = JSON.parse(await readFile(join(run, "run.json"), "utf8"));
  for (const name of [
    at("named.ts"),
    "./named.ts@test",
    "named.js",
    "suite.yaml",
    "vqav2~./list.yaml",
    "../named.mts",
  ]) {
    const { tasks: _, ...config } = manifest.config;
    expect(await metricsOf("single_image", { ...manifest, config: { ...config, tasks: [name] } }), name).toBe(
      undefined,
    );
  }
  expect(loaded("named")).toBe(false);
  for (const name of ["pope", "pope*", "pope_full"])
    expect(await metricsOf("pope", { ...manifest, config: { ...manifest.config, tasks: [name] } }), name).toBeDefined();
});

describe("the seal", () => {
  afterEach(() => vi.unstubAllEnvs());
  const keys = (state: string) => readdir(join(state, "llava-eval"));

  test("a run is sealed by the command that named its file: with a key of the user's own, whose folder has it and the run's has not", async () => {
    const { seal } = await readManifest(at("run"));
    expect(seal).toMatch(/^[0-9a-f]{64}$/);
    const key = join(process.env.XDG_STATE_HOME ?? "", "llava-eval", "seal.key");
    const secret = (await readFile(key, "utf8")).trim();
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    for (const file of await readdir(at("run"), { recursive: true, withFileTypes: true }))
      if (file.isFile())
        expect(await readFile(join(file.parentPath, file.name), "utf8"), file.name).not.toContain(secret);
    // Another user, or another machine: no key, or another one. Asking makes none.
    const manifest = await readManifest(at("run"));
    const tasks = [at("mine.ts")];
    expect(await isSealed(manifest, tasks)).toBe(true);
    vi.stubEnv("XDG_STATE_HOME", at("state-of-another"));
    expect(await isSealed(manifest, tasks)).toBe(false);
    expect(existsSync(at("state-of-another"))).toBe(false);
    expect(await sealOf(tasks)).not.toBe(seal);
    expect(await isSealed(manifest, tasks)).toBe(false);
  });

  test("a state folder that is not absolute is ignored: it would be one of a received folder's, with a key in it", async () => {
    const manifest = await readManifest(at("run"));
    const tasks = [at("mine.ts")];
    vi.stubEnv("HOME", at("home"));
    vi.stubEnv("XDG_STATE_HOME", at("received-state"));
    const seal = (await sealOf(tasks)) as string;
    expect(await isSealed({ ...manifest, seal }, tasks)).toBe(true);
    vi.stubEnv("XDG_STATE_HOME", relative(process.cwd(), at("received-state")));
    expect(await isSealed({ ...manifest, seal }, tasks)).toBe(false);
    // The home's own takes its place; and a home that is not absolute is none either.
    expect(await sealOf(tasks)).not.toBe(seal);
    expect(await keys(at("home", ".local", "state"))).toEqual(["seal.key"]);
    vi.stubEnv("HOME", relative(process.cwd(), at("home")));
    expect(await sealOf(tasks)).toBeUndefined();
  });

  test("it holds for the names that were given, and for no others", async () => {
    const manifest = await readManifest(at("run"));
    for (const tasks of [[at("other.ts")], [at("mine.ts"), at("other.ts")], [`${at("mine.ts")}@val`], []])
      expect(await isSealed(manifest, tasks), tasks.join()).toBe(false);
    for (const seal of ["", "0".repeat(64), `${manifest.seal}0`, "é"])
      expect(await isSealed({ ...manifest, seal }, [at("mine.ts")]), seal).toBe(false);
  });

  test("processes that begin at once take one key; a run of the package's tasks needs none", async () => {
    vi.stubEnv("XDG_STATE_HOME", at("new-state"));
    const { seal: _, ...manifest } = await readManifest(at("run"));
    const ofPackage = { ...manifest, config: { ...manifest.config, tasks: ["pope", "mmmu@dev"] } };
    const warn = vi.fn();
    expect(await withSeal(ofPackage, warn)).toEqual(ofPackage);
    expect(warn).not.toHaveBeenCalled();
    expect(existsSync(at("new-state"))).toBe(false);
    const seals = await Promise.all(Array.from({ length: 20 }, () => sealOf(["x.ts"])));
    expect(new Set(seals).size).toBe(1);
    expect(seals[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await keys(at("new-state"))).toEqual(["seal.key"]);
  });

  test("where no key can be kept, or what is there is none, the run goes on without a seal, and says once what that costs", async () => {
    await writeFile(at("no-folder"), "");
    vi.stubEnv("XDG_STATE_HOME", at("no-folder"));
    await using endpoint = await startEndpoint({ answer: () => "yes" });
    const model = `openai:fake@${endpoint.url}`;
    const asked = ["run", "--tasks", at("mine.ts"), "--data", at("rows"), "--model", model, "--out", at("unsealed")];
    const { stderr } = await runCommand(asked);
    expect(stderr.match(/no key that seals this run/g)).toHaveLength(1);
    expect(stderr).toContain(join(at("no-folder"), "llava-eval", "seal.key"));
    expect(stderr).toContain("--tasks PATH");
    const manifest = await readManifest(at("unsealed"));
    expect(manifest).not.toHaveProperty("seal");
    await expect(runCommand(["score", at("unsealed")])).rejects.toMatchObject({
      message: expect.stringMatching(says),
    });
    vi.stubEnv("XDG_STATE_HOME", at("damaged"));
    await mkdir(at("damaged", "llava-eval"), { recursive: true });
    await writeFile(at("damaged", "llava-eval", "seal.key"), "");
    const warn = vi.fn();
    expect(await withSeal(manifest, warn)).toEqual(manifest);
    expect(warn).toHaveBeenCalledOnce();
    // The key is found damaged, and stays: an empty one would seal for everybody.
    expect(await readFile(at("damaged", "llava-eval", "seal.key"), "utf8")).toBe("");
  });

  test("a key that others can read or write, or a pipe in its place, is none, and nobody waits for it", async () => {
    vi.stubEnv("XDG_STATE_HOME", at("open-state"));
    const manifest = await readManifest(at("run"));
    const tasks = [at("mine.ts")];
    const seal = (await sealOf(tasks)) as string;
    const key = at("open-state", "llava-eval", "seal.key");
    for (const mode of [0o666, 0o644, 0o620]) {
      await chmod(key, mode);
      expect(await isSealed({ ...manifest, seal }, tasks), mode.toString(8)).toBe(false);
      expect(await sealOf(tasks), mode.toString(8)).toBeUndefined();
    }
    await chmod(key, 0o400);
    expect(await sealOf(tasks)).toBe(seal);
    await rm(key);
    execFileSync("mkfifo", ["-m", "600", key]);
    expect(await isSealed({ ...manifest, seal }, tasks)).toBe(false);
    expect(await sealOf(tasks)).toBeUndefined();
    expect(await keys(at("open-state"))).toEqual(["seal.key"]);
  });

  test("a run of an earlier version is sealed when its own command is given again, and its score keeps the seal", async () => {
    await using endpoint = await startEndpoint({ answer: () => "yes" });
    const asked = { tasks: at("mine.ts"), data: at("rows"), model: `openai:fake@${endpoint.url}`, out: at("earlier") };
    await evaluate(asked);
    const manifest = JSON.parse(await readFile(at("earlier", "run.json"), "utf8"));
    const { seal, ...unsealed } = manifest;
    await writeFile(at("earlier", "run.json"), JSON.stringify(unsealed));
    await expect(runCommand(["score", at("earlier")])).rejects.toMatchObject({ message: expect.stringMatching(says) });
    await evaluate(asked);
    expect((await runCommand(["score", at("earlier")])).exitCode).toBe(0);
    expect((await readManifest(at("earlier"))).seal).toBe(seal);
  });

  test("what is merged is sealed no more than its shards: naming a file once seals nobody's", async () => {
    const run = await received("merged-twice");
    for (const name of ["run.json", "single_image.json", "single_image.samples.jsonl"])
      await rm(join(run, name), { force: true });
    await runCommand(["merge", run, "--tasks", at("mine.ts"), "--json"]);
    expect((await readManifest(run)).seal).toBeUndefined();
    await expect(runCommand(["score", run])).rejects.toMatchObject({ message: expect.stringMatching(says) });
    expect(loaded("merged-twice")).toBe(false);
  });
});
