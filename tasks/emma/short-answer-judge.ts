/** VLMEvalKit's question to its judge about a short answer (`dataset/utils/shortqa.py`, `image_shortqa.py`), word for word, and its reading. */

import { type JudgeQuestion, python, userPrompt } from "llava-eval";

const START =
  '\nYou are an AI assistant tasked with evaluating whether a model\'s response correctly answers a given visual-language question.\n\nYou will be provided with:\n1. The question (text only)\n2. The model\'s response\n3. The ground truth answer\n\nYour task is to determine whether the model\'s response conveys the same meaning as the ground truth. The response is considered **correct** if:\n- It has the same meaning as the ground truth, even if phrased differently.\n- It provides additional relevant details without altering the original meaning.\n\nThe response is considered **wrong** if:\n- It contradicts the ground-truth\n- It misses essential information or include additional incorrect information.\n\nYour evaluation should include the following fields:\n- **Correctness**: Either `"yes"` (if correct) or `"no"` (if incorrect).\n- **Reason**: A brief explanation of your judgment.\n\n';

type Example = readonly [question: string, target: string, reply: string, verdict: "yes" | "no", reason: string];

const NAMES: readonly Example[] = [
  [
    'Please tell me the name of the man in this image, in the format of "[First Name] [Given Name]".',
    "Franklin D. Roosevelt",
    "Franklin Roosevelt",
    "yes",
    "The model response basically align with the ground-truth answer, just omitted the middle name. Thus the response is correct.",
  ],
  [
    'Please tell me the name of the man in this image, in the format of "[First Name] [Given Name]".',
    "Usain Bolt",
    "Bolt",
    "no",
    "The question asks the model to output the ",
  ],
];
const ONE: readonly Example[] = [
  ...NAMES,
  [
    "Where did the text in this image originate from",
    "Ancient Egypt",
    "egypt",
    "yes",
    "The model response basically align with the ground-truth answer (egypt vs. Ancient Egypt). Thus the response is correct. ",
  ],
  [
    "Name this building",
    "St. Peter's Basilica Church",
    "st peters basilica",
    "yes",
    "The model response basically align with the ground-truth answer. Thus the response is correct.",
  ],
  [
    "Extract the text on the umbrella in the image",
    "keter",
    "ketter",
    "no",
    "The question requires the model to exactly extract the text on the umbrella. The model response does not contain the exact text on the umbrella (keter). Thus the response is incorrect. ",
  ],
];
const SEVERAL: readonly Example[] = [
  ...NAMES,
  [
    "Name all countries besides this lake",
    "['Jordan', 'Israel', 'Palestine']",
    "Israel, Jordan",
    "no",
    "The model response does not contain all the countries besides this lake (missing Palestine). Thus the response is incorrect.",
  ],
  [
    "Name this building, as well as the country that the building located in.",
    "['La Tour Eiffel (or Eiffel Tower)', 'France']",
    "Eiffel Tower, France",
    "yes",
    "The model response basically align with the ground-truth answer. Thus the response is correct.",
  ],
  [
    "Name this attraction, as well as the country that this attraction located in. ",
    "['Notre Dame de Paris', 'France']",
    "Notre-Dame Cathedral, France",
    "yes",
    "The model response basically align with the ground-truth answer. Thus the response is correct.",
  ],
  [
    "Who are the top three players in terms of goals scored for these teams' Top Team Scorers?",
    "['Mohamed Salah','Erling Haaland','Alexander Isak']",
    "The top three players in terms of goals scored for these teams' Top Team Scorers are: 1. Mohamed Salah - 19 goals (Liverpool) 2. Erling Haaland - 18 goals (Manchester City) 3. Alexander Isak - 17 goals (Newcastle Utd)",
    "yes",
    "The model response align with the ground-truth answer, and include some additional information including the team and number of goals of the player. Thus the response is correct.",
  ],
];

const ALL_OF_THEM =
  "The provided ground-truth is a list. The answer is correct if the model response contains and only contains all contents in the list (no other answer included)";

const shown = ([question, target, reply, verdict, reason]: Example, i: number): string =>
  `Example ${i + 1}:\n[Begin Question]${question}[End Question]\n[Begin Ground-Truth]${target}[End Ground-Truth]\n[Begin Response]${reply}[End Response]\n[Begin Correctness]${verdict}[End Correctness]\n[Begin Reason]${reason}[End Reason]\n\n`;

/** The members of a target that is a list in Python's writing; there it is run as code. */
function membersOf(target: string): readonly unknown[] {
  const value = target.startsWith("[") && target.endsWith("]") ? python.literal(target) : undefined;
  return Array.isArray(value) ? value : [target];
}

/** In English, as the questions are. */
export function shortAnswerGrading(question: string, target: string, response: string): string {
  const members = membersOf(target);
  const isOne = members.length === 1;
  const requirement = members.length > 1 ? ALL_OF_THEM : "";
  const examples = (isOne ? ONE : SEVERAL).map(shown).join("");
  const wanted = python.str(isOne ? members[0] : members);
  return `${START}${requirement}\n\nHere are some examples:\n${examples}\n\nNow please complete the following task:\n\n[Begin Question]${question}[End Question]\n[Begin Ground-Truth]${wanted}[End Ground-Truth]\n[Begin Response]${response}[End Response]\n`;
}

/** The word alone between its marks: there "not sure" is a no. A reply that says both is none. */
const correctness = /\[Begin Correctness\]([^[]*)\[End Correctness\]/g;

export function shortAnswerVerdict(reply: string): 0 | 1 | undefined {
  const words = [...reply.matchAll(correctness)].map(([, said = ""]) =>
    /^[\s"'`*.]*(yes|no)[\s"'`*.]*$/i.exec(said)?.[1]?.toLowerCase(),
  );
  const [word] = words;
  if (word === undefined || words.some((other) => other !== word)) return undefined;
  return word === "yes" ? 1 : 0;
}

export function shortAnswerToJudge(question: string, target: string, response: string): JudgeQuestion {
  return {
    prompt: userPrompt(shortAnswerGrading(question, target, response)),
    options: { temperature: 0 },
    parse: shortAnswerVerdict,
  };
}
