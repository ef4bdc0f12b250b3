// Characters whose title case is neither their upper case nor its first letter: the Croatian digraphs.
const digraphs: Readonly<Record<string, string>> = {
  Ǆ: "ǅ",
  ǅ: "ǅ",
  ǆ: "ǅ",
  Ǉ: "ǈ",
  ǈ: "ǈ",
  ǉ: "ǈ",
  Ǌ: "ǋ",
  ǋ: "ǋ",
  ǌ: "ǋ",
  Ǳ: "ǲ",
  ǲ: "ǲ",
  ǳ: "ǲ",
};

/** `str.capitalize()`: the first character in title case, **all others lower-cased**. */
export function capitalize(text: string): string {
  const first = firstCharacter(text);
  if (first === "") return text;
  return titleCase(first) + text.toLowerCase().slice(first.toLowerCase().length);
}

function titleCase(character: string): string {
  const digraph = digraphs[character];
  if (digraph !== undefined) return digraph;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x10d0 && code <= 0x10ff) return character; // Georgian has capitals but no title case
  const raised = character.toUpperCase();
  if (raised.length === character.length) return raised;
  // Greek with iota subscript keeps the subscript in title case.
  if (code >= 0x1f80 && code <= 0x1faf) return String.fromCodePoint(code | 8);
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9);
  if (code === 0x149) return raised; // ʼn: apostrophe first, then the capital
  return raised.slice(0, 1) + raised.slice(1).toLowerCase();
}

function firstCharacter(text: string): string {
  const code = text.codePointAt(0);
  return code === undefined ? "" : String.fromCodePoint(code);
}
