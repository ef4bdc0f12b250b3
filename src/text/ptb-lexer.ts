/**
 * The lexical rules of Penn Treebank tokenisation as the caption benchmarks get them from Stanford CoreNLP 3.4.1
 * (`PTBTokenizer -preserveLines -lowerCase`). Written from what is known of Penn Treebank tokenisation and of that
 * tokenizer's behaviour, and from conformance
 * vectors made by running it; its source was not read. Word lists hold more than the vectors show.
 *
 * Like any lex program: at each position the rule with the longest match wins, trailing context included; of equal
 * matches the first rule. A context is looked at but not consumed, so a rule that needs one cannot match at the very
 * end of the input: there "they've" comes apart. Kept, because the references tokenise a last caption so.
 */

export interface Token {
  /** As printed, not yet lower-cased. */
  readonly text: string;
  /** UTF-16 units consumed; less than the match where a rule gives characters back. */
  readonly length: number;
}

interface Rule {
  /** Sticky; trailing context is in the group `context`. */
  readonly pattern: RegExp;
  /** What is printed and consumed; default: the match without its context. */
  readonly emit?: (body: string) => Token;
}

// A soft hyphen counts as a letter and is removed from what is printed.
const L = "\\p{L}\\p{Mn}\\p{Mc}\\u00ad";
const N = "\\p{Nd}";
const apostrophe = "['\\u2019\\u0092]";
const space = "[ \\t\\u00a0\\u2000-\\u200a\\u3000]";
const lineEnd = "[\\n\\r\\u2028\\u2029\\v\\f]";
const spaceOrLine = `(?:${space}|${lineEnd}|\\u0085)`;

const auxiliary = `${apostrophe}(?:[msd]|re|ve|ll)`;
const prefix = `(?:[dDoOlL]${apostrophe}(?=\\p{L}))?`;
const part = `${prefix}[\\p{L}\\u00ad${N}]+`;
const thing = `${part}(?:[-_]${part})*`;
const word = `[${L}][${L}${N}]*(?:[.!?][${L}][${L}${N}]*)*`;
const acronym = "[A-Za-z](?:\\.[A-Za-z])*\\.";
const number = `[${N}]*(?:[.,:\\u00ad\\u066b\\u066c][${N}]+)+|[${N}]+`;

/** Letters in any case; written out, because a sentence's end still needs a real capital. */
const anyCase = (words: string) =>
  words.replace(/[A-Za-z]/g, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);

// Abbreviations that can end a sentence: before a capital, and at the very end, their period counts twice.
const ending = [
  anyCase("Jr|Sr|Bros|Esq|Rd|Blvd|Inc|Co|Cos|Corp|Ltd|Ph\\.D|Ed\\.D|Psy\\.D|Pty|Pte|PLC|Bancorp|etc|est|ext|al|seq"),
  anyCase("Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri"),
  anyCase("Ala|Ariz|Calif|Colo|Conn|Dak|Fla|Ind|Kans?|Ky|Mich|Minn|Mont|Neb|Nev|Okla|Ont|Penn|Tenn|Wis|Wyo"),
  "Del|Mass|Miss|Ore|Tex", // in lower case these are words
].join("|");
// Abbreviations that never do: titles, places, addresses.
const titled = anyCase(
  [
    "Mr|Mrs|Ms|Mme|Dr|Drs|Prof|Profs|Rev|Hon|Gen|Gens|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Lieut|Adm|Col|Cpl|Maj|Brig|Capt",
    "Sgt|Cmdr|Messrs|Mssrs|St|Ste|Mt|Ft|Pt|Rte|Ave|Pres|Insp|Supt|Dist|Asst|Assn|Dept|Det|vs|Alex|Wm|Jos|Cie",
    "Comdr|Fr|cf|Univ|v",
  ].join("|"),
);
// Only before a number.
const numbered = anyCase("nos?|pp?|figs?");

// Words after which an acronym's period also ends a sentence.
const starters =
  "A|About|According|Additionally|After|All|Also|Although|An|And|As|At|Because|But|By|Each|For|From|He|Her|Here|His|How|However|I|If|In|It|Its|Last|Like|Many|Meanwhile|More|Mr\\.|Ms\\.|Most|My|No|Not|Now|On|Once|One|Only|Or|Other|Our|Over|Perhaps|She|Since|Some|Sometimes|Soon|Such|That|The|Their|Then|There|These|They|This|Those|Though|Thus|To|Today|Two|Under|Unlike|Until|What|When|While|Who|Why|With|Yesterday|Yet|You";

const brackets: Readonly<Record<string, string>> = {
  "(": "-LRB-",
  ")": "-RRB-",
  "[": "-LSB-",
  "]": "-RSB-",
  "{": "-LCB-",
  "}": "-RCB-",
};

const printedAs: Readonly<Record<string, string>> = {
  "…": "...",
  "\u0085": "...",
  "–": "--",
  "—": "--",
  "―": "--",
  "“": "``",
  "”": "''",
  "«": "``",
  "»": "''",
  "‘": "`",
  "’": "'",
  "‹": "`",
  "›": "'",
  "½": "1/2",
  "¼": "1/4",
  "¾": "3/4",
  "⅓": "1/3",
  "⅔": "2/3",
  "¢": "cents",
  "£": "#",
  "€": "$",
  "¤": "$",
};

const same = (body: string): Token => ({ text: body, length: body.length });
const as = (text: string) => (body: string) => ({ text, length: body.length });
const plainApostrophe = (body: string) => ({ text: body.replace(/[\u2019\u0092]/g, "'"), length: body.length });
/** One token whose blanks must not split it again. */
const joined = (body: string) => ({ text: body.replace(/[ \t\u3000\u2000-\u200a]/g, "\u00a0"), length: body.length });
const parenthesised = (body: string) => ({
  text: body.replace(/[()]/g, (bracket) => brackets[bracket] as string),
  length: body.length,
});
const phone = (body: string) => ({ text: joined(parenthesised(body).text).text, length: body.length });
/** Prints everything but reads the last `count` characters again. */
const givingBack = (count: number) => (body: string) => ({ text: body, length: body.length - count });
/** Prints and consumes only the first `count` characters. */
const first = (count: number) => (body: string) => ({ text: body.slice(0, count), length: count });

function rule(source: string, emit?: (body: string) => Token, context = "", flags = "u"): Rule {
  const pattern = new RegExp(context === "" ? source : `(?:${source})(?<context>${context})`, `${flags}y`);
  return emit === undefined ? { pattern } : { pattern, emit };
}

const rules: readonly Rule[] = [
  // Words that are two.
  rule("cannot", first(3), `(?![${L}${N}])`, "iu"),
  rule("gonna|gotta|lemme|gimme|wanna", first(3), "", "iu"),
  rule(`${apostrophe}t(?:is|was)`, first(2), "", "iu"),
  rule("more'n", first(4), "", "iu"),

  rule("-(?:LRB|RRB|LCB|RCB|LSB|RSB)-", undefined, "", "iu"),
  rule("anti-", undefined, "", "iu"),

  // Mark-up, entities, addresses.
  rule("</?[A-Za-z!?][^<>\\n\\r\\u2028\\u2029\\v\\f]*>", joined),
  rule("<!--[^>\\n\\r\\u2028\\u2029\\v\\f]*-->", joined),
  rule("&nbsp;", as(""), "", "iu"),
  rule("&amp;", as("&"), "", "iu"),
  rule("&lt;", as("<"), "", "iu"),
  rule("&gt;", as(">"), "", "iu"),
  rule("&(?:mdash|ndash);|&#(?:8211|8212);", as("--"), "", "iu"),
  rule("&#[0-9]+;"),
  rule("&quot;", as("``"), "[A-Za-z0-9$]", "iu"),
  rule("&quot;", as("''"), "", "iu"),
  rule("&apos;", as("'"), "", "iu"),
  rule('[Hh][Tt][Tt][Pp][Ss]?://[^ \\t\\n\\f\\r"<>|()]+[^ \\t\\n\\f\\r"<>|.!?(){},\\-]'),
  rule(
    '(?:www\\.(?:[^ \\t\\n\\f\\r"<>|.!?(){},]{1,80}\\.){1,8}[a-zA-Z]{2,4}|(?=[A-Za-z0-9])(?:[^ \\t\\n\\f\\r"`\'<>|.!?(){},\\-_$]{1,80}\\.){1,8}(?:com|net|org|edu))(?:/[^ \\t\\n\\f\\r"<>|()]+[^ \\t\\n\\f\\r"<>|.!?(){},\\-])?',
  ),
  rule(
    '<?[a-zA-Z0-9][^ \\t\\n\\f\\r"<>|()\\u00a0]{0,80}@(?:[^ \\t\\n\\f\\r"<>|().\\u00a0]{1,80}\\.){0,8}[^ \\t\\n\\f\\r"<>|().{}\\u00a0]{1,80}>?',
  ),
  rule("@[A-Za-z_]+|#\\p{L}+"),

  // Words.
  rule(word),
  rule("[A-Za-z]*[A-Za-z]", undefined, `[nN]${apostrophe}[tT]`),
  rule(`[${L}][${L}${N}]*`, undefined, `${apostrophe}(?:[MSD]|RE|VE|LL)(?![A-Za-z])`),
  rule(`\\p{L}+[aeiouyAEIOUY]${apostrophe}[aeiouA-Z]\\p{L}*`),
  rule(`(?:${word}|${thing})\\.`, undefined, "[,;:]"),
  rule(auxiliary, plainApostrophe, "[^A-Za-z]", "iu"),
  rule(`n${apostrophe}t`, plainApostrophe, "", "iu"),
  rule(`[yY]${apostrophe}`, undefined, `[${L}]`),
  rule(`${apostrophe}n${apostrophe}?`, undefined, "", "iu"),
  rule(
    `(?:${apostrophe}(?:em|til|cause)|c${apostrophe}mon|ma${apostrophe}am|ne${apostrophe}er|e${apostrophe}er)`,
    undefined,
    "",
    "iu",
  ),
  rule(`${apostrophe}[0-9]0s`),
  rule(`${apostrophe}[0-9]{2}`, undefined, spaceOrLine),
  rule(thing),
  rule(`[nN]${apostrophe}\\p{L}+`),
  rule("[A-Z]+(?:&[A-Z]+)+"),
  rule("[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:\\\\?/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}"),
  rule(`[A-Za-z0-9][A-Za-z0-9.,\\u00ad]{0,200}(?:-(?:${acronym}|[A-Za-z0-9\\u00ad]+))+`),
  rule("[Cc]\\+\\+|[CcFf]#"),

  // Numbers.
  rule(`[-+]?(?:${number})`),
  rule("[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4}"),
  rule("[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"),
  rule("(?:[0-9]{1,4}[- \\u00a0])?[0-9]{1,4}(?:\\\\?/|\\u2044)[0-9]{1,4}", joined),
  rule(
    "(?:\\([0-9]{2,3}\\)[ \\u00a0]?|(?:\\+\\+?)?(?:[0-9]{2,4}[- \\u00a0])?[0-9]{2,4}[- \\u00a0])[0-9]{3,4}[- \\u00a0]?[0-9]{3,5}|(?:(?:\\+\\+?)?[0-9]{2,4}\\.)?[0-9]{2,4}\\.[0-9]{3,4}\\.[0-9]{3,5}",
    phone,
  ),
  rule("[A-Z]*\\$|#"),
  rule("[½¼¾⅓⅔¢£€¤]", (body) => ({ text: printedAs[body] as string, length: 1 })),

  // Abbreviations.
  rule(`(?:${ending})\\.`, givingBack(1), `${spaceOrLine}(?:${spaceOrLine}|[A-Z])`, "u"),
  rule(`(?:${ending})\\.`, undefined, "[^][^]", "u"),
  rule(`(?:${ending})\\.`, givingBack(1), "", "u"),
  rule(`(?:${titled})\\.`),
  rule(`(?:${numbered})\\.`, undefined, `${spaceOrLine}?[0-9]`, "u"),
  rule(acronym, endingAcronym, `${spaceOrLine}+(?:${starters})${spaceOrLine}`),
  rule(acronym),

  // Faces.
  rule("[<>]?[:;=][-o*']?[()DPdpO\\\\{@|\\[\\]]", parenthesised, "[^A-Za-z0-9]"),
  rule(
    "[\\^x=~<>]\\.[\\^x=~<>]|[-\\^x=~<>']_[-\\^x=~<>']|\\([-\\^x=~<>'][_.]?[-\\^x=~<>']\\)|\\([\\^x=~<>']-[\\^x=~<>'`]\\)",
    parenthesised,
  ),

  // Quotes.
  rule('"', as("``"), "[A-Za-z0-9$]"),
  rule('"', as("''")),
  rule("``|''"),
  rule("'", as("`"), "[A-Za-z][^ \\t\\n\\r]"),
  rule(auxiliary, plainApostrophe, "", "iu"),
  rule("['`]"),
  rule("[“”«»‘’‹›]+", (body) => ({ text: [...body].map((mark) => printedAs[mark]).join(""), length: body.length })),

  // Marks.
  rule("[()\\[\\]{}]", (body) => ({ text: brackets[body] as string, length: 1 })),
  rule("\\.{3,5}|\\.(?: \\.){2,4}", as("...")),
  rule("[…\\u0085]", as("...")),
  rule("-{2,4}|[–—―]", as("--")),
  rule("-{5,}"),
  rule("[?!]+"),
  rule("#{2,}|\\*{2,}|_+|<{2,}|>{2,}|@{2,}"),
  rule(
    "[.,;:\\-/@<>=*~^|\\\\%&+\\u00a1\\u00a5-\\u00a9\\u00ac\\u00ae-\\u00b8\\u00b9\\u00bf\\u00d7\\u00f7\\u061b\\u061f\\u060c\\u066a\\u06d4\\u201e\\u2020-\\u2022\\u2030\\u2080-\\u2089\\u2100-\\u214f\\u2190-\\u22ff\\u2300-\\u23ff\\u2460-\\u2473\\u2500-\\u27bf\\u3001\\u3002\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65]",
  ),
];

/** A single letter before a sentence is a word ("plan B. The"); a longer acronym keeps its period and gives one more. */
function endingAcronym(body: string): Token {
  return body.length === 2 ? { text: body.slice(0, 1), length: 1 } : { text: body, length: body.length - 1 };
}

/** The token at `position`, or undefined where no rule matches (the character is skipped). */
export function tokenAt(text: string, position: number): Token | undefined {
  let longest = 0;
  let body = "";
  let winner: Rule | undefined;
  for (const candidate of rules) {
    candidate.pattern.lastIndex = position;
    const match = candidate.pattern.exec(text);
    if (match === null || match[0].length <= longest) continue;
    longest = match[0].length;
    const context = match.groups?.context;
    body = context === undefined ? match[0] : match[0].slice(0, match[0].length - context.length);
    winner = candidate;
  }
  if (winner === undefined) return undefined;
  const token = (winner.emit ?? same)(body);
  return { text: token.text.replaceAll("\u00ad", ""), length: token.length };
}
