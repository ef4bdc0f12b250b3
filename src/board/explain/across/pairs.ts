/** Which sample of theirs is which of ours, and in which layers the two differ. */
import { defined } from "../../../core/defined.js";
import { valueUnder } from "../../../record/outcome.js";
import type { SampleRecord } from "../../../record/samples.js";
import type { OurSample, Replayed, Sides } from "./sides.js";
import type { TheirSample } from "./theirs.js";

export const acrossLayers = ["rows", "images", "prompt", "options", "text", "answer", "rule", "aggregate"] as const;
export type AcrossLayer = (typeof acrossLayers)[number];

export interface Pair {
  readonly ours: OurSample;
  readonly theirs: TheirSample;
  readonly replayed?: Replayed;
  readonly ourValue: number | undefined;
  readonly theirValue: number | undefined;
  readonly differs: ReadonlySet<AcrossLayer>;
  /** Our text as their file gives it back. */
  readonly isAltered: boolean;
  readonly first?: AcrossLayer;
}

/** The naming under which most samples of theirs are ours, and whose references agree. Several of ours may be one of theirs (POPE's categories). */
export function joined({ ours, theirs }: Sides): {
  readonly by: string;
  readonly matches: readonly [OurSample, TheirSample][];
} {
  const tried = ["id", "index", "row number", "position"].map((name) => {
    const known = new Map<string | undefined, TheirSample>();
    const twice = new Set<string | undefined>([undefined]);
    for (const sample of theirs) {
      const key = sample.names[name];
      if (known.has(key)) twice.add(key);
      known.set(key, sample);
    }
    const matches = ours.flatMap((sample): [OurSample, TheirSample][] => {
      const key = sample.names[name];
      const found = twice.has(key) ? undefined : known.get(key);
      return found ? [[sample, found]] : [];
    });
    const alike = matches.filter(([{ record }, other]) => hasSameTargets(record, other)).length;
    const asked = matches.filter(([{ record }, other]) => asksTheSame(record, other)).length;
    return { by: name, matches, alike: alike + asked };
  });
  // The first of equals: a name is worth more than a place.
  return tried.reduce((best, one) => (one.alike > best.alike ? one : best));
}

/** Their question stands in the words that were sent. */
function asksTheSame({ prompt }: SampleRecord, { question }: TheirSample): boolean {
  if (prompt === undefined || question === undefined) return true;
  return plain(prompt).includes(plain(question));
}

const plain = (text: string) =>
  text
    .replace(/<(image|video)( \d+)?>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();

/** @param references  of the row: a rule may compare with something else (VLMEvalKit makes a choice of an open question) */
function hasSameTargets(
  { score }: SampleRecord,
  { targets }: TheirSample,
  references: readonly string[] = [],
): boolean {
  const scored = score?.status === "scored" ? score.targets : undefined;
  const own = scored && [...scored, ...references];
  if (!own || !targets || own.length === 0 || targets.length === 0) return true;
  const known = new Set(own.map(plain));
  return targets.some((target) => known.has(plain(target)));
}

export function pairOf(sides: Sides, ours: OurSample, theirs: TheirSample): Pair {
  const { record } = ours;
  const replayed = sides.replayed(ours, theirs);
  const ourValue = valueUnder(record.score, sides.main.of ?? sides.main.name);
  // A file of answers alone has no scores: theirs are then what our copy of their rule gives.
  const byRule = (scoring: string) => valueUnder(replayed?.scores[scoring], sides.main.of ?? sides.main.name);
  const theirValue = theirs.value ?? byRule(sides.harness);
  const differs = new Set<AcrossLayer>();
  if (!hasSameTargets(record, theirs, replayed?.references)) differs.add("rows");
  if (!hasSameWords(record, theirs)) differs.add("prompt");
  if (hasOtherOptions(record, theirs)) differs.add("options");
  const text = record.state === "failed" ? undefined : record.text;
  const isSame = theirs.text !== undefined && text !== undefined && theirs.text.trim() === text.trim();
  const isAltered = !isSame && text !== undefined && theirs.text?.trim() === sides.readBack(text).trim();
  const sameText = isSame || isAltered;
  if (!sameText && (theirs.text !== undefined || text !== undefined)) differs.add("text");
  const answer = record.score?.status === "scored" ? record.score.answer : undefined;
  if (theirs.answer !== undefined && answer !== undefined && plain(theirs.answer) !== plain(answer))
    differs.add("answer");
  // A score of other numbers than the main metric's, a pair of them, is compared in the aggregate alone.
  const isComparable = ourValue !== undefined || record.score?.status !== "scored";
  const isChanged = isComparable && !isSameValue(ourValue, theirValue);
  // Another score for the same text is the rule's doing; for another text it is where our rule would not give it either.
  const byOurRule = sameText ? ourValue : byRule(sides.scoring);
  if (byOurRule !== undefined && theirValue !== undefined && !isSameValue(byOurRule, theirValue)) differs.add("rule");
  const first = isChanged ? firstOf(differs, sameText) : undefined;
  return { ours, theirs, ...defined({ replayed }), ourValue, theirValue, differs, isAltered, ...defined({ first }) };
}

/** What was sent, where their file tells it; else whether their question is a part of ours. */
function hasSameWords(record: SampleRecord, theirs: TheirSample): boolean {
  if (record.prompt === undefined || theirs.prompt === undefined) return asksTheSame(record, theirs);
  return wordsOf(theirs.prompt) === wordsOf(record.prompt);
}

/** Words that were sent count only where another text came of them. */
function firstOf(differs: ReadonlySet<AcrossLayer>, sameText: boolean): AcrossLayer {
  const causes = acrossLayers.filter((layer) => !sameText || !["images", "prompt", "options", "text"].includes(layer));
  return causes.find((layer) => differs.has(layer)) ?? "rule";
}

/** Of a prompt, without marks of images and the white space around its lines. */
export const wordsOf = (prompt: string) =>
  prompt
    .replace(/<(image|video)>/g, "")
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();

/** Options that do not stand in our words, in their order. */
function hasOtherOptions({ prompt }: SampleRecord, { choices }: TheirSample): boolean {
  if (!choices || prompt === undefined) return false;
  const words = plain(prompt);
  let at = 0;
  return choices.some((choice) => {
    const found = words.indexOf(plain(choice), at);
    at = found + 1;
    return found < 0;
  });
}

export const isSameValue = (a: number | undefined, b: number | undefined) =>
  a === b || (a !== undefined && b !== undefined && Math.abs(a - b) < 1e-6);
