/** `check-invariance` of endpoints: one that flips where it is busy, one that is steady, one that does not repeat itself. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ServerInvariance } from "../../src/record/invariance-report.js";
import { root, Workplace } from "../e2e/cli.js";
import { writeRows } from "../e2e/rows.js";
import { type Asked, startEndpoint } from "../fakes/endpoint.js";
import { noEngine } from "../runners/local/engine-here.js";
import { runCommand } from "./run-command.js";

const task = join(root, "test", "forms", "single-image.ts");
const isQuestion = ({ text }: Asked) => text.startsWith("Question");
const numberIn = (text: string) => Number(/\d+/.exec(text)?.[0]);
const right = (text: string) => ["yes", "no", "red", "2"][numberIn(text) % 4] as string;

/** Rows to ask, and the command that asks them of an endpoint. */
async function asking(place: Workplace, url: string, rows: number) {
  await writeRows(place.file("rows"), rows);
  const model = ["--model", `openai:fake@${url}`];
  const flags = ["--task", task, "--data", place.file("rows"), ...model, "--requests", String(rows)];
  return {
    check: (...more: string[]) => runCommand(["check-invariance", ...flags, ...more]),
    run: (out: string, atOnce: number) =>
      runCommand([
        ...["run", "--tasks", task, "--data", place.file("rows"), ...model],
        ...["--concurrency", String(atOnce), "--out", place.file(out)],
      ]),
  };
}

test("an endpoint that says something else to 2 % of requests when it is busy is named, with its interval, and explain uses it", {
  timeout: 300_000,
}, async () => {
  await using place = await Workplace.make();
  // Two of 100, from the first request on that is asked beside others: after a run, and four times 100 alone. Their words begin as before.
  let asked = 0;
  const answer = ({ text }: Asked) => {
    if (!text.startsWith("Question")) return "ready";
    return ++asked > 500 && numberIn(text) % 50 === 7 ? `${right(text)} or not` : right(text);
  };
  await using endpoint = await startEndpoint({ answer });
  const { check, run } = await asking(place, endpoint.url, 100);
  await run("a", 1);
  const out = place.file("steady.json");
  const found = await check("--concurrency", "8", "--out", out);
  expect(found.exitCode).toBe(3);
  expect(found.stdout).toMatch(/^alone, again +0\/100 +0\.0 % \[0\.0, 3\.7\]/m);
  expect(found.stdout).toMatch(/^alone, straight after itself +0\/100/m);
  expect(found.stdout).toMatch(/^8 at once +2\/100 +2\.0 % \[0\.6, 7\.0\] +character [123] +2 +2 +-2\.00 \[-\d/m);
  expect(found.stdout).toMatch(
    /other words under load: 2 of 100 requests, 2\.0 % \[0\.6, 7\.0\], 8 at once.*; none alone, again/,
  );
  const report = JSON.parse(await readFile(out, "utf8")) as ServerInvariance;
  expect(report).toMatchObject({ verdict: "load", requests: 100, atOnce: 8, task: "single_image" });
  expect(report.ways.map(({ way, flips }) => `${way}: ${flips}`)).toEqual([
    ...["alone, again: 0", "alone, straight after itself: 0", "8 at once: 2", "8 at once, in another order: 2"],
    "8 at once, image by image: 2",
  ]);
  expect(new Set(report.flips.map(({ id }) => id))).toEqual(new Set(["7", "57"]));
  expect(report.flips.every(({ alone, here }) => alone.value === 1 && here.value === 0)).toBe(true);

  await run("b", 8);
  const explained = await runCommand(["explain", place.file("a"), place.file("b"), "--invariance", out]);
  expect(explained.stdout).toMatch(
    /the same request gave another answer: 2 of 100, 2\.0 % \[0\.6, 7\.0\], 8 at once.*\(both: openai:fake/s,
  );
  expect(explained.stdout).toContain("here 2 of 100 answers changed (2.0 %)");
  const stub = (answer: string, to: string) =>
    runCommand([
      "run",
      "--tasks",
      task,
      "--data",
      place.file("rows"),
      "--model",
      `stub:${answer}`,
      "--out",
      place.file(to),
    ]);
  await stub("yes", "c");
  await stub("no", "d");
  await expect(runCommand(["explain", place.file("c"), place.file("d"), "--invariance", out])).rejects.toThrow(
    /is about openai:fake.* and neither run is/,
  );
});

test("a steady endpoint is called steady, and how little that many requests can exclude", async () => {
  await using place = await Workplace.make();
  await using endpoint = await startEndpoint({ answer: ({ text }) => right(text) });
  const { check } = await asking(place, endpoint.url, 40);
  const { exitCode, stdout } = await check("--concurrency", "4");
  expect(exitCode).toBe(0);
  expect(stdout).toContain("steady: no request got other words, 5 ways of asking; fewer than 8.8 % do (95 %)");
  // Alone, five ways, and one of them asks twice.
  expect(endpoint.asked.filter(isQuestion).length).toBe(7 * 40);
});

test("an endpoint that does not repeat itself even alone is told from one that minds the load", async () => {
  await using place = await Workplace.make();
  let times = 0;
  await using endpoint = await startEndpoint({
    answer: ({ text }) => (numberIn(text) === 3 ? `answer ${times++}` : right(text)),
  });
  const { check } = await asking(place, endpoint.url, 12);
  const { exitCode, stdout } = await check("--json");
  expect(exitCode).toBe(3);
  const report = JSON.parse(stdout) as ServerInvariance;
  expect(report.verdict).toBe("repeats");
  expect(report.ways[0]).toMatchObject({ flips: 1, firstCharacter: 7 });
});

test("requests that are not answered are counted, and compared with nothing", async () => {
  await using place = await Workplace.make();
  const faults = {
    seed: 1,
    rate: 1,
    stubborn: 1,
    refused: 1,
    spares: ({ text }: Asked) => numberIn(text) !== 5,
  } as const;
  await using endpoint = await startEndpoint({ faults, answer: ({ text }) => right(text) });
  const { check } = await asking(place, endpoint.url, 12);
  const report = JSON.parse((await check("--json")).stdout) as ServerInvariance;
  expect(report.ways.every(({ requests, failed }) => requests === 11 && failed === 1)).toBe(true);
});

test("what a server tells of how it was started stands in the report", async () => {
  await using place = await Workplace.make();
  const told: Record<string, object> = {
    "/version": { version: "0.11.2" },
    "/server_info": { vllm_config: "secret stuff", vllm_env: { VLLM_BATCH_INVARIANT: true, VLLM_PORT: 1 } },
  };
  await using endpoint = await startEndpoint({ answer: ({ text }) => right(text) });
  const server = createServer((request, response) => {
    const found = told[request.url ?? ""];
    if (found) response.end(JSON.stringify(found));
    else {
      // Everything else is the endpoint's.
      const chunks: Buffer[] = [];
      request
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", async () => {
          const { method = "GET" } = request;
          const body = method === "GET" ? {} : { body: Buffer.concat(chunks) };
          const reply = await fetch(`${endpoint.origin}${request.url}`, { method, ...body });
          response.writeHead(reply.status, { "content-type": "application/json" }).end(await reply.text());
        });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  try {
    const { check } = await asking(place, `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, 8);
    const out = place.file("out.json");
    expect((await check("--out", out)).stdout).toContain("server 0.11.2 · batch invariance on");
    const text = await readFile(out, "utf8");
    expect(JSON.parse(text).server).toMatchObject({ version: "0.11.2", batchInvariant: true });
    expect(text).not.toContain("secret stuff");
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test.skipIf(noEngine() !== undefined)("a local model is compared bit by bit", async () => {
  const model = ["--model", `local:${join(root, "configs", "demo", "model")}`, "--device", "cpu"];
  const { exitCode, stdout } = await runCommand(["check-invariance", ...model, "--requests", "3", "--json"]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ invariant: true, rows: expect.arrayContaining([]) });
});

test("flags of local models and of endpoints are told apart", async () => {
  const check = (...args: string[]) => runCommand(["check-invariance", ...args]);
  await expect(check("--model", "openai:m@http://127.0.0.1:1/v1", "--dtype", "bf16")).rejects.toThrow(
    /about local models/,
  );
  await expect(check("--model", `local:${join(root, "configs", "demo", "model")}`, "--task", "pope")).rejects.toThrow(
    /about endpoints/,
  );
});
