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

/** Letters in any case; written out, because the flag would also take "ſ" for an "s". */
const anyCase = (words: string) =>
  words.replace(/[A-Za-z]/g, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);

// Every abbreviation of up to five letters was asked for, in every mixture of cases; longer ones from word lists.
// A soft hyphen counts as a letter and is removed from what is printed.
const marks =
  "\\u02c2-\\u02c5\\u02d2-\\u02df\\u02e5-\\u02eb\\u02ed\\u02ef-\\u02ff\\u0375\\u0378\\u0379\\u0384\\u0385\\u03f6\\u055a-\\u055f\\u06dd\\u06de\\u06e9\\u06fd\\u06fe\\u070f\\u074b\\u074c\\u0a43-\\u0a46\\u0a49\\u0a4a\\u0a4e\\u0a4f\\u0ac6\\u0aca\\u0ace\\u0acf\\u0c45\\u0c49\\u0c4e-\\u0c54";
const L = `\\p{L}\\p{Mn}\\p{Mc}\\u00ad${marks}`;
const N = "\\p{Nd}";
const apostrophe = "['\u2019\u0092]";
const space = "[ \\t\\u00a0\\u2000-\\u200a\\u3000]";
const lineEnd = "[\\n\\r\\u2028\\u2029\\v\\f]";
const spaceOrLine = `(?:${space}|${lineEnd}|\\u0085)`;

const anyApostrophe = "['`\u2018\u2019\u201b\u0091\u0092]";
const anyCaseAuxiliary = `${apostrophe}(?:[MmSsDd]|[Rr][Ee]|[Vv][Ee]|[Ll][Ll])`;
const prefix = `(?:[dDoOlL]${anyApostrophe}[\\p{L}${N}])?`;
const part = `${prefix}[\\p{L}${N}]+`;
const thing = `${part}(?:[-_\\u058a\\u2010\\u2011]${part})*`;
const word = `[${L}][${L}${N}]*(?:[.!?][${L}][${L}${N}]*)*`;
const acronym = "[A-Za-z](?:\\.[A-Za-z])*\\.";
const letters = "[A-Za-z](?:\\.[A-Za-z])+\\."; // more than one
const number = `[${N}]*(?:[.,:\\u00ad\\u066b\\u066c][${N}]+)+|[${N}]+`;

const tagName = "[A-Za-z][A-Za-z0-9_:.-]*";
const attribute = `${tagName}(?: *= *(?:"[^"\\n\\r]*"|'[^'\\n\\r]*'))?`;
const tag = `<${tagName}(?: +${attribute})* */?>|</${tagName} *>|<[!?][A-Za-z-][^>\\n\\r]*>`;

// Abbreviations that can end a sentence: before a capital, and at the very end, their period counts twice.
const ending = [
  anyCase(
    "Jr|Sr|Bros|Esq|Rd|Rt|Blvd|Bldg|Ct|Sq|Inc|Co|Cos|Corp|Ltd|Plc|Bhd|Bancorp|Ph\\.D|Ed\\.D|etc|est|ext|al|seq|sys|tel",
  ),
  anyCase("Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mon|Tue|Tues|Wed|Thu|Thurs|Fri|Assn|Intl|Univ"),
  anyCase(
    "Ala|Ariz|Calif|Colo|Conn|Dak|Fla|Ga|Ind|Kans?|Ky|Md|Mich|Minn|Mo|Mont|Neb|Nev|Okla|Penn|Tenn|Va|Vt|Wisc?|Wyo",
  ),
  // Otherwise these are words.
  "A[Rr][Kk]|A[Zz]|D[Ee][Ll]|I[Ll][Ll]|L[Aa]|M[Aa][Ss][Ss]|M[Ii][Ss][Ss]|O[Rr][Ee]|P[Aa]|T[Ee][Xx]|W[Aa][Ss][Hh]",
  "[Pp]?[Pp][Tt][ey][Ss]?",
].join("|");
// Abbreviations that never do: titles, places, addresses.
const titled = [
  anyCase(
    "Mr|Mrs|Ms|Mme|Mlle|Messrs|Dr|Drs|Profs?|Rev|Hon|Gen|Sens?|Reps?|Govs?|Attys?|Lt|Lieut|Adm|Adj|Adv|Col|Cpl|Maj|Brig",
  ),
  anyCase(
    "Capt|Cmdr|Comdr|Ens|Sgt|Pfc|Pvt|Sfc|Spc|Msgr|St|Ste|Mt|Ft|Ave|Pres|Insp|Supts?|Assoc|Asst|Dept|Det|Elec|Invt|Natl",
  ),
  anyCase("Ph|Treas|vs|Alex|Wm|Jos|Cie|cf|cont'd"),
  "[Mm][ft][Gg]",
].join("|");
// Only before a number.
const numbered = anyCase("nos?|pp?|figs?|art|ca|op|prop");
// "Co. Ltd." is one name.
const company = `${anyCase("Co")}|[Pp][Tt][ey]`;

// Words after which an acronym's period also ends a sentence; their first letter is a capital.
const starters = [
  "A|About|According|Additionally|After|An|As|At|But|Earlier|He|Her|Here|However|If|In|It|Last|Many|More|Mr\\.|Ms\\.|Now|Once|One",
  "Other|Our|She|Since|So|Some|Such|That|The|Their|Then|There|These|They|This|We|What|When|While|Yet|You",
]
  .join("|")
  .replace(/(?<=[A-Za-z])[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);

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
  "‛": "`",
  "\u0091": "`",
  "\u0092": "'",
  "\u0093": "``",
  "\u0094": "''",
  "\u0096": "--",
  "\u0097": "--",
  "\u0080": "$",
  "₠": "$",
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
const withoutSoftHyphens = (body: string) => ({ text: body.replaceAll("\u00ad", ""), length: body.length });
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

function rule(source: string, emit?: (body: string) => Token, context = ""): Rule {
  const pattern = new RegExp(context === "" ? source : `(?:${source})(?<context>${context})`, "uy");
  return emit === undefined ? { pattern } : { pattern, emit };
}

const outside = ' \\t\\n\\f\\r"<>|';
const lastOfPath = `${outside}.!?(){},\\-`;
const path = `[^${outside}()]+[^${lastOfPath}]`;
const notMail = `${outside}(){}\\u00a0`;
const notHost = `${outside}A-Z0-9.!?(){},\\-_$:;=\\[\\]\\\\/^'\`@`;
const host = `[^${notHost}]{1,80}(?:\\.[^${notHost}]{1,80}){0,7}`;
const fileTypes = anyCase(
  "bat|bmp|c|class|cgi|cpp|dll|docx?|exe|gif|gz|h|html?|jar|java|jpe?g|mov|mp3|pdf|php|pl|png|ppt|ps|py|sql|tar|txt|wav|x|xml|zip",
);

// Made when the first caption comes: V8 reads every one of them when it is made, 2 % of a start.
let rules: readonly Rule[] | undefined;
const makeRules = (): readonly Rule[] => [
  // Words that are two.
  rule(anyCase("cannot"), first(3), `(?![${L}${N}])`),
  rule(anyCase("gonna|gotta|lemme|gimme|wanna"), first(3)),
  rule(anyCase("'t(?:is|was)"), first(2)),
  rule("[Mm][Oo][Rr][Ee]'n", first(4)),

  rule(anyCase("-(?:LRB|RRB|LCB|RCB|LSB|RSB)-"), undefined),
  rule(anyCase("anti-"), undefined),

  // Mark-up, entities, addresses.
  rule(tag, joined),
  rule(anyCase("&nbsp;"), as("")),
  rule(anyCase("&amp;"), as("&")),
  rule(anyCase("&lt;"), as("<")),
  rule(anyCase("&gt;"), as(">")),
  rule(anyCase("&(?:mdash|ndash);|&#(?:8211|8212);"), as("--")),
  rule("&#[0-9]+;"),
  rule(anyCase("&quot;"), as("``"), "[A-Za-z0-9$]"),
  rule(anyCase("&quot;"), as("''")),
  rule(anyCase("&apos;"), as("'")),
  rule(`[Hh][Tt][Tt][Pp][Ss]?://[^${outside}(){}]+[^${lastOfPath}]`),
  rule(`www\\.(?![!?])(?:[^${outside}.(){},]{1,80}\\.){1,8}[a-zA-Z]{2,4}(?:/${path})?`),
  rule(`${host}\\.(?:com|net|org|edu)(?:/${path})?`),
  rule(`<?[a-zA-Z0-9][^${notMail}]{0,80}@(?:[^${notMail}.]{1,80}\\.){0,8}[^${notMail}.]{1,80}>?`),
  rule(`@[A-Za-z_][A-Za-z_0-9]*|#[${L}]+`),

  // Words.
  rule("\\u00ad+", as("-")),
  rule(word, withoutSoftHyphens),
  rule("[A-Za-z\\u00ad]+", withoutSoftHyphens, `[nN]${apostrophe}[tT]`),
  rule(`[${L}][${L}${N}]*`, withoutSoftHyphens, anyCaseAuxiliary),
  rule(`\\p{L}+[aeiouyAEIOUY]${anyApostrophe}[aeiouA-Z]\\p{L}*`),
  rule(`[A-HJ-XZn]${anyApostrophe}\\p{L}{2,}`),
  rule(`(?:${word}|${thing})\\.`, withoutSoftHyphens, "[,;:]"),
  rule(anyCaseAuxiliary, plainApostrophe, "[^A-Za-z]"),
  rule(`[Nn]${apostrophe}[Tt]`, plainApostrophe),
  rule(`[yY]${apostrophe}`, undefined, `[${L}]`),
  rule(`(?:${anyCase("d|j|l|ol|dunkin|somethin")})${apostrophe}`),
  rule(`${apostrophe}[Nn]${apostrophe}?`),
  rule(`${apostrophe}(?:${anyCase("em|till?|cause")})|[Nn][Ee]${apostrophe}[Ee][Rr]|[Oo]${anyApostrophe}[Oo]`),
  rule(
    `${anyCase("cap")}${apostrophe}[Nn]|[Cc]${apostrophe}${anyCase("est")}|${anyCase("c'mon|e'er|ev'ry|s'mores|nat'l")}`,
  ),
  rule(`${apostrophe}[2-9]0[sS]`),
  rule(`${apostrophe}[0-9]{2}`, undefined, spaceOrLine),
  rule(thing),
  rule("[A-Z]+(?:[&+][A-Z]+)+"),
  rule("[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:\\\\?/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}"),

  // Abbreviations.
  rule(`(?:${company})\\.`, undefined, `${spaceOrLine}(?:Ltd|Lim)`),
  rule(`(?:${ending})\\.`, givingBack(1), `${spaceOrLine}(?:${spaceOrLine}|\\p{Lu}|${tag})`),
  rule(`(?:${ending})\\.`, undefined, "[^][^]"),
  rule(`(?:${ending})\\.`, givingBack(1)),
  rule(`(?:${titled})\\.`),
  rule(`(?:${numbered})\\.`, undefined, `${spaceOrLine}?${N}`),
  rule(acronym, endingAcronym, `${spaceOrLine}+(?:(?:${starters})${spaceOrLine}|${tag})`),
  rule(acronym),
  rule(`[${L}${N}]+(?:\\.[${L}${N}]+)*\\.(?:${fileTypes})`, undefined, `${spaceOrLine}|[.,!?]`),

  // Words with hyphens.
  rule(`[A-Za-z0-9][A-Za-z0-9.,\\u00ad]{0,200}(?:-(?:${letters}|[A-Za-z0-9\\u00ad]+))+`, withoutSoftHyphens),
  rule("[Cc]\\+\\+|[CcFf]#"),

  // Numbers.
  rule(`[-+]?(?:${number})`, withoutSoftHyphens),
  rule("[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4}"),
  rule("[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"),
  rule(`(?:[${N}]{1,4}[- \\u00a0])?[${N}]{1,4}(?:\\\\?/|\\u2044)[${N}]{1,4}`, joined),
  rule(
    "(?:\\([0-9]{2,3}\\)[ \\u00a0]?|(?:\\+\\+?)?(?:[0-9]{2,4}[- \\u00a0])?[0-9]{2,4}[- \\u00a0])[0-9]{3,4}[- \\u00a0]?[0-9]{3,5}|(?:(?:\\+\\+?)?[0-9]{2,4}\\.)?[0-9]{2,4}\\.[0-9]{3,4}\\.[0-9]{3,5}",
    phone,
  ),
  rule("[A-Z]*\\$|#"),
  rule("[½¼¾⅓⅔¢£€¤₠\\u0080]", (body) => ({ text: printedAs[body] as string, length: 1 })),

  // Faces.
  rule("[<>]?[:;=][-o*']?[()DPdpO\\\\{@|\\[\\]]", parenthesised, "[^A-Za-z0-9]"),
  rule("[-\\^x=~<>']_[-\\^x=~<>']|\\([-\\^x=~<>'][_.]?[-\\^x=~<>']\\)|\\([\\^x=~<>']-[\\^x=~<>'`]\\)", parenthesised),

  // Quotes.
  rule('"', as("``"), "[A-Za-z0-9$]"),
  rule('"', as("''")),
  rule("``|''"),
  rule("'", as("`"), "[A-Za-z][^ \\t\\n\\r\\u00a0]"),
  rule(anyCaseAuxiliary, plainApostrophe),
  rule("['`]"),
  rule("[`“”«»‘’‹›‚„‛‟\\u0091-\\u0094]{1,2}", (body) => ({
    text: [...body].map((mark) => printedAs[mark] ?? mark).join(""),
    length: body.length,
  })),

  // Marks.
  rule("[()\\[\\]{}]", (body) => ({ text: brackets[body] as string, length: 1 })),
  rule("\\.{3,5}|\\.(?: \\.){2,4}", as("...")),
  rule("[…\\u0085]", as("...")),
  rule("-{2,4}|[–—―\\u0096\\u0097]", as("--")),
  rule("[²³¹⁰⁴-⁹]+|[₀-₉]+"),
  rule("-{5,}"),
  rule("[?!]+"),
  rule("\\\\\\*|#{2,}|\\*{2,}|_+|<<|>>|@{2,}"),
  rule(
    "[.,;:\\-/@<>=*~^|\\\\%&+\\u00a1\\u00a5-\\u00a9\\u00ac\\u00ae-\\u00b1\\u00b4-\\u00b8\\u00bf\\u00d7\\u00f7\\u037e\\u0387\\u0589\\u05be\\u05c0\\u05c3\\u05c6\\u05f3\\u05f4\\u0600-\\u0603\\u0606-\\u060c\\u061b\\u061e\\u061f\\u066a\\u066d\\u06d4\\u0700-\\u070d\\u07f6-\\u07f8\\u0964\\u0965\\u0e3f\\u0e4f\\u1fbd\\u2016\\u2017\\u2020-\\u2023\\u2030-\\u2038\\u203b\\u203e-\\u2042\\u2044\\u207a-\\u207e\\u208a-\\u208e\\u20a4\\u2100-\\u214f\\u2155-\\u215e\\u2190-\\u27bf\\u27c0-\\u2bff\\u3001\\u3002\\u3012\\u30fb\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65\\uffe0\\uffe1\\uffe5\\uffe6]",
  ),
];

/** A single letter before a sentence is a word ("plan B. The"); a longer acronym keeps its period and gives one more. */
function endingAcronym(body: string): Token {
  return body.length === 2 ? { text: body.slice(0, 1), length: 1 } : { text: body, length: body.length - 1 };
}

/**
 * The token at `position`, or undefined where no rule matches (the character is skipped).
 * @param printed the text to print from, of the same length
 */
export function tokenAt(text: string, position: number, printed = text): Token | undefined {
  let longest = 0;
  let body = "";
  let winner: Rule | undefined;
  rules ??= makeRules();
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
  return (winner.emit ?? same)(printed.slice(position, position + body.length));
}
