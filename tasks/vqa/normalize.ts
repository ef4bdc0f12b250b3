/**
 * Answer normalisation of the VQA benchmarks: the script of Antol et al. 2015 (GT-Vision-Lab/VQA, vqaEval.py) and its
 * descendant "EvalAIAnswerProcessor" (Pythia/MMF, then LLaVA and lmms-eval). Every step keeps the original's oddities,
 * because published numbers depend on them; the comments say which they are.
 */

import { lower, removePunctuation, splitWords, strip } from "llava-eval";

// Written as "key value" pairs. `somebody'd` is reversed in the original; keys with capitals can never match a
// lower-cased word. Both are kept.
const contractionPairs = `
  aint ain't, arent aren't, cant can't, couldve could've, couldnt couldn't, couldn'tve couldn't've,
  couldnt've couldn't've, didnt didn't, doesnt doesn't, dont don't, hadnt hadn't, hadnt've hadn't've,
  hadn'tve hadn't've, hasnt hasn't, havent haven't, hed he'd, hed've he'd've, he'dve he'd've, hes he's,
  howd how'd, howll how'll, hows how's, Id've I'd've, I'dve I'd've, Im I'm, Ive I've, isnt isn't, itd it'd,
  itd've it'd've, it'dve it'd've, itll it'll, let's let's, maam ma'am, mightnt mightn't, mightnt've mightn't've,
  mightn'tve mightn't've, mightve might've, mustnt mustn't, mustve must've, neednt needn't, notve not've,
  oclock o'clock, oughtnt oughtn't, ow's'at 'ow's'at, 'ows'at 'ow's'at, 'ow'sat 'ow's'at, shant shan't,
  shed've she'd've, she'dve she'd've, she's she's, shouldve should've, shouldnt shouldn't,
  shouldnt've shouldn't've, shouldn'tve shouldn't've, somebody'd somebodyd, somebodyd've somebody'd've,
  somebody'dve somebody'd've, somebodyll somebody'll, somebodys somebody's, someoned someone'd,
  someoned've someone'd've, someone'dve someone'd've, someonell someone'll, someones someone's,
  somethingd something'd, somethingd've something'd've, something'dve something'd've, somethingll something'll,
  thats that's, thered there'd, thered've there'd've, there'dve there'd've, therere there're, theres there's,
  theyd they'd, theyd've they'd've, they'dve they'd've, theyll they'll, theyre they're, theyve they've,
  twas 'twas, wasnt wasn't, wed've we'd've, we'dve we'd've, weve we've, werent weren't, whatll what'll,
  whatre what're, whats what's, whatve what've, whens when's, whered where'd, wheres where's, whereve where've,
  whod who'd, whod've who'd've, who'dve who'd've, wholl who'll, whos who's, whove who've, whyll why'll,
  whyre why're, whys why's, wont won't, wouldve would've, wouldnt wouldn't, wouldnt've wouldn't've,
  wouldn'tve wouldn't've, yall y'all, yall'll y'all'll, y'allll y'all'll, yall'd've y'all'd've,
  y'alld've y'all'd've, y'all'dve y'all'd've, youd you'd, youd've you'd've, you'dve you'd've, youll you'll,
  youre you're, youve you've
`;
const contractions = new Map(contractionPairs.split(",").map((pair) => pair.trim().split(" ") as [string, string]));

const numberWords = new Map([
  ["none", "0"],
  ...["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"].map(
    (word, value): [string, string] => [word, String(value)],
  ),
] as [string, string][]);

const articles = new Set(["a", "an", "the"]);

/** Lower-cases, turns number words into digits, drops articles, restores apostrophes. */
export function processDigitArticle(text: string): string {
  const words: string[] = [];
  for (const word of splitWords(lower(text))) {
    const digit = numberWords.get(word) ?? word;
    if (!articles.has(digit)) words.push(contractions.get(digit) ?? digit);
  }
  return words.join(" ");
}

/** Lower-cases, deletes `,` and `?`, sets `'s` apart. First step of the EvalAI processor only. */
export function wordTokenize(text: string): string {
  return strip(lower(text).replace(/[,?]/g, "").replaceAll("'s", " 's"));
}

/** Newlines and tabs to blanks, then strip. */
export function flattenSpace(text: string): string {
  return strip(text.replace(/[\n\t]/g, " "));
}

/** The whole EvalAI processor: TextVQA, OK-VQA, VizWiz. */
export const evalAiNormalize = memoized((text) =>
  processDigitArticle(removePunctuation(flattenSpace(wordTokenize(text)), "EvalAI")),
);

/** What lmms-eval does for VQAv2: no `wordTokenize`. */
export const vqav2Normalize = memoized((text) => processDigitArticle(removePunctuation(flattenSpace(text), "EvalAI")));

/** An answer, or the prediction, as vqaEval.py compares it: when the ten people all say the same, and when they disagree. */
export const vqaOfficialForms = memoized((text) => {
  const flat = flattenSpace(text);
  return { flat, normal: processDigitArticle(removePunctuation(flat, "VQA")) };
});

/** An answer, or the prediction, as VLMEvalKit compares it. */
export const vlmEvalKitNormalize = memoized((text) =>
  processDigitArticle(removePunctuation(flattenSpace(text), "VLMEvalKit")),
);

// Ten people give the same few answers to most questions: 2.3 million answers of VQAv2 val are 0.2 million strings.
// Both bounds keep a run's memory flat, whatever models write.
const memoEntries = 1 << 18;
const memoLength = 64;

function memoized<Normal>(normalize: (text: string) => Normal): (text: string) => Normal {
  const known = new Map<string, Normal>();
  return (text) => {
    const seen = known.get(text);
    if (seen !== undefined) return seen;
    const normal = normalize(text);
    if (text.length <= memoLength) {
      if (known.size >= memoEntries) known.clear();
      known.set(text, normal);
    }
    return normal;
  };
}
