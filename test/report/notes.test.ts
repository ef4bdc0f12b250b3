/// <reference lib="dom" />
/** `view --notes`: what people note is kept in the run's folder, shown to whoever looks again, filtered, exported; nobody else can write. */
import { once } from "node:events";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import axe from "axe-core";
import { expect, test } from "vitest";
import { compare } from "../../src/api/board/compare.js";
import { openPage } from "../../src/api/report/view.js";
import type { PageData, PageSample } from "../../src/report/page-data.js";
import { runCommand } from "../cli/run-command.js";
import { type Ended, Workplace } from "../e2e/cli.js";
import { Pages, withBrowser } from "./page-fixture.js";
import { hostile } from "./toy-reports.js";

const pages = new Pages(1200);
const options = { images: 0, warn: () => {}, notesBy: "ann" };

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}notes`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const note = { run: 0, task: "toy", index: 3, id: "q3", flag: "mislabelled", comment: "there are two" };
const summary = async (url: string) => (await (await fetch(`${url}summary.json`)).json()) as PageData;
const chunk = async (url: string) => {
  const text = await (await fetch(`${url}chunks/toy/0.js`)).text();
  return JSON.parse(text.slice(text.indexOf(",") + 1, text.lastIndexOf(")"))) as PageSample[];
};
const linesOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const notesOf = async (run: string) => linesOf(await readFile(join(run, "notes.jsonl"), "utf8"));
const noFile = (run: string) =>
  expect(readFile(join(run, "notes.jsonl")), "nothing was written").rejects.toThrow("ENOENT");

test("a note is kept at once, shown with its sample, counted, changed and taken back; others read it too", async () => {
  const run = await pages.toys.writeRun("noted", 6);
  {
    await using server = await openPage([run], 0, options);
    expect((await summary(server.url)).notesBy).toBe("ann");
    await noFile(run);
    const kept = await post(server.url, note);
    expect(kept.status).toBe(200);
    expect(await kept.json()).toEqual([{ flag: "mislabelled", comment: "there are two", by: "ann" }]);
    expect((await chunk(server.url))[3]?.answers[0]?.notes).toEqual([
      { flag: "mislabelled", comment: "there are two", by: "ann" },
    ]);
    expect((await summary(server.url)).tasks[0]?.noted).toEqual([{ 3: ["mislabelled"] }]);
    await post(server.url, { ...note, index: 5, id: "q5", comment: hostile, flag: undefined });
    expect((await summary(server.url)).tasks[0]?.noted).toEqual([{ 3: ["mislabelled"], 5: [] }]);
    // The last of a person counts; an empty one takes it back.
    expect(await (await post(server.url, { ...note, flag: "unclear" })).json()).toMatchObject([{ flag: "unclear" }]);
    expect(
      await (await post(server.url, { ...note, index: 5, id: "q5", comment: " \n", flag: undefined })).json(),
    ).toEqual([]);
    expect((await summary(server.url)).tasks[0]?.noted).toEqual([{ 3: ["unclear"] }]);
  }
  await using other = await openPage([run], 0, { ...options, notesBy: "bob" });
  expect(await (await post(other.url, { ...note, flag: undefined, comment: "no, three" })).json()).toHaveLength(2);
  const lines = await notesOf(run);
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatchObject({
    ...{ task: "toy", index: 3, id: "q3", flag: "mislabelled", by: "ann" },
    at: expect.stringMatching(/^20/),
  });
  // Without --notes it is shown and not taken.
  await using plain = await openPage([run], 0, { images: 0, warn: () => {} });
  expect((await summary(plain.url)).notesBy).toBeUndefined();
  expect((await chunk(plain.url))[3]?.answers[0]?.notes).toHaveLength(2);
  expect((await post(plain.url, note)).status).toBe(405);
  expect(await notesOf(run)).toHaveLength(5);
});

test("samples finds what is noted and exports it in every format; nothing in a comment is a formula, a tag or an escape", async () => {
  const run = await pages.toys.writeRun("exported", 6);
  await using server = await openPage([run], 0, options);
  await post(server.url, { ...note, flag: undefined, comment: "=HYPERLINK(1)\u001b[31m" });
  await post(server.url, { ...note, index: 1, id: "q1", flag: "unclear", comment: hostile });
  const exported = async (format: string) => (await runCommand(["samples", run, "--noted", "--format", format])).stdout;
  expect(linesOf(await exported("jsonl"))).toMatchObject([
    { id: "q1", notes: [{ flag: "unclear", comment: hostile, by: "ann" }] },
    { id: "q3", notes: [{ comment: "=HYPERLINK(1)\u001b[31m", by: "ann" }] },
  ]);
  expect(await exported("csv")).toContain("'=HYPERLINK(1)");
  expect((await exported("csv")).split("\r\n")[0] ?? "").toMatch(/,notes\n/);
  expect(await exported("md")).toContain("noted: `unclear: <script>");
  const table = await exported("table");
  expect(table).toContain("noted       =HYPERLINK(1)\\x1b[31m (ann)");
  expect(table).not.toContain("\u001b");
  // In a table of many they have a column, where there are any.
  expect((await runCommand(["samples", run])).stdout.split("\n")[0]).toContain("noted");
  await rm(join(run, "notes.jsonl"));
  expect((await runCommand(["samples", run])).stdout.split("\n")[0]).not.toContain("noted");
});

test("two runs side by side: each has its own notes, and compare names those of the samples that changed", async () => {
  const [a, b] = [
    await pages.toys.writeRun("left", 6),
    await pages.toys.writeRun("right", 6, (i) => i % 2 === 0 && i !== 4),
  ];
  await using server = await openPage([a, b], 0, options);
  await post(server.url, { ...note, run: 1, index: 4, id: "q4" });
  expect((await summary(server.url)).tasks[0]?.noted).toEqual([{}, { 4: ["mislabelled"] }]);
  expect((await chunk(server.url))[4]?.answers.map((answer) => answer?.notes?.length)).toEqual([undefined, 1]);
  await noFile(a);
  const comparison = await compare(a, b, { force: true });
  expect(comparison.tasks[0]?.flips.shown).toMatchObject([
    { id: "q4", b: { notes: [{ flag: "mislabelled", comment: "there are two", by: "ann" }] } },
  ]);
  const said = async (format: string) => (await runCommand(["compare", a, b, "--force", "--format", format])).stdout;
  expect(await said("table")).toContain("B mislabelled: there are two (ann)");
  expect(await said("md")).toContain("`B mislabelled: there are two (ann)`");
});

test("only who has the address, on this machine, from the page itself; only what is a note, on a sample that is shown", async () => {
  const run = await pages.toys.writeRun("guarded", 4);
  await using server = await openPage([run], 0, options);
  const { origin } = new URL(server.url);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/$/);
  const zeros = "0".repeat(32);
  for (const path of ["/", "/summary.json", "/chunks/toy/0.js", `/${zeros}/`, `/${"é".repeat(16)}/`, "/notes"])
    expect((await fetch(`${origin}${path}`)).status, path).toBe(404);
  expect((await fetch(server.url.slice(0, -1))).status).toBe(404);
  expect((await post(`${origin}/`, note)).status).toBe(404);
  expect((await post(`${origin}/${zeros}/`, note)).status).toBe(404);
  for (const foreign of ["https://evil.example", "null", origin.replace("127.0.0.1", "localhost")])
    expect((await post(server.url, note, { origin: foreign })).status, foreign).toBe(403);
  // What a form of another site can send without asking.
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    expect((await post(server.url, note, { "content-type": type })).status).toBe(415);
  expect((await fetch(`${server.url}notes`, { method: "OPTIONS" })).status).toBe(405);
  expect((await post(server.url, "{")).status).toBe(400);
  for (const wrong of [
    { ...note, flag: "spam" },
    { ...note, run: 1 },
    { ...note, run: -1 },
    { ...note, index: 99, id: "q99" },
    { ...note, id: "q2" },
    { ...note, repeat: 1 },
    { ...note, task: "x" },
    { ...note, task: "__proto__" },
    { ...note, by: "bob" },
    { ...note, comment: "x".repeat(10_001) },
    [],
    null,
  ])
    expect((await post(server.url, wrong)).status, JSON.stringify(wrong).slice(0, 80)).toBe(400);
  expect((await post(server.url, { ...note, comment: "x".repeat(30_000_000) })).status).toBe(413);
  expect((await fetch(`${server.url}summary.json`, { method: "POST", body: "" })).status).toBe(405);
  const rebound = await new Promise<number | undefined>((resolve) => {
    request(server.url, { headers: { host: "evil.example" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(rebound).toBe(403);
  await noFile(run);
  // From the page itself, as a browser says it.
  expect((await post(server.url, note, { origin })).status).toBe(200);
});

test("several people note at once, each by a server of his own, and no line is lost", async () => {
  const run = await pages.toys.writeRun("together", 4);
  await using ann = await openPage([run], 0, options);
  await using bob = await openPage([run], 0, { ...options, notesBy: "bob" });
  const noted = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      post((i % 2 === 0 ? ann : bob).url, { ...note, index: i % 4, id: `q${i % 4}`, comment: `${i}` }),
    ),
  );
  expect(noted.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect((await notesOf(run)).map(({ comment }) => Number(comment)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test("what was acknowledged outlives SIGKILL; half a line goes; a damaged one is named; a full disk is said", async () => {
  const run = await pages.toys.writeRun("killed", 4);
  await using place = await Workplace.make();
  const served = async (...limit: readonly string[]) => {
    const flags = ["view", run, "--notes", "--by", "ann", "--images", "0"];
    const child = limit[0] === undefined ? place.start(...flags) : place.startLimited(limit[0], ...flags);
    const [bytes] = (await once(child.stdout as NonNullable<typeof child.stdout>, "data")) as [Buffer];
    return { url: String(bytes).trim(), child };
  };
  const { url, child } = await served();
  let acknowledged = 0;
  const posts = Array.from({ length: 30 }, async (_, i) => {
    const response = await post(url, { ...note, comment: `${i}` }).catch(() => undefined);
    if (response?.ok && ++acknowledged === 5) child.kill("SIGKILL");
  });
  await Promise.all([...posts, child.ended]);
  const kept = await notesOf(run);
  expect(kept.length).toBeGreaterThanOrEqual(acknowledged);
  await appendFile(join(run, "notes.jsonl"), '{"task":"toy","index":1,"id":"q1","comm');
  {
    // The dead one's lock, if it left one, is in nobody's way.
    await using server = await openPage([run], 0, options);
    expect((await chunk(server.url))[3]?.answers[0]?.notes).toHaveLength(1);
    expect((await post(server.url, { ...note, index: 0, id: "q0", comment: "whole" })).status).toBe(200);
    expect((await notesOf(run)).slice(kept.length)).toMatchObject([{ index: 0, comment: "whole" }]);
    await appendFile(join(run, "notes.jsonl"), '{"task": "toy", "index": "3"}\n');
    const refused = await post(server.url, note);
    expect(refused.status).toBe(500);
    expect(await refused.text()).toContain("notes.jsonl:");
  }
  await expect(runCommand(["samples", run])).rejects.toMatchObject({
    where: expect.stringMatching(/notes\.jsonl:\d+$/),
  });
  await expect(openPage([run], 0, options)).rejects.toMatchObject({ where: expect.stringContaining("notes.jsonl:") });

  await rm(join(run, "notes.jsonl"));
  const full = await served("ulimit -f 0");
  const refused = await post(full.url, note);
  expect([refused.status, await refused.text()]).toEqual([500, expect.stringContaining("the notes cannot be written")]);
  full.child.kill("SIGTERM");
  const ended: Ended = await full.child.ended;
  expect(ended.stderr).not.toContain("    at ");
});

test("a folder that takes none is named before anything is served; so is a page in a folder, or nobody's name", async () => {
  const run = await pages.toys.writeRun("refused", 3);
  await mkdir(join(run, "notes.jsonl"));
  await expect(openPage([run], 0, options)).rejects.toMatchObject({ where: expect.stringContaining("notes.jsonl") });
  for (const flags of [
    ["--notes", "--out", join(pages.folder, "out")],
    ["--by", "ann"],
    ["--notes", "--by", " "],
  ])
    await expect(runCommand(["view", run, ...flags])).rejects.toMatchObject({ where: expect.stringMatching(/^--/) });
});

test("notes on samples that are not there are shown nowhere and kept; a bundle and a baseline leave notes out", async () => {
  const run = await pages.toys.writeRun("strangers", 3);
  const line = (more: object) => `${JSON.stringify({ ...note, run: undefined, by: "eve", at: "2026", ...more })}\n`;
  await writeFile(
    join(run, "notes.jsonl"),
    line({ index: 7, id: "q7" }) + line({ index: 1, id: "another row" }) + line({ index: 2, id: "q2", task: "gone" }),
  );
  await using server = await openPage([run], 0, options);
  expect((await summary(server.url)).tasks[0]?.noted).toEqual([{}]);
  expect((await runCommand(["samples", run, "--noted", "--format", "jsonl"])).stdout).toBe("");
  await post(server.url, { ...note, index: 1, id: "q1" });
  expect(await notesOf(run)).toHaveLength(4);
  await expect(
    runCommand(["leaderboard", run, "--format", "csv", "--out", join(run, "notes.jsonl")]),
  ).rejects.toMatchObject({ message: expect.stringContaining("is a file of the run") });
});

withBrowser(
  "in the page: a flag by one click, a comment, the filters that find it, and nothing that a comment could do",
  async () => {
    const run = await pages.toys.writeRun("in-the-page", 6);
    await using server = await openPage([run], 0, options);
    pages.problems.length = 0;
    const page = await pages.open(`${server.url}#task=toy`);
    await page.click('.row:has-text("Is it 3?")');
    await page.click('.noting button:has-text("mislabelled")');
    await page.waitForSelector('.noting [aria-pressed="true"]:has-text("mislabelled")');
    // Letters that step through the list elsewhere.
    await page.type(".noting textarea", `jkwa/ ${hostile}`);
    await page.click('.noting button:has-text("Keep the comment")');
    await page.waitForSelector('.person:has-text("mislabelled: jkwa/ <script>")');
    await page.click('.filters button:has-text("noted")');
    expect(await page.textContent(".found")).toBe("1 of 6 samples");
    await page.click('.filters button:has-text("mislabelled")');
    expect(await page.textContent(".found")).toBe("1 of 6 samples");
    await page.waitForSelector('.row [aria-label="noted: mislabelled"]');
    await page.click('.row:has-text("Is it 3?")');
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document);
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
    });
    expect(found).toEqual([]);
    expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();

    const again = await pages.open(`${server.url}#task=toy`);
    await again.click('.row:has-text("Is it 3?")');
    await again.waitForSelector('.person:has-text("(ann)")');
    expect(await again.inputValue(".noting textarea"), "one goes on with his own").toContain("jkwa/");
    await again.click('.noting button:has-text("mislabelled")');
    await again.fill(".noting textarea", "");
    await again.click('.noting button:has-text("Keep the comment")');
    await again.waitForSelector(".person", { state: "detached" });
    expect((await summary(server.url)).tasks[0]?.noted).toEqual([{}]);
    expect(pages.problems).toEqual([]);
    await page.close();
    await again.close();
  },
);
