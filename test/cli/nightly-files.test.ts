import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { configFileSchema } from "../../src/api/settings.js";
import { packageRoot } from "../../src/core/package-root.js";
import { readYaml } from "../../src/core/yaml.js";

const workflows = join(packageRoot, ".github", "workflows");

test("every action of every workflow is pinned by a commit; the one job that may write runs no action and none of our code", async () => {
  for (const name of await readdir(workflows)) {
    const workflow = parse(await readFile(join(workflows, name), "utf8"));
    expect(workflow.permissions, name).toEqual({ contents: "read" });
    type Job = { permissions?: unknown; steps: { uses?: string; run?: string }[] };
    for (const [title, job] of Object.entries<Job>(workflow.jobs)) {
      for (const { uses } of job.steps)
        if (uses !== undefined) expect(uses, name).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      if (title !== "comment") expect(job.permissions, name).toBeUndefined();
      else
        expect(job.steps.filter(({ uses, run }) => uses !== undefined || /\b(npm|npx|node)\b/.test(run ?? ""))).toEqual(
          [],
        );
    }
  }
});

test("the nightly job compares the run that its configuration writes with the baseline of that name", async () => {
  const config = (await readYaml(join(packageRoot, "configs", "nightly.yaml"), configFileSchema)) as { out: string };
  expect(config.out).toBe("results/nightly");
  const text = await readFile(join(workflows, "nightly.yml"), "utf8");
  expect(text).toContain("llava-eval run --config configs/nightly.yaml");
  expect(text.replace(/\s+/g, " ")).toContain(
    "llava-eval compare results/baselines/nightly results/nightly --fail-on regression",
  );
});
