import { UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import { violationOf } from "../core/schema.js";
import type { Submission } from "../core/task.js";
import type { SampleRecord } from "../record/samples.js";
import { workbook } from "./xlsx.js";

/**
 * The file for an evaluation server, every entry checked against the server's format first. Samples without an answer are left out.
 * @param where  the journal, for messages
 * @throws UserError  an entry does not fit
 */
export async function submissionOf(
  submission: Submission<never>,
  records: AsyncIterable<SampleRecord>,
  where: string,
): Promise<string | Buffer> {
  const entries: Json[] = [];
  for await (const record of records) {
    if (record.state !== "scored" || record.submission === undefined) continue;
    const { id, submission: entry } = record;
    const violation = violationOf(submission.schema, entry);
    if (violation) {
      throw new UserError(
        `the entry of sample ${id} does not have the server's format: ${violation.pointer || "it"} ${violation.expected} (found ${violation.found})`,
        where,
        "this is a mistake in the task's `submission`: correct `entry` or `schema` there",
      );
    }
    entries.push(entry);
  }
  return encode(submission.format ?? "json", entries);
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
