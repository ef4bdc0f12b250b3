import { terminalSafe } from "../../core/terminal-safe.js";

/**
 * Text from outside in GitHub's Markdown. Inside `<code>` GitHub makes no mention, issue reference or link of it, and with
 * every special character as an entity no Markdown and no HTML can start; a pipe would end a table's cell. Controls and bidi
 * overrides are shown, as in a terminal.
 */
export function markdownCode(text: string, limit = 200): string {
  if (text === "") return "";
  return `<code>${terminalSafe(text, limit).replace(/[^A-Za-z0-9 .,…⏎\u00c0-\u{10ffff}]/gu, entity)}</code>`;
}

const entity = (character: string) => `&#${character.codePointAt(0)};`;

/** Our own words in a table's cell: names of tasks and metrics, numbers. */
export function markdownCell(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|@&~]/g, entity).replace(/\s+/g, " ");
}

/** A table whose cells are already Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
