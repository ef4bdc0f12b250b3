/** WordNet 3.0: base forms of words, their synonyms, and Wu and Palmer's similarity of what they mean first. As NLTK computes them. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

/** In the order in which NLTK looks for a word. */
const partsOfSpeech = ["n", "v", "a", "r"] as const;
type PartOfSpeech = (typeof partsOfSpeech)[number];

interface WordNet {
  /** Of each synset the numbers of those above it; synsets stand in the order of their names. */
  readonly above: readonly (readonly number[])[];
  readonly isNoun: readonly boolean[];
  readonly words: ReadonlyMap<string, Readonly<Partial<Record<PartOfSpeech, number>>>>;
  readonly exceptions: Readonly<Record<PartOfSpeech, ReadonlyMap<string, readonly string[]>>>;
  /** Of each word the lists of names that mean one thing, in lower case. */
  readonly synonyms: Readonly<Record<PartOfSpeech, ReadonlyMap<string, readonly (readonly string[])[]>>>;
}

/** Endings and what stands in their place: WordNet's own rules (morphy). */
const endings: Readonly<Record<PartOfSpeech, readonly (readonly [string, string])[]>> = {
  n: [
    ["s", ""],
    ["ses", "s"],
    ["ves", "f"],
    ["xes", "x"],
    ["zes", "z"],
    ["ches", "ch"],
    ["shes", "sh"],
    ["men", "man"],
    ["ies", "y"],
  ],
  v: [
    ["s", ""],
    ["ies", "y"],
    ["es", "e"],
    ["es", ""],
    ["ed", "e"],
    ["ed", ""],
    ["ing", "e"],
    ["ing", ""],
  ],
  a: [
    ["er", ""],
    ["est", ""],
    ["er", "e"],
    ["est", "e"],
  ],
  r: [],
};

let loaded: WordNet | undefined;

/** Two megabytes of text: read when the first word is looked up. */
function loadedWordNet(): WordNet {
  loaded ??= parse(gunzipSync(readFileSync(dataFile(dirname(fileURLToPath(import.meta.url))))).toString());
  return loaded;
}

/** Of the package that this file belongs to, built or not. */
function dataFile(folder: string): string {
  const path = join(folder, "configs", "wordnet", "wordnet-3.0.txt.gz");
  if (existsSync(path)) return path;
  if (dirname(folder) === folder) throw new Error("the package's own configs/wordnet is missing");
  return dataFile(dirname(folder));
}

function parse(text: string): WordNet {
  const above: number[][] = [];
  const isNoun: boolean[] = [];
  const words = new Map<string, Partial<Record<PartOfSpeech, number>>>();
  const forEach = <T>() =>
    ({ n: new Map(), v: new Map(), a: new Map(), r: new Map() }) as Record<PartOfSpeech, Map<string, T>>;
  const exceptions = forEach<string[]>();
  const synonyms = forEach<string[][]>();
  const add: Readonly<Record<string, (line: string) => void>> = {
    synsets: (line) => {
      isNoun.push(!line.endsWith("!"));
      above.push(line.replace("!", "").split(" ").filter(Boolean).map(Number));
    },
    words: (line) => {
      const [word = "", ...senses] = line.split(" ");
      words.set(word, Object.fromEntries(senses.map((sense) => [sense[0], Number(sense.slice(1))])));
    },
    ...Object.fromEntries(
      partsOfSpeech.map((part) => [
        `synonyms ${part}`,
        (line: string) => {
          const names = line.split(" ").filter((name) => !name.startsWith("^"));
          for (const name of line.split(" ")) {
            const word = name.replace("^", "");
            synonyms[part].set(word, [...(synonyms[part].get(word) ?? []), names]);
          }
        },
      ]),
    ),
    ...Object.fromEntries(
      partsOfSpeech.map((part) => [
        `exceptions ${part}`,
        (line: string) => {
          const [form = "", ...bases] = line.split(" ");
          exceptions[part].set(form, bases);
        },
      ]),
    ),
  };
  let part = "";
  for (const line of text.slice(0, -1).split("\n")) {
    if (part !== "synsets" && line in add) part = line;
    else if (part === "synsets" && line === "words") part = line;
    else add[part]?.(line);
  }
  return { above, isNoun, words, exceptions, synonyms };
}

/** The base forms of a word as a part of speech, the first being the one meant. */
function baseForms(word: string, part: PartOfSpeech): readonly string[] {
  const { words, exceptions } = loadedWordNet();
  const known = (forms: readonly string[]) => [
    ...new Set(forms.filter((form) => words.get(form)?.[part] !== undefined)),
  ];
  const irregular = exceptions[part].get(word);
  if (irregular) return known([word, ...irregular]);
  const shortened = (forms: readonly string[]) =>
    forms.flatMap((form) =>
      endings[part].filter(([end]) => form.endsWith(end)).map(([end, instead]) => form.slice(0, -end.length) + instead),
    );
  let forms = shortened([word]);
  let found = known([word, ...forms]);
  while (found.length === 0 && forms.length > 0) {
    forms = shortened(forms);
    found = known(forms);
  }
  return found;
}

/** NLTK's `synsets(word)[0]`. */
function firstSynset(word: string): number | undefined {
  const lower = word.toLowerCase();
  for (const part of partsOfSpeech) {
    const [form] = baseForms(lower, part);
    if (form !== undefined) return loadedWordNet().words.get(form)?.[part];
  }
  return undefined;
}

/** Single words in lower case that mean what the word means in any of its senses, it among them. */
function synonyms(word: string): ReadonlySet<string> {
  const lower = word.toLowerCase();
  const lists = partsOfSpeech.flatMap((part) =>
    baseForms(lower, part).flatMap((form) => loadedWordNet().synonyms[part].get(form) ?? []),
  );
  return new Set([word, ...lists.flat()]);
}

/** Above all that is no noun, whose hypernyms end in many tops. */
const root = -1;

/**
 * Wu and Palmer's similarity of the first meanings of two words: twice the depth of what they have in common, by the way through it.
 * Undefined where one has no meaning here, or they have nothing in common.
 */
function wuPalmer(a: string, b: string): number | undefined {
  const [first, second] = [firstSynset(a), firstSynset(b)];
  if (first === undefined || second === undefined) return undefined;
  const { isNoun } = loadedWordNet();
  const rooted = !(isNoun[first] && isNoun[second]);
  const [ways, otherWays] = [distances(first, rooted), distances(second, rooted)];
  const common = [...ways.keys()].filter((synset) => otherWays.has(synset));
  const deepest = Math.max(...common.map((synset) => depth(synset, Math.min)));
  const lowest = common.filter((synset) => depth(synset, Math.min) === deepest);
  if (lowest.length === 0) return undefined;
  // "*ROOT*" comes before every name.
  const shared = lowest.includes(first) ? first : Math.min(...lowest);
  const shownDepth = depth(shared, Math.max) + 1;
  const lengthFrom = (own: ReadonlyMap<number, number>) => shortest(own, distances(shared, rooted)) + shownDepth;
  return (2 * shownDepth) / (lengthFrom(ways) + lengthFrom(otherWays));
}

/** Steps to each synset above, itself at 0; the root stands one above the farthest. */
function distances(synset: number, rooted: boolean): ReadonlyMap<number, number> {
  if (synset === root) return new Map([[root, 0]]);
  const found = new Map<number, number>();
  let level = [synset];
  for (let steps = 0; level.length > 0; steps++) {
    const fresh = level.filter((one) => !found.has(one));
    for (const one of fresh) found.set(one, steps);
    level = fresh.flatMap((one) => loadedWordNet().above[one] ?? []);
  }
  if (rooted) found.set(root, Math.max(...found.values()) + 1);
  return found;
}

function shortest(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  return Math.min(...[...a].map(([synset, steps]) => steps + (b.get(synset) ?? Number.POSITIVE_INFINITY)));
}

/** Steps to a top, by the longest way or the shortest. */
function depth(synset: number, choose: (...ways: number[]) => number): number {
  const above = synset === root ? [] : (loadedWordNet().above[synset] ?? []);
  return above.length === 0 ? 0 : 1 + choose(...above.map((one) => depth(one, choose)));
}

export const wordNet = { baseForms, synonyms, wuPalmer } as const;
