/** Samples in a terminal, a few in full and more in a table, and as CSV. */
import { notesText } from "../../core/note.js";
import { terminalSafe } from "../../core/terminal-safe.js";
import { csv } from "../format/csv.js";
import type { TableCell, Tone } from "../format/table.js";
import { noPaint, type Screen, terminalTable } from "../format/terminal-table.js";
import { folded } from "../format/text-table.js";
import { factsOf, nameOf, outcomeText, referencesText, type ShownSample, valueText } from "./shown-sample.js";

const tones: Readonly<Record<ShownSample["outcome"], Tone>> = {
  right: "good",
  partly: "unsure",
  wrong: "bad",
  none: "soft",
  unscored: "unsure",
};

/** As many as are looked at one by one: each with all that is known of it. */
const mostBlocks = 3;

/** A few in full, more of them in a table. */
export function samplesTable(samples: readonly ShownSample[], screen: Screen = {}): string {
  if (samples.length === 0) return "";
  if (samples.length <= mostBlocks) return `${samples.map((sample) => block(sample, screen)).join("\n\n")}\n`;
  const several = new Set(samples.map(({ label }) => label)).size > 1;
  const isNoted = samples.some(({ notes }) => notes);
  const cell = (text: string, more: Partial<TableCell> = {}): TableCell => ({
    value: terminalSafe(text, 60),
    short: terminalSafe(text, 24),
    ...more,
  });
  return `${terminalTable(
    {
      axes: ["sample", ""],
      columns: [
        ...(several ? [{ title: "task", align: "left" as const }] : []),
        { title: "outcome", align: "left" },
        { title: "value" },
        { title: "answer", align: "left" },
        { title: "references", align: "left" },
        { title: "text", align: "left", spare: 2 },
        { title: "prompt", align: "left", spare: 3 },
        ...(isNoted ? [{ title: "noted", align: "left" as const, spare: 1 }] : []),
      ],
      sections: [
        {
          rows: samples.map((sample) => ({
            name: terminalSafe(nameOf(sample), 32),
            cells: [
              ...(several ? [cell(sample.label)] : []),
              cell(sample.outcome, { tone: tones[sample.outcome] }),
              cell(valueText(sample.value)),
              cell(sample.reason ?? sample.answer ?? ""),
              cell(referencesText(sample).join(" / ")),
              cell(sample.text ?? ""),
              cell(sample.prompt ?? ""),
              ...(isNoted ? [cell(notesText(sample.notes ?? []))] : []),
            ],
          })),
        },
      ],
      notes: [],
      transposable: false,
    },
    screen,
  )}\n`;
}

function block(sample: ShownSample, { width = Number.POSITIVE_INFINITY, paint = noPaint }: Screen): string {
  const head = `${terminalSafe(nameOf(sample))} · ${sample.label} · `;
  const lines = factsOf(sample).map(([name, text]) =>
    folded(`${name.padEnd(11)} ${terminalSafe(text)}`, width - 12).replaceAll("\n", `\n${" ".repeat(12)}`),
  );
  return [`${head}${paint(tones[sample.outcome], outcomeText(sample))}`, ...lines].join("\n  ");
}

const head = [
  ...["label", "index", "id", "repeat", "outcome", "value", "answer", "text", "references", "prompt", "images"],
  ...["remark", "reason", "scoring", "credits", "other_value", "before_value", "before_answer", "notes"],
];

export const samplesCsv = (samples: readonly ShownSample[]): string =>
  csv(
    head,
    samples.map((sample) => [
      ...[sample.label, sample.index, sample.id, sample.repeat, sample.outcome, plain(sample.value), sample.answer],
      ...[sample.text, sample.references?.join(" / "), sample.prompt, sample.images.join(" ")],
      ...[sample.remark, sample.reason, sample.scoring],
      sample.how?.credits?.map(({ reference, credit }) => `${reference} ${credit}`).join(" / "),
      ...[plain(sample.how?.other?.value), sample.before?.value, sample.before?.answer],
      sample.notes && notesText(sample.notes),
    ]),
  );

const plain = (value: ShownSample["value"]) =>
  value === undefined || typeof value === "number" ? value : JSON.stringify(value);
