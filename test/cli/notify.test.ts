import { expect, test } from "vitest";
import { sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { startWebhook } from "../fakes/webhook.js";
import { runCommand } from "./run-command.js";

const base = Array.from({ length: 300 }, (_, i) => sample(i, i % 4 === 0 ? 0 : 1));
const score = { status: "scored" as const, value: 0, answer: "<!channel> & co" };
const worse = base.map((record, i) => (i % 5 === 1 ? { ...sample(i, 0), score } : record));

async function twoRuns(dir: string, names = ["vqav2"]) {
  const tasks = (samples: typeof base) => Object.fromEntries(names.map((name) => [name, { samples }]));
  return [await writeRun(dir, "a", { tasks: tasks(base) }), await writeRun(dir, "b", { tasks: tasks(worse) })] as const;
}

test("--notify posts the verdict, the tasks and the worst answers, in JSON as Slack reads it", async () => {
  await using folder = await temporaryFolder();
  await using chat = await startWebhook();
  const [a, b] = await twoRuns(folder.dir);
  const ended = await runCommand(["compare", a, b, "--fail-on", "regression", "--notify", chat.url]);
  expect(ended.exitCode).toBe(3);
  expect(chat.posted).toHaveLength(1);
  const text = chat.posted[0]?.text ?? "";
  expect(text).toContain("❌ llava-eval: regression");
  expect(text).toMatch(/❌ vqav2 accuracy: 75\.0 → 60\.0, -15\.0 .*: regression, significantly worse/);
  expect(text.split("\n").filter((line) => line.includes(" became "))).toHaveLength(3);
  expect(text).toContain("&lt;!channel&gt; &amp; co");
  expect(text).not.toContain("<");
});

test("a message has at most 12 lines, however many tasks there are", async () => {
  await using folder = await temporaryFolder();
  await using chat = await startWebhook();
  const names = Array.from({ length: 20 }, (_, i) => `task_${i}`);
  const [a, b] = await twoRuns(folder.dir, names);
  await runCommand(["compare", a, b, "--notify", chat.url], {
    ...{ GITHUB_ACTIONS: "true", GITHUB_SERVER_URL: "https://example.org" },
    ...{ GITHUB_REPOSITORY: "me/mine", GITHUB_RUN_ID: "7", GITHUB_STEP_SUMMARY: "" },
  });
  const lines = chat.posted[0]?.text.split("\n") ?? [];
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines).toContain("and 15 more tasks");
  expect(lines.at(-1)).toBe("https://example.org/me/mine/actions/runs/7");
});

test("a chat that fails at first is asked again; one that stays away changes no verdict, and its URL stays out of the log", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = await twoRuns(folder.dir);
  await using later = await startWebhook([503]);
  await runCommand(["compare", a, b, "--notify", later.url]);
  expect(later.posted).toHaveLength(1);

  await using never = await startWebhook([404]);
  const args = ["compare", a, b, "--fail-on", "regression", "--notify", "env:CHAT"];
  const ended = await runCommand(args, { CHAT: never.url });
  expect(ended.exitCode).toBe(3);
  expect(ended.stderr).toMatch(/warning: the message was not sent: 127\.0\.0\.1:\d+: it answered 404/);
  expect(ended.stderr).not.toContain("secret-path");
});

test("--notify that is no URL, or names a variable that is not set, is a mistake before anything is compared", async () => {
  const compare = (url: string) => runCommand(["compare", "nothing", "nobody", "--notify", url]);
  await expect(compare("slack")).rejects.toMatchObject({ where: "--notify", message: "this is no URL" });
  await expect(compare("env:NOT_SET_HERE")).rejects.toMatchObject({ message: "NOT_SET_HERE is not set" });
});
