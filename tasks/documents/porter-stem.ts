/** Porter's stemmer with NLTK's own additions (`PorterStemmer()`, mode NLTK_EXTENSIONS), which METEOR there uses. */

type Condition = (stem: string) => boolean;
type Rule = readonly [suffix: string, replacement: string, condition?: Condition];

const irregular = new Map(
  Object.entries({
    ...{ sky: "sky", skies: "sky", dying: "die", lying: "lie", tying: "tie", news: "news", howe: "howe" },
    ...{ innings: "inning", inning: "inning", outings: "outing", outing: "outing" },
    ...{ cannings: "canning", canning: "canning", proceed: "proceed", exceed: "exceed", succeed: "succeed" },
  }),
);

/** V for a vowel, C for a consonant. A "y" is what the letter before it is not. */
function sounds(word: string): string {
  let shape = "";
  for (let i = 0; i < word.length; i++) {
    const letter = word.charAt(i);
    const vowel = "aeiou".includes(letter) || (letter === "y" && i > 0 && shape[i - 1] === "C");
    shape += vowel ? "V" : "C";
  }
  return shape;
}

/** How often a vowel is followed by a consonant. */
const measure = (stem: string): number => sounds(stem).match(/VC/g)?.length ?? 0;
const hasVowel: Condition = (stem) => sounds(stem).includes("V");
const positive: Condition = (stem) => measure(stem) > 0;
const long: Condition = (stem) => measure(stem) > 1;
const endsDoubled: Condition = (word) => word.length >= 2 && word.at(-1) === word.at(-2) && sounds(word).endsWith("C");
const endsShort: Condition = (word) => {
  const shape = sounds(word);
  return shape === "VC" || (shape.endsWith("CVC") && !"wxy".includes(word.charAt(word.length - 1)));
};

/** The first rule whose suffix fits decides, whether its condition holds or not. */
function apply(word: string, rules: readonly Rule[]): string {
  for (const [suffix, replacement, condition] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return condition === undefined || condition(stem) ? stem + replacement : word;
  }
  return word;
}

const rules = (condition: Condition, pairs: string): readonly Rule[] =>
  pairs.split(" ").map((pair) => {
    const [suffix = "", replacement = ""] = pair.split(":");
    return [suffix, replacement, condition];
  });

const plural: readonly Rule[] = [
  ["sses", "ss"],
  ["ies", "i"],
  ["ss", "ss"],
  ["s", ""],
];
const derived = rules(
  positive,
  "ational:ate tional:tion enci:ence anci:ance izer:ize bli:ble alli:al entli:ent eli:e ousli:ous ization:ize ation:ate ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al iviti:ive biliti:ble fulli:ful",
);
const adjectives = rules(positive, "icate:ic ative: alize:al iciti:ic ical:ic ful: ness:");
const endings: readonly Rule[] = [
  ...rules(long, "al: ance: ence: er: ic: able: ible: ant: ement: ment: ent:"),
  ["ion", "", (stem) => long(stem) && /[st]$/.test(stem)],
  ...rules(long, "ou: ism: ate: iti: ous: ive: ize:"),
];

function withoutPlural(word: string): string {
  return word.length === 4 && word.endsWith("ies") ? word.slice(0, -1) : apply(word, plural);
}

function withoutPast(word: string): string {
  if (word.endsWith("ied")) return word.length === 4 ? word.slice(0, -1) : word.slice(0, -2);
  if (word.endsWith("eed")) return positive(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const stem = ["ed", "ing"]
    .filter((suffix) => word.endsWith(suffix))
    .map((suffix) => word.slice(0, -suffix.length))
    .find(hasVowel);
  if (stem === undefined) return word;
  if (/(at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsDoubled(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

const yToI: readonly Rule[] = [["y", "i", (stem) => stem.length > 1 && sounds(stem).endsWith("C")]];

function withoutDerivation(word: string): string {
  if (word.endsWith("alli") && positive(word.slice(0, -4))) return withoutDerivation(word.slice(0, -2));
  return apply(word, [...derived, ["logi", "log", () => positive(word.slice(0, -3))]]);
}

function withoutE(word: string): string {
  if (!word.endsWith("e")) return word;
  const stem = word.slice(0, -1);
  return long(stem) || (measure(stem) === 1 && !endsShort(stem)) ? stem : word;
}

export function porterStem(word: string): string {
  const lower = word.toLowerCase();
  const known = irregular.get(lower);
  if (known !== undefined) return known;
  if (lower.length <= 2) return lower;
  const base = apply(withoutPast(withoutPlural(lower)), yToI);
  const stem = withoutE(apply(apply(withoutDerivation(base), adjectives), endings));
  return stem.endsWith("ll") && long(stem.slice(0, -1)) ? stem.slice(0, -1) : stem;
}
