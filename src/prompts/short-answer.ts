/** Instructions after a question, as LLaVA and lmms-eval word them. */

/** LLaVA's instruction for short answers. */
export const WORD_OR_PHRASE = "Answer the question using a single word or phrase.";

/** The line after a question by prompt profile; a profile without one gives the default's. "" is no line at all. */
export function lastLine(
  profile: string,
  lines: { readonly default: string; readonly [profile: string]: string },
): string {
  const line = lines[profile] ?? lines.default;
  return line === "" || line.startsWith(" ") ? line : `\n${line}`;
}
