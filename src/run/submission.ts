import { open, rename } from "node:fs/promises";
import { UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { SampleRecord } from "../core/result.js";
import { violationOf } from "../core/schema.js";
import type { Submission } from "../core/task.js";
import { workbook } from "./xlsx.js";

/**
 * Writes the file for an evaluation server, every entry checked against the server's format first.
 * @returns how many entries it has; samples without an answer are left out and counted by the caller
 * @throws UserError  an entry does not fit: nothing is written
 */
export async function writeSubmission(
  path: string,
  submission: Submission<never>,
  records: AsyncIterable<SampleRecord>,
): Promise<number> {
  const entries: Json[] = [];
  for await (const { id, submission: entry } of records) {
    if (entry === undefined) continue;
    const violation = violationOf(submission.schema, entry);
    if (violation) {
      throw new UserError(
        `the entry of sample ${id} does not have the server's format: ${violation.pointer || "it"} ${violation.expected} (found ${violation.found})`,
        path,
        "this is a mistake in the task's `submission`: correct `entry` or `schema` there",
      );
    }
    entries.push(entry);
  }
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(encode(submission.format ?? "json", entries));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return entries.length;
}

function encode(format: NonNullable<Submission<never>["format"]>, entries: readonly Json[]): string | Buffer {
  switch (format) {
    case "json":
      return `${JSON.stringify(entries)}\n`;
    case "jsonl":
      return entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    case "object":
      return `${JSON.stringify(Object.fromEntries(entries as unknown as [string, Json][]))}\n`;
    case "xlsx":
      return workbook(entries as readonly Readonly<Record<string, Json>>[]);
  }
}
