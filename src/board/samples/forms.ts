/** Samples for people and programs: a table, blocks for an issue or a dispute, one line each. */
import { terminalSafe } from "../../core/terminal-safe.js";
import { csv } from "../format/csv.js";
import { markdownCode, markdownWords } from "../format/markdown.js";
import type { TableCell, Tone } from "../format/table.js";
import { noPaint, type Screen, terminalTable } from "../format/terminal-table.js";
import { folded } from "../format/text-table.js";
import type { ShownSample } from "./select.js";

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

/** All that is known of a sample, in the order in which it came to be. */
function factsOf(sample: ShownSample): [name: string, text: string][] {
  const { prompt, images, text, answer, reason, remark, groups, scoring, how, before } = sample;
  const references = referencesText(sample);
  const facts: [string, string | undefined][] = [
    ["prompt", prompt],
    ["images", images.length > 0 ? images.map((digest) => digest.slice(0, 16)).join(" ") : undefined],
    [
      "groups",
      groups &&
        Object.entries(groups)
          .map(([name, value]) => `${name} ${value}`)
          .join(", "),
    ],
    ["text", text],
    ["answer", answer],
    ["references", references.length > 0 ? references.join(" / ") : undefined],
    ["not scored", reason],
    ["remark", remark],
    ["rule", scoring],
    ["other rule", how?.other && `${how.other.scoring}: ${valueText(how.other.value)}, answer ${how.other.answer}`],
    ["before", before && `${valueText(before.value)}: ${before.answer ?? before.text ?? ""}`],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

/** For an issue or a mail: each sample with its facts, what others wrote in code spans. */
export function samplesMarkdown(samples: readonly ShownSample[]): string {
  return samples
    .map((sample) => {
      const facts = factsOf(sample).map(([name, text]) => `- ${name}: ${markdownCode(text, 2000)}`);
      return `**${markdownCode(nameOf(sample))}** · ${markdownWords(sample.label)} · ${outcomeText(sample)}\n\n${facts.join("\n")}\n`;
    })
    .join("\n");
}

const head = [
  ...["label", "index", "id", "repeat", "outcome", "value", "answer", "text", "references", "prompt", "images"],
  ...["remark", "reason", "scoring", "credits", "other_value", "before_value", "before_answer"],
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
    ]),
  );

/** One object a line, each as `select.ts` describes it. */
export const samplesJsonLines = (samples: readonly ShownSample[]): string =>
  samples.map((sample) => `${JSON.stringify(sample)}\n`).join("");

const nameOf = ({ id, repeat }: ShownSample) => (repeat === undefined ? id : `${id} (${repeat})`);

const outcomeText = ({ outcome, value }: ShownSample) =>
  value === undefined ? outcome : `${outcome} (${valueText(value)})`;

/** `0.3`; `anls 0.5, exact_match 0`. */
function valueText(value: ShownSample["value"]): string {
  if (value === undefined) return "-";
  if (typeof value === "number") return rounded(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${rounded(one)}`)
    .join(", ");
}

const rounded = (value: number) => String(Math.round(value * 1000) / 1000);

const plain = (value: ShownSample["value"]) =>
  value === undefined || typeof value === "number" ? value : JSON.stringify(value);

/** Each reference once, with how often it occurs and what it would have earned. */
function referencesText({ references = [], how }: ShownSample): string[] {
  const times = new Map<string, number>();
  for (const reference of references) times.set(reference, (times.get(reference) ?? 0) + 1);
  const credits = new Map(how?.credits?.map(({ reference, credit }) => [reference, credit]));
  return [...times].map(([reference, n]) => {
    const credit = credits.get(reference);
    return `${reference}${n > 1 ? ` ×${n}` : ""}${credit === undefined ? "" : ` (${rounded(credit)})`}`;
  });
}
