/** Who gets to a fleet's queue, and what those are told who do not. The commands are those of docs/fleet.md. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/api/run/evaluate.js";
import { freePort, noRedis, TestRedis } from "../fakes/redis.js";
import { root, Workplace } from "./cli.js";
import { documented, numbersOf } from "./fleet-place.js";
import { writeRows } from "./rows.js";

/** What the status says to a server of these settings. */
async function status(environment: Record<string, string>) {
  await using place = await Workplace.make(environment);
  return await place.run("fleet", "status");
}

describe.skipIf(noRedis)(`the doors of a fleet (skipped: ${noRedis ?? "no"})`, { timeout: 120_000 }, () => {
  test("with the manual's certificate, user and server: a run over TLS; who has another authority, user or no TLS is told what to do", async () => {
    await using place = await Workplace.make();
    const [program = "", ...words] = (await documented("openssl req")).split(/ +/);
    execFileSync(program, words, { cwd: place.path, stdio: "ignore" });
    const users = [await documented("user default"), await documented("user llava")];
    await writeFile(place.file("users.acl"), `${users.join("\n")}\n`);
    const port = String(await freePort());
    const server = (await documented("redis-server --port 0")).split(/ +/).slice(1);
    const set = (name: string) => [name, server[server.indexOf(name) + 1] ?? ""] as const;
    const files = ["--tls-cert-file", "--tls-key-file", "--aclfile"]
      .map(set)
      .flatMap(([name, file]) => [name, place.file(file)]);
    await using _ = await TestRedis.start(
      "--tls-port",
      port,
      ...set("--tls-auth-clients"),
      ...set("--maxmemory-policy"),
      ...files,
    );

    const url = `rediss://llava:TOKEN@localhost:${port}`;
    const known = { LLAVA_EVAL_FLEET: url, LLAVA_EVAL_FLEET_CA: place.file("ca.crt") };
    const settings = ["--tasks", "pope", "--data", "demo"];
    const run = place.startWith(known, "run", ...settings, "--fleet", "--name", "m", "--out", "many");
    const worker = place.startWith(known, "worker", "--model", "stub:yes", "--name", "m", "--data", "demo");
    expect(await run.ended).toMatchObject({ exitCode: 0 });
    worker.kill("SIGINT");
    expect((await worker.ended).stderr).toContain("samples answered");
    await evaluate({ tasks: "pope", data: "demo", model: "stub:yes", name: "m", out: place.file("whole") });
    expect(await numbersOf(place.file("many"))).toEqual(await numbersOf(place.file("whole")));

    execFileSync(
      "openssl",
      [...words.map((word) => word.replace("ca.crt", "other.crt").replace("key.pem", "other.pem"))],
      {
        ...{ cwd: place.path, stdio: "ignore" },
      },
    );
    const others = [
      [{ LLAVA_EVAL_FLEET: url }, "LLAVA_EVAL_FLEET_CA=ca.crt"],
      [{ ...known, LLAVA_EVAL_FLEET_CA: place.file("other.crt") }, "LLAVA_EVAL_FLEET_CA=ca.crt"],
      [{ ...known, LLAVA_EVAL_FLEET_CA: place.file("no.crt") }, "no certificate that can be read"],
      [{ ...known, LLAVA_EVAL_FLEET_CA: place.file("users.acl") }, "no certificate that can be read"],
      [{ ...known, LLAVA_EVAL_FLEET: `rediss://llava:GUESS@localhost:${port}` }, "check user and password"],
      [{ ...known, LLAVA_EVAL_FLEET: `rediss://localhost:${port}` }, "check user and password"],
      [
        { ...known, LLAVA_EVAL_FLEET: `redis://llava:TOKEN@localhost:${port}` },
        "start the server (docs/fleet.md), or correct the URL (a TLS port is spoken to with rediss://)",
      ],
      // The certificate is the host's of that name.
      [{ ...known, LLAVA_EVAL_FLEET: url.replace("localhost", "127.0.0.1") }, "by a name in its certificate"],
    ] as const;
    for (const [environment, told] of others) {
      const { exitCode, stderr } = await status(environment);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(told) });
      expect(stderr).not.toMatch(/TOKEN|GUESS/);
    }
  });

  test("a server that is too old", async () => {
    const info = "redis_version:5.0.7\r\nmaxmemory_policy:noeviction\r\nloading:0\r\n";
    const server = createServer((socket) =>
      socket.on("data", (data) => {
        // One answer for each command: arrays of strings begin so.
        for (const command of String(data)
          .split(/\*\d+\r\n/)
          .slice(1))
          socket.write(/\r\ninfo\r\n/i.test(command) ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n");
      }),
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { exitCode, stderr } = await status({ LLAVA_EVAL_FLEET: `redis://127.0.0.1:${port}` });
    expect(stderr).toContain("the server is Redis 5.0.7, and the queue needs 6.2 or newer");
    expect(exitCode).toBe(1);
    server.close();
  });

  test("a run of another version, whether this one can read it or not", async () => {
    await using redis = await TestRedis.start();
    await using place = await Workplace.make({ LLAVA_EVAL_FLEET: redis.url });
    const id = "0123456789abcdef0123456789abcdef";
    const run = { v: 1, id, version: "0.0.9", model: "m", settings: { tasks: ["pope"] }, identity: {} };
    const newer = { v: 2, id, version: "9.0.0", model: "m", wishes: [] };
    for (const announced of [run, newer]) {
      redis.command("HSET", "le:runs", id, JSON.stringify(announced));
      const { exitCode, stderr } = await place.run("worker", "--model", "stub:yes", "--name", "m", "--data", "demo");
      expect(stderr).toContain(`the run is of llava-eval ${announced.version}, and this is`);
      expect(stderr).toContain("install the run's version here");
      expect(exitCode).toBe(1);
    }
  });

  test("an announcement that this version cannot read is shown, is not paused, and can be drained", async () => {
    await using redis = await TestRedis.start();
    await using place = await Workplace.make({ LLAVA_EVAL_FLEET: redis.url });
    const [newer, other] = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];
    const announced = () => redis.command("HKEYS", "le:runs").trim().split("\n").filter(Boolean).sort();
    redis.command("HSET", "le:runs", newer, JSON.stringify({ v: 2, version: "9.0.0", model: "m", wishes: [] }));
    redis.command("HSET", "le:runs", other, "no announcement at all");
    redis.command("HSET", "le:runs", "a:b", "{}");
    const status = await place.run("fleet", "status");
    expect(status).toMatchObject({ exitCode: 0, stdout: "no run on the queue that can be read\n" });
    expect(status.stderr).toContain(
      "run 01234567 of m was announced by llava-eval 9.0.0, and this version cannot read it",
    );
    expect(status.stderr).toContain("run fedcba98 was announced by nobody known");
    const pause = await place.run("fleet", "pause", "0123");
    expect(pause).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("llava-eval fleet drain 01234567") });

    const one = await place.run("fleet", "drain", "0123");
    expect(one).toMatchObject({ exitCode: 0 });
    expect(one.stdout).toBe("drain: 01234567 (announced by llava-eval 9.0.0, and not read by this version)\n");
    expect(announced()).toEqual(["a:b", other]);
    const rest = await place.run("fleet", "drain");
    expect(rest).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("fedcba98 (announced by nobody known") });
    expect(announced()).toEqual([]);
    expect((await place.run("fleet", "status")).stdout).toBe("no run on the queue\n");
  });

  test("what no worker could read of a run is refused, and one budget named twice is one", async () => {
    await using redis = await TestRedis.start();
    await using place = await Workplace.make({ LLAVA_EVAL_FLEET: redis.url });
    const run = ["run", "--data", "demo", "--fleet"];
    const long = await place.run(...run, "--tasks", "pope", "--name", "n".repeat(101));
    expect(long).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("cannot be a model's name") });
    const form = await readFile(join(root, "test/forms/single-image.ts"), "utf8");
    await writeFile(place.file("dotted.ts"), form.replace('name: "single_image"', 'name: "single.image"'));
    await writeRows(place.file("rows"), 4);
    await rename(place.file("rows/single_image.jsonl"), place.file("rows/single.image.jsonl"));
    const dotted = await place.run("run", "--fleet", "--name", "m", "--data", "rows", "--tasks", "./dotted.ts");
    expect(dotted).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("workers cannot be told of this run"),
    });

    const twice = place.start(...run, "--tasks", "pope", "--limit", "20", "--name", "m", "--max-new-tokens", "8,8");
    const worker = place.start("worker", "--model", "stub:yes", "--name", "m", "--data", "demo");
    expect(await twice.ended).toMatchObject({ exitCode: 0 });
    worker.kill("SIGINT");
    await worker.ended;
  });

  test("without a server, a way in, or one that keeps what it has: exit 1, and what to do", async () => {
    await using place = await Workplace.make();
    await using redis = await TestRedis.start("--requirepass", "open-sesame");
    const status = (url: string, ...more: readonly string[]) => statusWith({ LLAVA_EVAL_FLEET: url }, ...more);
    const statusWith = async (environment: Record<string, string>, ...more: readonly string[]) => {
      await using elsewhere = await Workplace.make(environment);
      return await elsewhere.run("fleet", "status", ...more);
    };
    const port = String(redis.port);
    expect((await place.run("fleet", "status")).stderr).toContain("export LLAVA_EVAL_FLEET=");
    expect((await status("redis://127.0.0.1:1")).stderr).toContain("there is no queue that answers");
    expect((await status(`redis://127.0.0.1:${port}`)).stderr).toContain("does not let us in: NOAUTH");
    const wrong = await status(`redis://:guessed@127.0.0.1:${port}`);
    expect(wrong).toMatchObject({ exitCode: 1 });
    expect(wrong.stderr).toContain("WRONGPASS");
    expect(wrong.stderr).not.toContain("guessed");
    expect((await status(`rediss://:open-sesame@127.0.0.1:${port}`)).exitCode).toBe(1);
    for (const [part, what] of [
      [`redis://:50%-secret@127.0.0.1:${port}`, "its URL's password has a %"],
      [`postgres://u:50%-secret@127.0.0.1:${port}/db`, "its URL's password has a %"],
      [`postgres://u@127.0.0.1:${port}/db?password=50-secret`, "not read here: password"],
      [`redis://127.0.0.1:${port}?password=50-secret`, "not read here: password"],
      [`redis://:open-sesame@127.0.0.1:${port}/runs`, "numbered"],
      [`redis://:open-sesame@127.0.0.1:${port}/99`, "DB index is out of range"],
    ] as const) {
      const refused = await status(part);
      expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(what) });
      expect(refused.stderr).not.toContain("secret");
    }
    expect((await status("redis://10.255.255.1:6379")).stderr).toContain("not encrypted");
    await writeFile(place.file("url"), `redis://:open-sesame@127.0.0.1:${port}\n`, { mode: 0o644 });
    expect((await statusWith({ LLAVA_EVAL_FLEET_FILE: place.file("url") })).stderr).toContain("chmod 600");
    await chmod(place.file("url"), 0o600);
    expect(await statusWith({ LLAVA_EVAL_FLEET_FILE: place.file("url") })).toMatchObject({ exitCode: 0 });
    redis.command("-a", "open-sesame", "--no-auth-warning", "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    expect((await statusWith({ LLAVA_EVAL_FLEET_FILE: place.file("url") })).stderr).toContain("noeviction");
  });
});
