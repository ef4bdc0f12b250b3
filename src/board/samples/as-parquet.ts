/** Samples as a Parquet file with fixed columns, for readers that take a column's type from its first rows. */
import type { SchemaElement } from "hyparquet";
import { ByteWriter, parquetWriteRows } from "hyparquet-writer";
import type { Result } from "../../core/result.js";
import { outcomeOf, valueUnder } from "../../record/outcome.js";
import type { Run } from "../../record/read.js";
import { type SampleRecord, textOf } from "../../record/samples.js";

type ColumnType = "text" | "whole" | "number" | "texts" | "numbersByName" | "textsByName";

/** Their names and their order are fixed: a column is only ever added at the end. */
const columns = {
  run: "text",
  model: "text",
  label: "text",
  scoring: "text",
  index: "whole",
  id: "text",
  repeat: "whole",
  outcome: "text",
  value: "number",
  values: "numbersByName",
  answer: "text",
  text: "text",
  reasoning: "text",
  finish: "text",
  references: "texts",
  prompt: "text",
  images: "texts",
  groups: "textsByName",
  cluster: "text",
  remark: "text",
  reason: "text",
  detail: "text",
  warnings: "texts",
  answered_by: "text",
} as const satisfies Record<string, ColumnType>;

export const parquetColumns = Object.keys(columns) as readonly (keyof typeof columns)[];

type Cell = string | number | bigint | readonly unknown[] | undefined;
type Row = Readonly<Record<keyof typeof columns, Cell>>;

/** Rows of one row group: what is in memory at once. */
const groupRows = 4096;

/**
 * @param runs   all their labels, in order; of each the samples that its Result counts
 * @param write  takes the file's bytes, piece by piece
 */
export async function writeParquet(runs: readonly Run[], write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  const writer = new Pieces(write);
  await parquetWriteRows({
    writer,
    rows: rowsOf(runs),
    columns: parquetColumns.map((name) => ({ name })),
    schema: [
      { name: "schema", num_children: parquetColumns.length },
      ...Object.entries(columns).flatMap(([name, type]) => elements(name, type)),
    ],
    rowGroupSize: groupRows,
    createdBy: "llava-eval",
  });
}

/** The library's buffer, emptied after each row group. `offset`, which the file's index is made of, counts on. */
class Pieces extends ByteWriter {
  constructor(private readonly write: (bytes: Uint8Array) => Promise<void>) {
    super();
  }

  async flush(): Promise<void> {
    await this.write(new Uint8Array(this.buffer.slice(0, this.index)));
    this.index = 0;
  }

  override finish(): Promise<void> {
    return this.flush();
  }
}

async function* rowsOf(runs: readonly Run[]): AsyncGenerator<Row> {
  for (const run of runs) {
    for (const label of run.labels) {
      const result = run.results.get(label);
      const samples = result ? run.counted(result) : run.samples(label);
      for await (const sample of samples) yield rowOf(sample, label, { run, result });
    }
  }
}

function rowOf(
  sample: SampleRecord,
  label: string,
  { run, result }: { readonly run: Run; readonly result: Result | undefined },
): Row {
  const { score } = sample;
  const answered = sample.state === "failed" ? undefined : sample;
  const scored = score?.status === "scored" ? score : undefined;
  const unscored = score?.status === "unscored" ? score : undefined;
  const main = result?.metrics[0];
  return {
    run: run.manifest.name,
    model: run.manifest.model,
    label,
    scoring: result?.scoring,
    index: BigInt(sample.index),
    id: sample.id,
    repeat: BigInt(sample.repeat ?? 0),
    outcome: outcomeOf(score, main),
    value: valueUnder(score, main?.of ?? main?.name ?? ""),
    values: typeof scored?.value === "object" ? entriesOf(scored.value) : undefined,
    answer: scored?.answer,
    text: textOf(sample),
    reasoning: answered?.reasoning,
    finish: answered?.finish,
    references: scored?.targets,
    prompt: sample.prompt,
    images: sample.images,
    groups: sample.groups && entriesOf(sample.groups),
    cluster: sample.cluster,
    remark: scored?.remark,
    reason: unscored?.reason ?? (score === undefined ? "judge" : undefined),
    detail: unscored?.detail ?? (score === undefined ? "not judged" : undefined),
    warnings: answered?.warnings,
    answered_by: answered?.answeredBy,
  };
}

const entriesOf = (map: Readonly<Record<string, unknown>>) =>
  Object.entries(map).map(([key, value]) => ({ key, value }));

const leaf = (name: string, type: "text" | "whole" | "number", isRequired = false): SchemaElement => ({
  name,
  ...(type === "text"
    ? { type: "BYTE_ARRAY", converted_type: "UTF8" }
    : { type: type === "whole" ? "INT64" : "DOUBLE" }),
  repetition_type: isRequired ? "REQUIRED" : "OPTIONAL",
});

/** Lists and maps in the forms that the Parquet format's own page on logical types gives. */
function elements(name: string, type: ColumnType): SchemaElement[] {
  if (type === "text" || type === "whole" || type === "number") return [leaf(name, type)];
  if (type === "texts") {
    return [
      { name, num_children: 1, repetition_type: "OPTIONAL", converted_type: "LIST" },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      leaf("element", "text"),
    ];
  }
  return [
    { name, num_children: 1, repetition_type: "OPTIONAL", converted_type: "MAP" },
    { name: "key_value", num_children: 2, repetition_type: "REPEATED" },
    leaf("key", "text", true),
    leaf("value", type === "numbersByName" ? "number" : "text"),
  ];
}
