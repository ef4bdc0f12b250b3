import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { captionOf, ptbLines, tokenizeCaptions } from "../../src/text/ptb-tokenize.js";

const tokens = (text: string) => ptbLines(text, "next").flat().join(" ");

/**
 * 5,024 lines as `edu.stanford.nlp.process.PTBTokenizer -preserveLines -lowerCase` of stanford-corenlp-3.4.1.jar (in pycocoevalcap 1.2)
 * printed them: every abbreviation of up to five letters, words that begin sentences, apostrophes, mark-up, addresses, single characters
 * of the basic plane, and invented nonsense. The jar was asked, not read.
 */
const corenlp = gunzipSync(readFileSync(new URL("ptb-corenlp.jsonl.gz", import.meta.url)))
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as { text: string; following: string; line: string });

test("every line that CoreNLP 3.4.1 was asked for has its tokens", () => {
  expect(corenlp.length).toBe(5024);
  const differs = corenlp.filter(({ text, following, line }) => {
    const ours = (ptbLines(text, following)[0] ?? []).join(" ").trimEnd();
    return ours !== line;
  });
  expect(differs).toEqual([]);
});

test("contractions and possessives come apart, names with an apostrophe do not", () => {
  expect(tokens("Don't touch the man's hat, they've cannot O'Neill")).toBe(
    "do n't touch the man 's hat , they 've can not o'neill",
  );
});

test("brackets get names in lower case, quotes their direction, currency its sign", () => {
  expect(tokens('(a "b" £5 50%)')).toBe("-lrb- a `` b '' # 5 50 % -rrb-");
});

test("punctuation is dropped from captions and bracket names stay", () => {
  expect(tokenizeCaptions(["A dog (brown) sits... on a mat!", "x"])[0]).toBe("a dog -lrb- brown -rrb- sits on a mat");
});

test("only the last caption is seen at the end of the input", () => {
  expect(tokenizeCaptions(["what they've", "what they've"])).toEqual(["what they 've", "what they ve"]);
});

test("a line break inside a caption is a blank, unless the reference's shift is asked for", () => {
  const captions = ["a red\rcar", "a blue car", "a dog"];
  expect(tokenizeCaptions(captions)).toEqual(["a red car", "a blue car", "a dog"]);
  expect(tokenizeCaptions(captions, { keepLineBreaks: true })).toEqual(["a red", "car", "a blue car"]);
});

test("an abbreviation at the end of a caption sees the next caption", () => {
  expect(tokenizeCaptions(["house No.", "5 dogs", "x"])[0]).toBe("house no.");
  expect(tokenizeCaptions(["house No.", "dogs", "x"])[0]).toBe("house no");
});

test("the short way for plain words gives what the lexer gives", () => {
  const word = fc.constantFrom(
    ...[
      "a",
      "A",
      "dogs",
      "man's",
      "x-ray",
      "No",
      "no",
      "cannot",
      "gonna",
      "etc",
      "Inc",
      "St",
      "don't",
      "it's",
      "boys'",
    ],
    ...["Jan", "I", "U", "they'll", "anti-war", "o'clock", "e", "Mr", "vs", "pp", "Ms"],
    ...["Co", "op", "art", "Pte", "Q", "dunkin'", "ol'", "Va", "cont'd"],
  );
  const ending = fc.constantFrom("", ".", ",", " ", " .", "'", "..");
  const caption = fc
    .tuple(fc.array(fc.tuple(word, fc.constantFrom(" ", " ", ", ", "  ")), { maxLength: 5 }), word, ending)
    .map(([words, last, end]) => words.map(([one, gap]) => one + gap).join("") + last + end);
  fc.assert(
    fc.property(
      caption,
      fc.constantFrom("A dog.", "5 cats", "", "the end", "He left", "Ltd x", "So he", "<b> x", "x"),
      (text, next) => {
        const whole = captionOf(ptbLines(text, `${next}\nlast`).flat());
        expect(tokenizeCaptions([text, next, "last"])[0]).toBe(whole);
      },
    ),
    { numRuns: 2000 },
  );
});

test("any text gives one caption for one caption", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 6 }), (captions) => {
      const tokenized = tokenizeCaptions(captions);
      expect(tokenized.length).toBe(captions.length);
      for (const caption of tokenized) expect(caption).not.toMatch(/[\n\r]/);
    }),
  );
});
