import { createHash } from "node:crypto";
import type { Dataset, RowItem } from "../core/dataset.js";
import type { DatasetFacts } from "../core/dataset-facts.js";
import { defined } from "../core/defined.js";
import { SampleFailure, UserError } from "../core/errors.js";
import { type TSchema, type Violation, violationOf } from "../core/schema.js";
import { columnsOf, rowConverter } from "./columns.js";
import type { RowSource } from "./source.js";

/**
 * Rows converted to what the task's row schema says and checked against it. The first row read decides whether this is the
 * right dataset at all (`UserError`); a bad row after it is that row's failure.
 * @param facts  what is known before reading; rows and digest are added here
 */
export function checkedRows(source: RowSource, row: TSchema, facts: DatasetFacts): Dataset {
  const columns = columnsOf(row);
  const convert = rowConverter(row, source, source.coerce);
  const where = `${facts.source}${facts.configs ? ` (${facts.configs.join(", ")})` : ""}, split ${facts.split}`;
  return {
    get facts() {
      const digest = createHash("sha256").update(source.identity().join("\n")).digest("hex").slice(0, 32);
      return { ...facts, digest, ...defined({ rows: source.rows }) };
    },
    get fileRows() {
      return source.fileRows;
    },
    seeks: source.seeks,
    async *batches(offset, signal, end) {
      let first = true;
      for await (const batch of source.read(offset, columns, signal, end)) {
        const items: RowItem[] = [];
        for (const item of batch) {
          if ("failure" in item) {
            items.push(item);
            continue;
          }
          const converted = convert(item.cells);
          const violation = violationOf(row, converted);
          if (!violation) items.push({ index: item.index, row: converted });
          else if (first) throw wrongDataset(violation, where, item.index, Object.keys(item.cells));
          else items.push({ index: item.index, failure: badRow(violation) });
          first = false;
        }
        yield items;
      }
    },
    [Symbol.asyncDispose]: () => source.close(),
  };
}

function wrongDataset(violation: Violation, where: string, index: number, present: readonly string[]): UserError {
  return new UserError(
    `field ${fieldOf(violation)} ${violation.expected} (found ${violation.found})`,
    `dataset ${where}, row ${index}`,
    `the task needs other columns than this data has (${present.join(", ")}); check --data, the split and the task's row schema`,
  );
}

function badRow(violation: Violation): SampleFailure {
  return new SampleFailure("data", `field ${fieldOf(violation)} ${violation.expected} (found ${violation.found})`);
}

/** `/answers/0/answer` as people write it: `answers[0].answer`. */
function fieldOf(violation: Violation): string {
  const path = violation.pointer
    .split("/")
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll("~1", "/").replaceAll("~0", "~")}`));
  return path.length === 0 ? "(the row)" : `"${path.join("").replace(/^\./, "")}"`;
}
