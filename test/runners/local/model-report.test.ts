import { expect, test } from "vitest";
import { reportModel } from "../../../src/runners/local/model-report.js";
import { checkpointFolder, smallFolder } from "./checkpoint-folder.js";
import { description, fakeAddon } from "./fake-engine.js";

test("a report holds what the engine reads, and the tokenizer, template and stop ids on top", async () => {
  await using folder = await smallFolder();
  const report = await reportModel({ checkpoint: folder.path }, fakeAddon({ description: { eosTokenIds: [7] } }));
  expect(report).toMatchObject({
    parameters: description.parameters,
    memoryPlan: description.memoryPlan,
    tokenizer: { source: "tokenizer.model", tokens: 700, start: [1] },
    template: "mistral_instruct",
    stopTokens: [2, 7],
    logitRows: 32064,
    problems: [],
  });
});

test("a native checkpoint has a softmax over its tokenizer's tokens", async () => {
  await using folder = await smallFolder();
  const report = await reportModel({ checkpoint: folder.path }, fakeAddon({ description: { layout: "native" } }));
  expect(report.logitRows).toBe(700);
});

test("a folder with nothing but a config is described, and says what is missing", async () => {
  await using folder = await checkpointFolder({ "config.json": {} });
  const report = await reportModel({ checkpoint: folder.path }, fakeAddon({ description: { hasWeights: false } }));
  expect(report.parameters).toEqual(description.parameters);
  expect(report.problems).toEqual([expect.stringContaining("no weights"), expect.stringContaining("no tokenizer")]);
});

test("an unknown template is the user's error, not a problem of the checkpoint", async () => {
  await using folder = await smallFolder();
  const options = { checkpoint: folder.path, template: "nonsense" };
  await expect(reportModel(options, fakeAddon())).rejects.toMatchObject({ where: "--template" });
});
