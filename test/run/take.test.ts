import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SampleJournal } from "../../src/record/journal.js";
import type { AnsweredSample, FailedSample, ScoredSample } from "../../src/record/samples.js";
import { take } from "../../src/run/take.js";

const asked = { index: 3, id: "three", cluster: "three" };
const unscored = (detail: string) => ({ status: "unscored", reason: "judge", detail }) as const;
const failed: FailedSample = { ...asked, state: "failed", score: { ...unscored("reset"), reason: "transport" } };
const answered: AnsweredSample = { ...asked, state: "answered", text: "a cat", finish: "stop" };
const unjudged: AnsweredSample = { ...answered, score: unscored("timeout") };
const scored: ScoredSample = {
  ...{ ...asked, state: "scored", text: "a cat", finish: "stop" },
  score: { status: "scored", value: 1, answer: "a cat" },
};
const other: ScoredSample = { ...scored, text: "a dog", score: { status: "scored", value: 0, answer: "a dog" } };

test.each([
  ["nothing", "anything", [failed], ["taken"], "failed"],
  ["a failure", "an answer", [failed, answered], ["taken", "taken"], "answered"],
  ["a failure", "a failure", [failed, failed], ["taken", "taken"], "failed"],
  ["an answer", "its score", [answered, scored], ["taken", "taken"], "scored"],
  ["an answer", "the same answer", [answered, answered], ["taken", "repeated"], "answered"],
  ["an answer", "why it has no score", [answered, unjudged, unjudged], ["taken", "taken", "repeated"], "answered"],
  ["an answer", "a failure", [answered, failed], ["taken", "late"], "answered"],
  ["a score", "a failure", [scored, failed], ["taken", "late"], "scored"],
  ["a score", "the answer alone", [scored, answered], ["taken", "repeated"], "scored"],
  ["a score", "the same words", [scored, scored], ["taken", "repeated"], "scored"],
  ["a score", "other words", [scored, other], ["taken", "changed"], "scored"],
  ["an answer", "other words", [answered, other], ["taken", "changed"], "answered"],
] as const)("where there is %s, %s arrives", async (_there, _arrives, records, expected, state) => {
  const folder = await mkdtemp(join(tmpdir(), "take-"));
  try {
    const journal = await SampleJournal.open(join(folder, "t.samples.jsonl"));
    const became = [];
    for (const record of records) became.push(await take(journal, record));
    expect(became).toEqual(expected);
    await journal.finish();
    await journal.close();
    const lines = (await readFile(journal.path, "utf8")).trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    const kept = JSON.parse(lines[0] as string);
    expect(kept.state).toBe(state);
    expect(kept.text ?? "a cat").toBe("a cat");
  } finally {
    await rm(folder, { recursive: true });
  }
});
