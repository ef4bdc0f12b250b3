/** A sample as people and programs see it, wherever it is shown: in a terminal, in a file, on the page. Nothing here needs a disk. */
import { notesText, type ShownNote } from "../../core/note.js";
import type { Remark } from "../../core/score.js";
import type { SeenFrame } from "../../core/video.js";
import type { Outcome } from "../../record/outcome.js";
import { markdownCode, markdownWords } from "../format/markdown.js";

/** One sample, as a reader sees it. The members up to `reason` are those of `--format jsonl`. */
export interface ShownSample {
  readonly label: string;
  readonly id: string;
  readonly index: number;
  readonly repeat?: number;
  readonly outcome: Outcome;
  /** What the model wrote. */
  readonly text?: string;
  /** What was extracted of it and compared. */
  readonly answer?: string;
  readonly value?: number | Readonly<Record<string, number>>;
  readonly references?: readonly string[];
  readonly prompt?: string;
  /** Digests of the images' bytes. */
  readonly images: readonly string[];
  /** Where the images are frames of clips: which. */
  readonly frames?: readonly SeenFrame[];
  /** Why it is not scored. */
  readonly reason?: string;
  readonly remark?: Remark;
  readonly groups?: Readonly<Record<string, string>>;
  /** The rule that scored it. */
  readonly scoring?: string;
  /** What people noted on it. */
  readonly notes?: readonly ShownNote[];
  /** The same sample in the run that did it better. */
  readonly before?: { readonly text?: string; readonly answer?: string; readonly value?: number };
  readonly how?: HowScored;
}

/** What follows from the row and the task's own code: more than the journal says. */
export interface HowScored {
  /** What each reference would have earned as the answer. */
  readonly credits?: readonly { readonly reference: string; readonly credit: number }[];
  /** By the other rule. */
  readonly other?: { readonly scoring: string; readonly answer: string; readonly value: ShownSample["value"] };
}

/** All that is known of a sample, in the order in which it came to be. */
export function factsOf(sample: ShownSample): [name: string, text: string][] {
  const { prompt, images, frames, text, answer, reason, remark, groups, scoring, notes, how, before } = sample;
  const references = referencesText(sample);
  const facts: [string, string | undefined][] = [
    ["prompt", prompt],
    ["images", images.length > 0 ? images.map((digest) => digest.slice(0, 16)).join(" ") : undefined],
    ["frames", frames?.map(({ frame, time }) => `${frame} at ${time} s`).join(", ")],
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
    ["noted", notes && notesText(notes)],
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

/** One object a line, as results/README.md describes it. */
export const samplesJsonLines = (samples: readonly ShownSample[]): string =>
  samples.map((sample) => `${JSON.stringify(sample)}\n`).join("");

export const nameOf = ({ id, repeat }: ShownSample) => (repeat === undefined ? id : `${id} (${repeat})`);

export const outcomeText = ({ outcome, value }: ShownSample) =>
  value === undefined ? outcome : `${outcome} (${valueText(value)})`;

/** `0.3`; `anls 0.5, exact_match 0`. */
export function valueText(value: ShownSample["value"]): string {
  if (value === undefined) return "-";
  if (typeof value === "number") return rounded(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${rounded(one)}`)
    .join(", ");
}

const rounded = (value: number) => String(Math.round(value * 1000) / 1000);

/** Each reference once, with how often it occurs and what it would have earned. */
export function referencesText({ references = [], how }: ShownSample): string[] {
  const times = new Map<string, number>();
  for (const reference of references) times.set(reference, (times.get(reference) ?? 0) + 1);
  const credits = new Map(how?.credits?.map(({ reference, credit }) => [reference, credit]));
  return [...times].map(([reference, n]) => {
    const credit = credits.get(reference);
    return `${reference}${n > 1 ? ` ×${n}` : ""}${credit === undefined ? "" : ` (${rounded(credit)})`}`;
  });
}
