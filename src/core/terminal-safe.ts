/**
 * Text from outside (model output, dataset fields, server messages) made safe for one line of a terminal or a CI log.
 * In core because run, board and cli all print such text.
 */

// C0 and C1 controls carry escape sequences; U+2028/9 break lines; the bidi controls reorder what a reader sees
// ("Trojan Source", CVE-2021-42574); the zero-width ones hide text.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]|\p{Cs}/gu;

const named: Readonly<Record<string, string>> = { "\n": "⏎", "\r": "␍", "\t": "⇥" };

/**
 * One printable line: controls become visible (`\x1b`, `⏎`), bidi and zero-width characters `\u202e`, lone surrogates `\ud800`.
 * Also harmless in a GitHub Actions log, where a line that starts with `::` (after trimming) and `##[` anywhere are commands.
 *
 * @param limit characters kept (code points); the cut is marked with `…`. Default: all.
 */
export function terminalSafe(text: string, limit = Number.POSITIVE_INFINITY): string {
  const line = shorten(text, limit).replace(unsafe, (c) => named[c] ?? escapeOf(c));
  return line.replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "# #[");
}

/** As `terminalSafe`, line by line: for messages that may have several lines. */
export function terminalSafeLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => terminalSafe(line))
    .join("\n");
}

function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept: string[] = [];
  for (const character of text) {
    if (kept.length === limit) return `${kept.join("")}…`;
    kept.push(character);
  }
  return text;
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
