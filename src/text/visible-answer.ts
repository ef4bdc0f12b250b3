/** What of an answer is said, and what was thought: models write their thoughts into the text when their server has no parser for them. */
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import type { Reading, Scoring } from "../core/score.js";
import { strip } from "./python-strings.js";
import { stripReasoning, type TagPair } from "./reasoning-tags.js";

/** The marks that are known, by the names that `--reasoning-tags` takes. Thoughts stand between them. */
const pairs: Readonly<Record<string, TagPair>> = {
  think: ["<think>", "</think>"],
  analysis: ["<analysis>", "</analysis>"],
  thinking: ["<thinking>", "</thinking>"],
  reasoning: ["<reasoning>", "</reasoning>"],
  thought: ["<thought>", "</thought>"],
  "seed:think": ["<seed:think>", "</seed:think>"], // Seed-OSS
  "◁think▷": ["◁think▷", "◁/think▷"], // Kimi-VL
  "[THINK]": ["[THINK]", "[/THINK]"], // Magistral
};

/** Marks around what is said. */
const answers: Readonly<Record<string, TagPair>> = {
  box: ["<|begin_of_box|>", "<|end_of_box|>"], // GLM-4.5V
  answer: ["<answer>", "</answer>"],
};

/** gpt-oss: channels, of which the last `final` one is said. */
const harmony = { name: "harmony", thoughts: "<|channel|>", said: "<|channel|>final<|message|>" } as const;

export const reasoningTagNames: readonly string[] = [...Object.keys(pairs), harmony.name, ...Object.keys(answers)];

/** What lmms-eval strips from every answer; the benchmarks' own code and VLMEvalKit strip nothing. */
const defaultReasoningTags: Readonly<Record<Scoring, readonly string[]>> = {
  official: [],
  "lmms-eval": ["think", "analysis"],
  vlmevalkit: [],
};

/**
 * The tags that `--reasoning-tags` names: `none`, `all`, or some by name.
 * @throws UserError  an unknown name, with the nearest one
 */
export function reasoningTagsOf(names: readonly string[]): readonly string[] {
  if (names.length === 1 && names[0] === "none") return [];
  if (names.length === 1 && names[0] === "all") return reasoningTagNames;
  for (const name of names) {
    if (reasoningTagNames.includes(name)) continue;
    throw new UserError(
      `no reasoning tag "${name}"`,
      "--reasoning-tags",
      `${didYouMean(name, reasoningTagNames)}known: ${reasoningTagNames.join(", ")}; or all, or none`,
    );
  }
  return names;
}

/** How the answers of a run are read. @param tags absent: what the rule strips of its own accord */
export function readingOf(scoring: Scoring, tags: readonly string[] = defaultReasoningTags[scoring]): Reading {
  return { tags, visible: (text) => visibleAnswer(text, tags, scoring) };
}

/** What servers leave of a model's end-of-turn tokens when they do not skip special tokens. */
const endMarks = /(?:\s*(?:<\/s>|<\|(?:im_end|endoftext|eot_id|end_of_text|end|return)\|>|<end_of_turn>|<eos>))+\s*$/;

/**
 * The answer that is scored. With no tags and no end-of-turn mark these are the very bytes of the text.
 *
 * @param tags names of `reasoningTagNames`. An opening mark that is never closed: all that follows is thought, and nothing was
 *   said (lighteval's rule); under `lmms-eval` it is left alone, as there. Under `vlmevalkit` what follows the last closing mark is said,
 *   wherever thoughts began, and an answer without one is left alone.
 */
export function visibleAnswer(text: string, tags: readonly string[], scoring: Scoring): string {
  const said = text.replace(endMarks, "");
  const thoughts = tags.flatMap((name) => (Object.hasOwn(pairs, name) ? [pairs[name] as TagPair] : []));
  if (scoring === "lmms-eval" && thoughts.length === tags.length)
    return tags.length === 0 ? said : stripReasoning(said, thoughts);
  if (scoring === "vlmevalkit" && tags.join() === "think") return afterThoughts(said);
  let rest = said;
  if (tags.includes(harmony.name)) rest = finalChannel(rest);
  for (const pair of thoughts) rest = withoutThoughts(rest, pair);
  for (const [name, [open, close]] of Object.entries(answers)) {
    if (tags.includes(name)) rest = between(rest, open, close);
  }
  return rest;
}

function afterThoughts(text: string): string {
  const [, close] = pairs.think as TagPair;
  const end = text.lastIndexOf(close);
  return end < 0 ? text : strip(text.slice(end + close.length));
}

function finalChannel(text: string): string {
  const start = text.lastIndexOf(harmony.said);
  if (start >= 0) return text.slice(start + harmony.said.length).replace(endMarks, "");
  return text.includes(harmony.thoughts) ? "" : text;
}

function withoutThoughts(text: string, [open, close]: TagPair): string {
  const inCase = sameCase(sameCase(text, open), close);
  if (!inCase.includes(open) && !inCase.includes(close)) return text;
  const rest = stripReasoning(inCase, [[open, close]]);
  const unclosed = rest.indexOf(open);
  return unclosed < 0 ? rest : rest.slice(0, unclosed).trimEnd();
}

/** What stands between the last pair of marks; the whole text where there is none. */
function between(text: string, open: string, close: string): string {
  const end = text.lastIndexOf(close);
  const start = end < 0 ? -1 : text.lastIndexOf(open, end);
  return start < 0 ? text : text.slice(start + open.length, end).trim();
}

/** `<THINK>` as `<think>`. */
function sameCase(text: string, mark: string): string {
  return text.replace(new RegExp(mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi"), mark);
}

/** A judge's reply without its thoughts, whatever marks it puts around them; one that holds none is left as it is. */
export function withoutReasoning(text: string): string {
  return visibleAnswer(text, [...Object.keys(pairs), harmony.name], "official");
}
