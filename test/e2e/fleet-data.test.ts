/** Workers without data: their coordinator serves rows and images, by digest, to nobody else, and nothing else. */
import { execFileSync, spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/api/run/evaluate.js";
import { freePort, noRedis, TestRedis } from "../fakes/redis.js";
import { root, Workplace } from "./cli.js";
import { numbersOf } from "./fleet-place.js";

const token = "a-token-of-at-least-thirty-two-letters";

/** The manual's certificate, for another name. */
async function certificate(place: Workplace, name: string, alternative: string): Promise<void> {
  const manual = await readFile(join(root, "docs/fleet.md"), "utf8");
  const line = manual.split("\n").find((one) => one.startsWith("    openssl req")) ?? "";
  const [program = "", ...words] = line
    .trim()
    .replace("=queue", `=${name}`)
    .replace("DNS:queue", alternative)
    .split(/ +/);
  execFileSync(program, words, { cwd: place.path, stdio: "ignore" });
}

const secure = (place: Workplace) => ({
  LLAVA_EVAL_FLEET_TOKEN: token,
  LLAVA_EVAL_FLEET_CERT: place.file("ca.crt"),
  LLAVA_EVAL_FLEET_KEY: place.file("key.pem"),
});

describe.skipIf(noRedis)(`data by the coordinator (skipped: ${noRedis ?? "no"})`, { timeout: 120_000 }, () => {
  test("over TLS: the run of one process, each image fetched once; without the token, or beyond the run, nothing", async () => {
    await using redis = await TestRedis.start();
    await using place = await Workplace.make({ LLAVA_EVAL_FLEET: redis.url });
    await certificate(place, "localhost", "DNS:localhost");
    const port = await freePort();
    const served = { LLAVA_EVAL_FLEET_DATA: `https://localhost:${port}`, LLAVA_EVAL_FLEET_CA: place.file("ca.crt") };
    const asked = ["--tasks", "pope,mmmu", "--data", "demo", "--fleet", "--name", "m", "--out", "many"];
    const run = place.startWith(secure(place), "run", ...asked, "--listen", `localhost:${port}`);
    let said = "";
    run.stderr?.on("data", (text: string) => {
      said += text;
    });
    while (!said.includes("waiting for a worker")) await wait(50);

    const ca = await readFile(place.file("ca.crt"));
    const status = (path: string, authorization: string) =>
      new Promise((resolve, reject) => {
        const options = { ca, headers: { authorization } };
        get(`https://localhost:${port}${path}`, options, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on("error", reject);
      });
    expect(await status("/rows/pope/0-1", "Bearer no-token-of-this-run-but-as-long-as-one")).toBe(401);
    const paths = [
      "/rows/pope/0-1",
      "/rows/vqav2/0-1",
      `/blob/sha256/${"0".repeat(64)}`,
      "/../../etc/passwd",
      "/run.json",
    ];
    expect(await Promise.all(paths.map((path) => status(path, `Bearer ${token}`)))).toEqual([200, 404, 404, 404, 404]);

    const model = ["--model", "stub:yes", "--name", "m"];
    const wrong = { ...served, LLAVA_EVAL_FLEET_TOKEN: `${token}s` };
    const stranger = await place.startWith(wrong, "worker", ...model, "--data", "coordinator").ended;
    expect(stranger).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("LLAVA_EVAL_FLEET_TOKEN") });
    const mine = { ...served, LLAVA_EVAL_FLEET_TOKEN: token };
    // What its disk may hold of clips is no question of this run.
    const worker = place.startWith(mine, "worker", ...model, "--data", "coordinator", "--clip-disk", "1");
    expect(await run.ended).toMatchObject({ exitCode: 0 });
    worker.kill("SIGINT");
    expect((await worker.ended).stderr).not.toContain("MaxListeners");
    await evaluate({ tasks: "pope,mmmu", data: "demo", model: "stub:yes", name: "m", out: place.file("whole") });
    expect(await numbersOf(place.file("many"))).toEqual(await numbersOf(place.file("whole")));

    const blobs = (await readdir(place.file(".cache/llava-eval/blobs"), { recursive: true })).filter((name) =>
      name.includes("/"),
    );
    const samples = [...(await place.samples("many", "pope")), ...(await place.samples("many", "mmmu"))];
    const images = new Set(samples.flatMap(({ images: of = [] }) => of));
    expect(images.size).toBeGreaterThan(1);
    // A journal names the first 32 digits.
    expect(new Set(blobs.map((name) => name.slice(3, 35)))).toEqual(images);
  });

  test("others are not served without a certificate, and nobody with a short token", async () => {
    await using redis = await TestRedis.start();
    await using place = await Workplace.make({ LLAVA_EVAL_FLEET: redis.url });
    const run = (environment: Record<string, string>, listen: string) =>
      place.startWith(
        environment,
        "run",
        "--tasks",
        "pope",
        "--data",
        "demo",
        "--fleet",
        "--name",
        "m",
        "--listen",
        listen,
      ).ended;
    const open = await run({ LLAVA_EVAL_FLEET_TOKEN: token }, "0.0.0.0:7443");
    expect(open).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("only this machine is served") });
    const short = await run({ LLAVA_EVAL_FLEET_TOKEN: "short" }, "127.0.0.1:0");
    expect(short).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("openssl rand -hex 32") });
    const way = { LLAVA_EVAL_FLEET_TOKEN: token, LLAVA_EVAL_FLEET_DATA: "http://10.0.0.1:7443" };
    redis.command("HSET", "le:runs", "x", JSON.stringify({ version: "0", model: "other" }));
    await writeFile(place.file("certificate"), "none");
    const bad = await run(
      { ...way, LLAVA_EVAL_FLEET_CERT: place.file("certificate"), LLAVA_EVAL_FLEET_KEY: place.file("certificate") },
      "0.0.0.0:0",
    );
    expect(bad).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("no certificate that can be read") });
  });
});

/** Two network namespaces need root: in the soak. */
const noNamespaces = process.env.LLAVA_EVAL_TEST_NAMESPACES === undefined || process.getuid?.() !== 0;

describe.skipIf(noRedis !== undefined || noNamespaces)("two hosts", { timeout: 180_000 }, () => {
  test("coordinator and Redis on one, two workers with the local engine on the other: rows and images over the network", async () => {
    const [near, far] = [`le-near-${process.pid}`, `le-far-${process.pid}`];
    const ip = (...words: readonly string[]) => execFileSync("ip", words);
    try {
      for (const [name, wire, address] of [
        [near, "le-n0", "10.213.7.1/24"],
        [far, "le-f0", "10.213.7.2/24"],
      ] as const) {
        ip("netns", "add", name);
        if (name === near) ip("link", "add", "le-n0", "netns", near, "type", "veth", "peer", "name", "le-f0");
        else ip("link", "set", "le-f0", "netns", far);
        ip("-n", name, "address", "add", address, "dev", wire);
        ip("-n", name, "link", "set", wire, "up");
        ip("-n", name, "link", "set", "lo", "up");
      }
      await using redis = await TestRedis.startIn(near, "--bind", "10.213.7.1", "127.0.0.1", "--protected-mode", "no");
      await using place = await Workplace.make({ LLAVA_EVAL_FLEET: `redis://10.213.7.1:${redis.port}` });
      await certificate(place, "coordinator", "IP:10.213.7.1");
      const model = join(root, "configs/demo/model");
      const asked = [
        "--tasks",
        "pope,mmmu",
        "--limit",
        "24",
        "--data",
        "demo",
        "--fleet",
        "--insecure-fleet",
        "--name",
        "m",
        "--out",
        "many",
      ];
      const run = place.startIn(near, secure(place), "run", ...asked, "--listen", "10.213.7.1:7443");
      const served = {
        LLAVA_EVAL_FLEET_DATA: "https://10.213.7.1:7443",
        LLAVA_EVAL_FLEET_CA: place.file("ca.crt"),
        LLAVA_EVAL_FLEET_TOKEN: token,
      };
      const work = ["worker", "--model", `local:${model}`, "--name", "m", "--data", "coordinator", "--insecure-fleet"];
      const workers = [0, 1].map((n) =>
        place.startIn(far, { ...served, XDG_CACHE_HOME: place.file(`node${n}`) }, ...work),
      );
      expect(await run.ended).toMatchObject({ exitCode: 0 });
      for (const worker of workers) worker.kill("SIGINT");
      for (const worker of workers) await worker.ended;
      await evaluate({
        tasks: "pope,mmmu",
        limit: 24,
        data: "demo",
        model: `local:${model}`,
        name: "m",
        out: place.file("whole"),
      });
      expect(await numbersOf(place.file("many"))).toEqual(await numbersOf(place.file("whole")));
    } finally {
      for (const name of [near, far]) spawnSync("ip", ["netns", "delete", name]);
    }
  });
});
