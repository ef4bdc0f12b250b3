import { expect, test } from "vitest";
import { checkInvariance } from "../../../src/runners/local/invariance.js";
import { smallFolder } from "./checkpoint-folder.js";
import { fakeAddon } from "./fake-engine.js";

test("an engine whose bits never change is invariant in every way of asking", async () => {
  await using folder = await smallFolder();
  const addon = fakeAddon({ logits: ({ tokens }) => [tokens.length, 0.1], answer: ({ tokens }) => [tokens.length] });
  const steps: string[] = [];
  const report = await checkInvariance(
    { checkpoint: folder.path, requests: 12, onStep: (way) => steps.push(way) },
    addon,
  );
  expect(report.invariant).toBe(true);
  expect(report.rows.map(({ way }) => way)).toEqual(steps.slice(1));
  expect(steps).toHaveLength(9);
  expect(report.rows[0]).toMatchObject({ requests: 12, logits: 12, answers: 12, likelihoods: 12, largest: 0 });
  expect(addon.opened.map(({ sharePrefixes }) => sharePrefixes)).toEqual([false, true, true]);
  expect(addon.closed).toBe(3);
});

test("one bit that depends on the batch is found, with its size", async () => {
  await using folder = await smallFolder();
  const addon = fakeAddon({ logits: (_, inFlight) => [inFlight > 3 ? 1 + 2 ** -23 : 1] });
  const report = await checkInvariance({ checkpoint: folder.path, requests: 6 }, addon);
  expect(report.invariant).toBe(false);
  const together = report.rows.find(({ way }) => way === "together, nothing shared");
  expect(together?.logits).toBeLessThan(6);
  expect(together?.largest).toBe(2 ** -23);
  expect(report.rows.find(({ way }) => way === "alone, prefixes shared")).toMatchObject({ logits: 6, largest: 0 });
});

test("an engine without logits is not called invariant", async () => {
  await using folder = await smallFolder();
  expect((await checkInvariance({ checkpoint: folder.path, requests: 2 }, fakeAddon())).invariant).toBe(false);
});
