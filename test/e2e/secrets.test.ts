/** "Keys are read from the environment and never written anywhere": everything that commands leave is looked through. */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandNames } from "../../src/cli/commands.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const apiKey = "sk-model-Zq81mXv0pT5rLw3k";
const gatewayToken = 'tok/Gate"way+7c\\F2&9 dK';
const judgeKey = "judge-only-0b6f19aa4d";
const webhookKey = "T0-B0-pq7VnXw2Lm5Rz8Ct";
const environment = { MODEL_KEY: apiKey, GATEWAY: gatewayToken, JUDGE_KEY: judgeKey };

/** As it is, in a URL, as base64, and as JSON writes it. */
const forms = [apiKey, gatewayToken, judgeKey, webhookKey].flatMap((key) => [
  key,
  encodeURIComponent(key),
  Buffer.from(key).toString("base64"),
  JSON.stringify(key).slice(1, -1),
]);

/** Says in every answer, thought, model's name and error what it was sent. Keeps what others than the model would be told. */
async function indiscreet() {
  let asked = 0;
  const told: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { authorization = "", "x-gateway-token": token = "" } = request.headers;
      const sent = `${authorization} and ${token}`;
      const body = Buffer.concat(chunks).toString();
      if (request.url?.includes("/api/2.0/mlflow") || request.url?.includes("/services/")) {
        told.push(body);
        response.end('{"experiment": {"experiment_id": "1"}, "run": {"info": {"run_id": "r"}}}');
        return;
      }
      const isQuestion = body.includes("Question");
      asked += isQuestion ? 1 : 0;
      response.setHeader("content-type", "application/json");
      if (request.method === "GET" || (isQuestion && asked % 3 === 0)) {
        response.statusCode = 400;
        response.end(JSON.stringify({ error: { message: `no: ${sent}`, code: "odd" } }));
        return;
      }
      const said = JSON.stringify({
        model: `m of ${sent}`,
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: `5 ${sent}`, reasoning_content: `I saw ${sent}` },
            finish_reason: "stop",
          },
        ],
        usage: { prompt_tokens: body.length, completion_tokens: 3 },
      });
      // PHP and others escape each slash.
      const escaped = said.replaceAll("/", "\\/");
      response.end(asked % 2 === 0 ? escaped : escaped.replaceAll("k-m", "\\u006b-\\u006d"));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/v1`,
    told,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

test("no command leaves a key behind: not in a file, not on the terminal, whatever the endpoint says", {
  timeout: 600_000,
}, async () => {
  await using place = await Workplace.make(environment);
  await using endpoint = await indiscreet();
  await writeRows(place.file("rows"), 6);
  const yaml = (key: string) =>
    `runner: openai\nmodel: m\nurls: [${endpoint.url}]\napiKey: env:${key}\nheaders: {x-gateway-token: env:GATEWAY}\nattempts: 1\n`;
  await writeFile(place.file("m.yaml"), yaml("MODEL_KEY"));
  await writeFile(place.file("j.yaml"), yaml("JUDGE_KEY"));
  const webhook = `${endpoint.origin}/services/${encodeURIComponent(webhookKey)}`;
  const single = join(root, "test", "forms", "single-image.ts");
  const judged = join(root, "test", "forms", "judged.ts");
  const data = join(root, "test", "forms", "data");

  const said: string[] = [];
  const called = new Set<string>();
  const run = async (...args: string[]) => {
    called.add(args[0] as string);
    const { stdout, stderr, exitCode } = await place.run(...args);
    said.push(stdout, stderr);
    return exitCode;
  };
  const asking = ["--model", "m.yaml", "--out"];
  expect(await run("run", "--tasks", single, "--data", "rows", ...asking, "results/a", "--json")).toBe(2);
  expect(await run("run", "--tasks", single, "--data", "rows", ...asking, "results/b", "--max-failed", "100%")).toBe(0);
  expect([0, 2]).toContain(
    await run("run", "--tasks", judged, "--data", data, ...asking, "results/j", "--judge", "j.yaml"),
  );
  expect(await run("score", "results/b", "--out", "results/c", "--json")).toBe(0);
  for (const format of ["table", "json", "csv", "csv-long", "md", "html"])
    expect(
      await run(
        "leaderboard",
        "--include",
        "partial",
        "--include",
        "incomplete",
        "--format",
        format,
        "--out",
        `board.${format}`,
      ),
    ).toBe(0);
  expect(await run("leaderboard", "--include", "partial,incomplete", "--site", "site")).toBe(0);
  await run("compare", "results/b", "results/c", "--save", "junit=c.xml,md=c.md,json=c.json", "--force");
  await run("explain", "results/b", "results/a");
  await run("baseline", "accept", "results/b", "--allow", "partial", "--allow", "incomplete");
  expect(await run("view", "results/b", "--out", "page")).toBe(0);
  await run("run", "--tasks", single, "--data", "rows", "--model", "m.yaml", "--dry-run");
  await run("compare", "results/b", "results/c", "--format", "junit", "--out", "d.xml", "--force", "--notify", webhook);
  for (const format of ["table", "csv", "json"]) await run("history", "--format", format, "--out", `history.${format}`);
  await run("power", "results/b", "results/c", "--json");
  for (const shard of ["0/2", "1/2"])
    await run(
      "run",
      "--tasks",
      single,
      "--data",
      "rows",
      ...asking,
      "results/s",
      "--max-failed",
      "100%",
      "--shard",
      shard,
    );
  expect([0, 2]).toContain(await run("merge", "results/s", "--json"));
  for (const format of ["table", "jsonl", "csv"])
    expect(await run("samples", "results/b", "--how", "--format", format, "--out", `samples.${format}`)).toBe(0);
  for (const format of ["table", "jsonl", "html"])
    await run(
      "items",
      "single_image",
      "--runs",
      "results/b",
      "results/j",
      "--format",
      format,
      "--out",
      `items.${format}`,
    );
  await run("items", "single_image", "--format", "html", "--out", "items.html");
  expect(await run("export", "results/b", "--out", "samples.parquet")).toBe(0);
  await run("publish", "results/b", "--out", "bundle");
  await run("verify", "bundle");
  await run("judge", "worth", "results/j");
  await run("demo-data", "--out", "drawn", "--rows", "4");
  await run("tasks", single, "--json");
  await run("tasks", "new", "plates");
  await run("data", "verify", single, "--data", "rows", "--json");
  await run("doctor", "--json");
  await run("model", "m.yaml");
  expect(await run("init", "yaml", "--model", "m.yaml", "--tasks", single, "--data", "rows")).toBe(0);
  expect([0, 2]).toContain(await run("init", "nightly", "--model", "m.yaml", "--tasks", single, "--data", "rows"));
  const checkpoint = place.file("training", "checkpoint-1");
  await mkdir(checkpoint, { recursive: true });
  await writeFile(join(checkpoint, "config.json"), "{}");
  await writeFile(join(checkpoint, "model.safetensors"), Buffer.from("\u0002\0\0\0\0\0\0\0{}"));
  const watched = ["training", "--tasks", single, "--data", "rows", "--out", "curve", "--quiet", "0", "--once"];
  await writeFile(place.file("w.yaml"), "max-failed: 100%\n");
  const trackers = ["--config", "w.yaml", "--tensorboard", "tb", "--mlflow", endpoint.origin];
  expect(await run("watch", ...watched, "--model", "m.yaml", ...trackers)).toBe(0);

  const steadiness = ["--task", single, "--data", "rows", "--requests", "6", "--out", "steady.json"];
  await run("check-invariance", "--model", "m.yaml", ...steadiness);

  // Whoever adds a command says here what it leaves. worker and fleet need a server, and fleet.test.ts looks through all that they
  // leave on it.
  expect(commandNames.filter((name) => !called.has(name))).toEqual(["worker", "fleet"]);
  expect(endpoint.told.length).toBeGreaterThan(2);
  said.push(...endpoint.told);
  const samples = await place.samples("results/b", "single_image");
  expect(samples.some(({ text }) => text === "5 Bearer [secret] and [secret]")).toBe(true);
  const files = await filesBelow(place.path);
  expect(files.length).toBeGreaterThan(60);
  for (const file of files) {
    const text = await readFile(file, "latin1");
    for (const form of forms) expect(text.includes(form), `${form} in ${file}`).toBe(false);
  }
  for (const form of forms) expect(said.join("\n"), form).not.toContain(form);
});

const literal = "abcdef0123456789abcdef0123456789";

test.each([
  ["a header", `headers: {api-key: ${literal}}`, /headers\.api-key holds a key/],
  ["a header under another name", `headers: {x-extra: Bearer ${literal}}`, /headers\.x-extra holds a key/],
  ["a header of a gateway", `headers: {x-gateway-token: ${literal}}`, /env:NAME/],
  ["the body", `body: {api_key: ${literal}}`, /body\.api_key holds a key/],
  ["the body's depth", `body: {extra: {auth: [{password: ${literal}}]}}`, /holds a key/],
  ["the body, by its shape", `body: {note: sk-${literal}}`, /body\.note holds a key/],
  ["the key's own place", `apiKey: sk-${literal}`, /apiKey must match/],
  ["a name for people", `about: sk-${literal}`, /about holds a key/],
  ["a key that does not exist", `api_key: ${literal}`, /unknown key "api_key"/],
  ["a URL's query", `urls: ["http://127.0.0.1:9/v1?api_key=${literal}"]`, /the URL's api_key holds a key/],
  ["the body, under a longer name", `body: {aws_secret_access_key: ${literal}}`, /body\.aws_secret_access_key holds/],
  ["the body, under a name of a server's", `body: {litellm_key: ${literal}}`, /body\.litellm_key holds/],
  ["the body, in a list", `body: {api_keys: [${literal}]}`, /body\.api_keys\.0 holds/],
  ["a header with a version", `headers: {x-apikey-v2: ${literal.slice(0, 9)}}`, /headers\.x-apikey-v2 holds/],
  ["a URL's path", `urls: ["http://127.0.0.1:9/v1/${literal}/x"]`, /urls\.0 holds a key/],
  ["the name of a variable", `apiKey: env:${literal}`, /apiKey holds a key/],
  ["the name of a header's variable", `headers: {x-a: "env:${literal}"}`, /headers\.x-a holds a key/],
  ["the body, as a name", `body: {sk-${literal}: 1}`, /body\.a name in it holds a key/],
  [
    "the body, as a webhook",
    `body: {a: "https://hooks.example.com/services/T000/B000/ABCDEFGHIJKLMNOPQR${literal}"}`,
    /body\.a holds/,
  ],
  ["the body, as a file", `body: {a: "-----BEGIN PRIVATE KEY-----\\n${literal}"}`, /body\.a holds a key/],
  ["a URL's user", `urls: ["http://me:${literal}@127.0.0.1:9/v1"]`, /user name or password/],
])("a key in %s is refused before anything is written, and not printed", async (_, line, words) => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 2);
  const urls = line.startsWith("urls") ? "" : "urls: [http://127.0.0.1:9/v1]\n";
  await writeFile(place.file("m.yaml"), `runner: openai\nmodel: m\n${urls}${line}\n`);
  const single = join(root, "test", "forms", "single-image.ts");
  const { exitCode, stdout, stderr } = await place.run("run", "--tasks", single, "--data", "rows", "--model", "m.yaml");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(words);
  expect(stdout + stderr).not.toContain(literal);
  expect((await readdir(place.path)).sort()).toEqual(["m.yaml", "rows"]);
});

test.each([
  "openai:m@http://127.0.0.1:9/v1?key=SECRETVALUE",
  "openai:m@http://alice:SECRETVALUE@127.0.0.1:9/v1",
  "openai:m@http://127.0.0.1:9/v1?code=SECRETVALUE",
  "openai:m@http://127.0.0.1:9/v1?pwd=SECRETVALUE",
  "openai:m@http://127.0.0.1:9/v1?auth_key_v2=SECRETVALUE",
])("a key in --model is refused and not printed (%s)", async (model) => {
  await using place = await Workplace.make();
  const { exitCode, stderr } = await place.run("run", "--tasks", "pope", "--data", "demo", "--model", model);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("env:NAME");
  expect(stderr).not.toContain("SECRETVALUE");
});

test.each([
  ["init", "nightly", "--tasks", "pope", "--model", "openai:m@http://127.0.0.1:9/v1?api_key=sk-SECRETVALUE0123456789"],
  ["init", "nightly", "--tasks", "pope", "--model", "openai:m@http://u:SECRETVALUE@127.0.0.1:9/v1", "--no-baseline"],
  ["init", "yaml", "--tasks", "pope", "--model", "openai:m@http://u:SECRETVALUE@127.0.0.1:9/v1"],
  ["init", "yaml", "sk-SECRETVALUE0123456789"],
  ["init", "yaml", "--data", "http://u:SECRETVALUE@127.0.0.1/rows"],
])("a key is refused before a file that is made to be committed is written (%s %s %s %s)", async (...args) => {
  await using place = await Workplace.make();
  const { exitCode, stdout, stderr } = await place.run(...args);
  expect(exitCode, stderr).toBe(1);
  expect(stdout + stderr).not.toContain("SECRETVALUE");
  expect(await readdir(place.path)).toEqual([]);
});

test.each(["http://u:sk-SECRETVALUE@127.0.0.1:9", "http://127.0.0.1:9?token=SECRETVALUE", "ftp://u:SECRETVALUE@h"])(
  "a key in HF_ENDPOINT is refused and not printed (%s)",
  async (HF_ENDPOINT) => {
    await using place = await Workplace.make({ HF_ENDPOINT });
    for (const args of [["model", "o/m"], ["data", "verify", "pope"], ["doctor"]]) {
      const { exitCode, stdout, stderr } = await place.run(...args);
      if (args[0] !== "doctor") expect(exitCode, stderr).toBe(1);
      expect(stdout + stderr).not.toContain("SECRETVALUE");
    }
  },
);

test.each([
  "openai:j@http://us@er:SECR#ETPW@127.0.0.1:1/v1",
  "openai:j@http://us:er/SECR/ETPW@127.0.0.1:1/v1",
  "openia:j@http://us@er:SECR#ETPW@127.0.0.1:1/v1",
])("a password that breaks its URL is not printed (%s)", async (model) => {
  await using place = await Workplace.make();
  const { exitCode, stdout, stderr } = await place.run("run", "--tasks", "pope", "--data", "demo", "--model", model);
  expect(exitCode).toBe(1);
  expect(stdout + stderr).not.toMatch(/SECR|ETPW/);
});

test("a key that no header can hold is named by its variable, and nothing is sent", async () => {
  await using place = await Workplace.make({ QUOTED: "\u201csk-quoted-0123456789\u201d" });
  await writeFile(
    place.file("m.yaml"),
    "runner: openai\nmodel: m\nurls: [http://127.0.0.1:9/v1]\napiKey: env:QUOTED\n",
  );
  const { exitCode, stderr } = await place.run("run", "--tasks", "pope", "--data", "demo", "--model", "m.yaml");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/the key in QUOTED cannot be sent/);
  expect(stderr).not.toContain("sk-quoted");
});
