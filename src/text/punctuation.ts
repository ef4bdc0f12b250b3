/**
 * What is left of a text without its punctuation.
 *
 * The punctuation step of the VQA script (Antol et al. 2015; GT-Vision-Lab/VQA, vqaEval.py), which other benchmarks took over with its oddities.
 */

const marks = [...';/[]"{}()=+\\_-><@`,?!'];
const anyMark = /[;/[\]"{}()=+\\_\-><@`,?!.]/;

/** A comma in a number: then every mark is deleted. */
const commas = { VQA: /\p{Nd},\p{Nd}/u, VLMEvalKit: /\p{Nd},\p{Nd}/u, EvalAI: /(?<=\p{Nd}),+(?=\p{Nd})/u };

// The scripts pass re.UNICODE (= 32) as the substitution count, so at most 32 periods are removed; and the look-behind
// is mistyped and never excludes anything. Source: vqaEval.py, `periodStrip`.
const period = /\.(?!\p{Nd})/gu;
/** VLMEvalKit mends the look-behind. */
const loosePeriod = /(?<!\p{Nd})\.(?!\p{Nd})/gu;
const periodsRemoved = 32;

function removePeriods(text: string, rule: keyof typeof commas): string {
  let left = periodsRemoved;
  return text.replace(rule === "VLMEvalKit" ? loosePeriod : period, (match) => (left-- > 0 ? "" : match));
}

const ascii = /[!-/:-@[-`{-~]/g;

/** Removes the 32 ASCII punctuation characters and nothing else; by the scripts' rules, some become blanks where no blank stands beside them. */
export function removePunctuation(text: string, rule?: keyof typeof commas): string {
  if (rule === undefined) return text.replace(ascii, "");
  if (!anyMark.test(text)) return text;
  const commaInNumber = text.includes(",") && commas[rule].test(text);
  let out = text;
  for (const mark of marks) {
    // The tests look at the original text, not at what is left of it.
    if (!text.includes(mark)) continue;
    const remove = commaInNumber || text.includes(`${mark} `) || text.includes(` ${mark}`);
    out = out.replaceAll(mark, remove ? "" : " ");
  }
  return removePeriods(out, rule);
}
