/** Who gets to a fleet's queue on PostgreSQL, and what those are told who do not. The commands are those of docs/fleet.md. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { evaluate } from "../../src/api/run/evaluate.js";
import { Fleet } from "../../src/fleet/fleet.js";
import { noPostgres, TestPostgres } from "../fakes/postgres.js";
import { Workplace } from "./cli.js";
import { clockOff, documented, numbersOf } from "./fleet-place.js";

/** What the status says to a server of these settings. */
async function status(environment: Record<string, string>, ...more: readonly string[]) {
  await using place = await Workplace.make(environment);
  return await place.run("fleet", "status", ...more);
}

const told = (what: string) => ({ exitCode: 1, stderr: expect.stringContaining(what) as string });

describe.skipIf(noPostgres)(`the doors of PostgreSQL (skipped: ${noPostgres ?? "no"})`, { timeout: 120_000 }, () => {
  test("with the manual's certificate: a run over TLS; who has another authority, user or no TLS is told what to do", async () => {
    await using place = await Workplace.make();
    const make = async (certificate: string, key: string) => {
      const [program = "", ...words] = (await documented("openssl req")).split(/ +/);
      execFileSync(program, words, { cwd: place.path, stdio: "ignore" });
      await rename(place.file("ca.crt"), place.file(certificate));
      await rename(place.file("key.pem"), place.file(key));
    };
    await make("other.crt", "other.pem");
    await make("queue.crt", "queue.pem");
    const files = [`ssl_cert_file=${place.file("queue.crt")}`, `ssl_key_file=${place.file("queue.pem")}`];
    TestPostgres.own(place.path, place.file("queue.pem"));
    await using postgres = await TestPostgres.start("ssl=on", ...files);
    const url = `postgres://llava:TOKEN@localhost:${postgres.port}/postgres?sslmode=verify-full`;
    const known = { LLAVA_EVAL_FLEET: url, LLAVA_EVAL_FLEET_CA: place.file("queue.crt") };

    const settings = ["--tasks", "pope", "--data", "demo"];
    const run = place.startWith(known, "run", ...settings, "--fleet", "--name", "m", "--out", "many");
    const worker = place.startWith(known, "worker", "--model", "stub:yes", "--name", "m", "--data", "demo");
    expect(await run.ended).toMatchObject({ exitCode: 0 });
    expect(postgres.sql("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl")).not.toBe(
      "0\n",
    );
    worker.kill("SIGINT");
    expect((await worker.ended).stderr).toContain("samples answered");
    await evaluate({ tasks: "pope", data: "demo", model: "stub:yes", name: "m", out: place.file("whole") });
    expect(await numbersOf(place.file("many"))).toEqual(await numbersOf(place.file("whole")));

    const others = [
      [{ LLAVA_EVAL_FLEET: url }, "LLAVA_EVAL_FLEET_CA=ca.crt"],
      [{ ...known, LLAVA_EVAL_FLEET_CA: place.file("other.crt") }, "LLAVA_EVAL_FLEET_CA=ca.crt"],
      // The certificate is the host's of that name.
      [{ ...known, LLAVA_EVAL_FLEET: url.replace("localhost", "127.0.0.1") }, "does not match certificate"],
      [{ ...known, LLAVA_EVAL_FLEET: url.replace("TOKEN", "GUESS") }, "check user and password"],
      [{ ...known, LLAVA_EVAL_FLEET: url.replace("/postgres?", "/nowhere?") }, "there is no such database"],
    ] as const;
    for (const [environment, what] of others) {
      const answer = await status(environment);
      expect(answer).toMatchObject(told(what));
      expect(answer.stderr).not.toMatch(/TOKEN|GUESS/);
    }
  });

  test("without a server, a way in, TLS, rights, the right tables or the right time: exit 1, and what to do", async () => {
    await using postgres = await TestPostgres.start();
    await using place = await Workplace.make();
    const by = (url: string, ...more: readonly string[]) => status({ LLAVA_EVAL_FLEET: url }, ...more);
    expect(await by("postgres://127.0.0.1:1/llava")).toMatchObject(told("there is no queue that answers"));
    expect(await by(postgres.url.replace("TOKEN", "GUESS"))).toMatchObject(told("check user and password"));
    expect(await by(`${postgres.url}?sslmode=verify-full`)).toMatchObject(told("to a server with ssl = on"));
    expect(await by(`${postgres.url}?host=elsewhere`)).toMatchObject(told("not read here: host"));
    expect(await by("postgres://10.255.255.1/llava?sslmode=disable")).toMatchObject(told("not encrypted"));
    expect(await by("mysql://127.0.0.1/llava")).toMatchObject(told("no URL of a Redis or PostgreSQL server"));

    expect(await by(postgres.url)).toMatchObject({ exitCode: 0, stdout: "no run on the queue\n" });
    postgres.sql("CREATE ROLE guest LOGIN PASSWORD 'guest'");
    expect(await by(postgres.url.replace("llava:TOKEN", "guest:guest"))).toMatchObject(told("the user's rights"));

    await writeFile(place.file("ahead.mjs"), clockOff(1));
    const ahead = { LLAVA_EVAL_FLEET: postgres.url, NODE_OPTIONS: `--import=file://${place.file("ahead.mjs")}` };
    expect(await status(ahead)).toMatchObject(told("clock is 3600 s ahead of the queue's"));

    const newer = { v: 2, version: "9.0.0", model: "m", wishes: [] };
    postgres.sql(`INSERT INTO llava_eval.kept VALUES ('runs', 'x', '${JSON.stringify(newer)}')`);
    const worker = ["worker", "--model", "stub:yes", "--name", "m", "--data", "demo"];
    await using elsewhere = await Workplace.make({ LLAVA_EVAL_FLEET: postgres.url });
    expect(await elsewhere.run(...worker)).toMatchObject(told("install the run's version here"));

    postgres.sql("UPDATE bullmq.migration SET min_client_version = 7");
    expect(await by(postgres.url)).toMatchObject(told("the queue's tables are of a newer BullMQ"));
  });

  test("however many begin at once, in a database without tables", async () => {
    await using postgres = await TestPostgres.start();
    vi.stubEnv("LLAVA_EVAL_FLEET", postgres.url);
    const never = new AbortController().signal;
    for (let round = 0; round < 8; round++) {
      const fleets = await Promise.all(Array.from({ length: 8 }, () => Fleet.open({}, never)));
      for (const fleet of fleets) expect(await fleet.runs()).toEqual([]);
      for (const fleet of fleets) await fleet[Symbol.asyncDispose]();
      postgres.sql("DROP SCHEMA bullmq, llava_eval CASCADE");
    }
    vi.unstubAllEnvs();
  });

  test("tables that are whole no more end a run with what to do; after that the same command goes on", async () => {
    await using postgres = await TestPostgres.start();
    await using place = await Workplace.make({ LLAVA_EVAL_FLEET: postgres.url });
    const run = ["run", "--tasks", "pope", "--data", "demo", "--fleet", "--name", "m", "--out", "many"];
    const waiting = place.start(...run);
    await expect.poll(() => postgres.keys(), { timeout: 30_000 }).toContain("le:runs");
    postgres.sql("DROP TABLE bullmq.meta CASCADE");
    const ended = await waiting.ended;
    expect(ended).toMatchObject(told("the queue's tables are not whole"));
    const fix = /\((DROP SCHEMA [^)]+)\)/.exec(ended.stderr)?.[1] ?? "";
    postgres.sql(fix);
    const worker = place.startWith({}, "worker", "--model", "stub:yes", "--name", "m", "--data", "demo");
    expect(await place.run(...run)).toMatchObject({ exitCode: 0 });
    worker.kill("SIGINT");
    await worker.ended;
    await evaluate({ tasks: "pope", data: "demo", model: "stub:yes", name: "m", out: place.file("whole") });
    expect(await numbersOf(place.file("many"))).toEqual(await numbersOf(place.file("whole")));
  });

  test("a server that is too old", async () => {
    const server = createServer(talkAs("120019", "12.19")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const answer = await status({ LLAVA_EVAL_FLEET: `postgres://llava@127.0.0.1:${port}/llava` });
    expect(answer).toMatchObject(told("the server is PostgreSQL 12.19, and the queue needs 13 or newer"));
    server.close();
  });
});

/** As much of the protocol as one question needs, whatever it is; its answer is a row that says which version this is. */
function talkAs(number: string, version: string): (socket: Socket) => void {
  const message = (kind: string, body: Buffer) => {
    const head = Buffer.alloc(5);
    head.write(kind);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
  const int32 = (value: number) => Buffer.concat([int16(value >> 16), int16(value & 65_535)]);
  const row = { version: "0", min_client_version: "6", server_version_num: number, server_version: version };
  const columns = Object.keys(row).map((name) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
  );
  const cells = Object.values(row).map((text) => Buffer.concat([int32(text.length), Buffer.from(text)]));
  const ready = message("Z", Buffer.from("I"));
  const answer = [
    ...[message("1", Buffer.alloc(0)), message("2", Buffer.alloc(0))],
    message("T", Buffer.concat([int16(columns.length), ...columns])),
    message("D", Buffer.concat([int16(cells.length), ...cells])),
    ...[message("C", Buffer.from("SELECT 1\0")), ready],
  ];
  return (socket) => {
    socket.once("data", () => {
      socket.write(Buffer.concat([message("R", int32(0)), ready]));
      socket.on("data", () => socket.write(Buffer.concat(answer)));
    });
    socket.on("error", () => {});
  };
}
