/** EMMA's words, and the places of its images: `<image_1>` and so on, in context, question and options. */

import { type ImageRef, optionLetters, type Part, type Prompt, strip, type TaggedRow, vlmEvalKit } from "llava-eval";

export interface Problem extends TaggedRow {
  readonly context?: string | null;
  readonly question: string;
  readonly options?: readonly string[] | null;
  readonly type: string;
}

export const isChoice = ({ type }: Problem): boolean => type.toLowerCase() === "multiple choice";

const HOW = {
  default: "Please solve the problem step by step.",
  direct:
    "Please ensure that your output only contains the final answer without any additional content (such as intermediate reasoning steps).",
};

export function emmaWords(problem: Problem, how: keyof typeof HOW): string {
  const { context, question, options } = problem;
  const asked = `${context ?? ""}\n${question}\n`;
  if (!isChoice(problem))
    return `${asked}Answer the question using a single word or phrase and put the answer in one "\\boxed{}". ${HOW[how]}`;
  const letters = optionLetters(options?.length ?? 0);
  const listed = (options ?? []).map((option, i) => `${letters[i]}: ${option}\n`).join("");
  return `${asked}${listed}\nAnswer with the option's letter from the given choices and put the letter in one "\\boxed{}". ${HOW[how]}`;
}

const mark = /<(image_\d+)>/g;

const imageOf = (problem: Problem, name: string): ImageRef | undefined =>
  (problem as unknown as Readonly<Record<string, ImageRef | null | undefined>>)[name] ?? undefined;

/**
 * VLMEvalKit's EMMA and, step by step, EMMA_COT: an image where its mark stands, or all of them first where there is no mark. A missing
 * option's letter is left out.
 */
export function vlmEvalKitPrompt(problem: Problem, how: keyof typeof HOW): Prompt {
  const { context, question, options } = problem;
  const letters = optionLetters(options?.length ?? 0);
  const listed = (options ?? []).flatMap((option, i) =>
    vlmEvalKit.isMissingCell(option) ? [] : [`${letters[i]}: ${option}\n`],
  );
  const start = `${vlmEvalKit.isMissingCell(context ?? "") ? "" : `${context}\n\n`}${question}\n\n`;
  const request = isChoice(problem)
    ? `${listed.join("")}\n\nAnswer with the option's letter from the given choices. `
    : "Answer the question using a single word or phrase. ";
  const words = `${start}${request}${HOW[how]}${how === "default" ? " " : ""}`;
  const pieces = words.split(mark);
  if (pieces.length === 1) return user([...shown(problem, imageNames), { type: "text", text: words }]);
  return user(
    pieces.flatMap((piece, i): readonly Part[] => {
      if (i % 2 === 1) return shown(problem, [piece]);
      return piece === "" ? [] : [{ type: "text", text: piece }];
    }),
  );
}

const imageNames = [1, 2, 3, 4, 5].map((number) => `image_${number}`);

const shown = (problem: Problem, names: readonly string[]): readonly Part[] =>
  names.flatMap((name) => {
    const image = imageOf(problem, name);
    return image ? [{ type: "image", image } as const] : [];
  });

const text = (words: string): readonly Part[] => (strip(words) === "" ? [] : [{ type: "text", text: words }]);
const user = (parts: readonly Part[]): Prompt => ({ messages: [{ role: "user", parts: [...parts] }] });

/** The authors': every image where its mark stands. */
export function imagesInPlace(problem: Problem, words: string): Prompt {
  // Texts and marks' names take turns.
  const pieces = words.split(mark);
  return user(
    pieces.flatMap((piece, i): readonly Part[] => {
      const image = i % 2 === 1 ? imageOf(problem, piece) : undefined;
      return i % 2 === 0 ? text(piece) : image ? [{ type: "image", image }] : [];
    }),
  );
}

/**
 * lmms-eval's: the marks in the order of their names, each once, at the first places of all. A mark that is repeated, or stands before a
 * smaller one, puts other images there, and text between the last of them and the last mark is lost.
 */
export function imagesByName(problem: Problem, words: string): Prompt {
  const names = [...new Set([...words.matchAll(mark)].map(([, name = ""]) => name))].sort();
  const pieces = words.split(/<image_[1-4]>/);
  const parts = names.slice(0, pieces.length).flatMap((name, i): readonly Part[] => {
    const image = imageOf(problem, name);
    return [...text(strip(pieces[i] ?? "")), ...(image ? [{ type: "image", image } as const] : [])];
  });
  return user(pieces.length > names.length ? [...parts, ...text(strip(pieces.at(-1) ?? ""))] : parts);
}
