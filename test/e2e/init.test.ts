/** What `init` writes. The nights that follow are a walk: test/e2e/walks.test.ts. */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { root, Workplace } from "./cli.js";

test("init keeps what is there, and a baseline changes only by being accepted", async () => {
  await using place = await Workplace.make();
  await writeFile(place.file(".gitignore"), "node_modules/\n*.log");
  await mkdir(place.file("configs"));
  await writeFile(
    place.file("configs", "nightly.yaml"),
    "tasks: [vqav2]\ndata: demo\nmodel: stub\nlimit: 4\nout: results/nightly\n",
  );
  const first = await place.run("init", "nightly");
  expect(first.exitCode).toBe(0);
  expect(first.stderr).toContain("kept as it is: configs/nightly.yaml\n");
  expect(await place.read(".gitignore")).toBe("node_modules/\n*.log\nresults/*\n!results/baselines/\n");
  const baseline = await place.read("results", "baselines", "nightly", "run.json");
  const again = await place.run("init", "nightly");
  expect(again).toMatchObject({ exitCode: 0, stdout: "" });
  expect(await place.read("results", "baselines", "nightly", "run.json")).toBe(baseline);
});

test("init yaml writes settings that run as they stand; what was chosen stands in the demo's place", async () => {
  await using place = await Workplace.make();
  const { stdout, stderr } = await place.run(
    "init",
    "yaml",
    "--tasks",
    "vqav2,mmbench*",
    "--limit",
    "8",
    "--model",
    "stub",
  );
  expect(stdout).toBe("llava-eval.yaml\n");
  expect(parse(await place.read("llava-eval.yaml"))).toEqual({
    ...{ tasks: ["vqav2", "mmbench*"], model: "stub", data: "hub", limit: 8 },
  });
  expect(stderr).toContain("run --config llava-eval.yaml");
  // From a checkout, with no registry between: the packed file.
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  expect(stderr).toMatch(/^next: npm pack /);
  expect(stderr).toContain(` npm install --save-dev ./llava-eval-${version}.tgz\n`);
  await using other = await Workplace.make();
  await other.run("init");
  const ended = await other.run("run", "--config", "llava-eval.yaml", "--limit", "4", "--model", "stub");
  expect(ended.exitCode).toBe(0);
  // Where an editor looks for the schema, once the package is installed.
  const [line = ""] = (await other.read("llava-eval.yaml")).split("\n");
  const path = /^# yaml-language-server: \$schema=\.\/node_modules\/llava-eval\/(.+)$/.exec(line)?.[1] ?? "";
  expect(JSON.parse(await readFile(join(root, path), "utf8"))).toHaveProperty("properties.tasks");
});

test("init task is tasks new; a task needs a name, and nothing else can be begun", async () => {
  await using place = await Workplace.make();
  expect((await place.run("init", "task", "plates")).stdout).toContain("plates.ts\n");
  expect(await place.run("init", "task")).toMatchObject({ exitCode: 1 });
  const wrong = await place.run("init", "weekly");
  expect(wrong).toMatchObject({ exitCode: 1 });
  expect(wrong.stderr).toContain('"nightly", "task", "yaml"');
});

test("the workflow's comment: on the pull request, else in the issue that is open, else in a new one", async () => {
  await using place = await Workplace.make();
  const workflow = parse(await readFile(join(root, ".github", "workflows", "nightly.yml"), "utf8"));
  const [{ run: script }] = workflow.jobs.comment.steps;
  // Plays GitHub's command line: says what it was asked, downloads a comment, and knows the issue of ISSUE.
  const gh =
    '#!/bin/sh\necho "$@" >>calls\n[ "$1" = run ] && { [ -n "$LOST" ] && exit 1; echo "### verdict" >compare.md; }\n[ "$2" = list ] && echo "$ISSUE"\nexit 0\n';
  await writeFile(place.file("gh"), gh);
  await chmod(place.file("gh"), 0o755);
  const comment = async (environment: Record<string, string>) => {
    await writeFile(place.file("calls"), "");
    const env = {
      PATH: `${place.path}:${process.env.PATH}`,
      GITHUB_RUN_ID: "7",
      JOB: "https://example.org/7",
      ...environment,
    };
    const { status, stderr } = spawnSync("bash", ["--norc", "-e", "-c", script], {
      cwd: place.path,
      env,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    return (await place.read("calls")).trimEnd().split("\n").at(-1);
  };
  expect(await comment({ PULL: "12" })).toBe("pr comment 12 --body-file comment.md");
  expect(await comment({ ISSUE: "5" })).toBe("issue comment 5 --body-file comment.md");
  expect(await comment({})).toBe("issue create --title Nightly regression --body-file comment.md");
  expect(await place.read("comment.md")).toBe("### verdict\n\n\n[Log, report and board](https://example.org/7)\n");
  await comment({ LOST: "1" });
  expect(await place.read("comment.md")).toContain("The nightly run ended before it could be compared.");
});
