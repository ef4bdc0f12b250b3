import { expect, test } from "vitest";
import { isTemplateName } from "../../../src/runners/local/prompt/templates.js";
import { presetNames, resolveModel } from "../../../src/runners/spec.js";
import { publishedModels } from "./published-models.js";

test("every published checkpoint that the tests describe has a preset, and every local preset is valid", async () => {
  const names = await presetNames();
  expect(names).toEqual(expect.arrayContaining(publishedModels.map(({ name }) => name)));
  for (const name of names) {
    const config = await resolveModel(name);
    if (config.runner !== "local") continue;
    expect(config.checkpoint).toMatch(/^[\w.-]+\/[\w.-]+$/);
    if (config.template !== undefined) expect(isTemplateName(config.template)).toBe(true);
  }
});
