/** OlympiadBench's words: its authors' (VLMEvalKit's too, of a problem with a unit) and lmms-eval's. */

export interface Problem {
  readonly question: string;
  readonly context?: string | null;
  readonly subfield: string;
  readonly answer_type?: string | null;
  readonly is_multiple_answer?: boolean | null;
  readonly unit?: string | null;
}

const CALCULATE =
  "Please calculate the answer according to the given requirements and the information provided. Please use LaTeX format to represent the variables and formulas used in the solution process and results. Please end your solution with ";

const KINDS = {
  Numerical: "a numerical value",
  Expression: "an expression",
  Equation: "an equation",
  Interval: "an interval",
};

const kindOf = (type: string): string => Object.entries(KINDS).find(([name]) => type.includes(name))?.[1] ?? "";

function kindsOfAnswers(type: string, multiple: boolean): string {
  if (type === "" || type.includes("Need_human_evaluate") || type.includes("Tuple")) return "";
  if (!multiple) return `The answer of The problem should be ${kindOf(type)}. `;
  const kinds = type.split(",").map(kindOf);
  if (new Set(kinds).size === 1) return `The problem has multiple answers, each of them should be ${kinds[0]}. `;
  return `The problem has multiple answers, with the answers in order being ${kinds.join(", ")}. `;
}

export function officialWords(problem: Problem, isPhysics: boolean): string {
  const { question, context, answer_type: type, is_multiple_answer: multiple, unit } = problem;
  const box = multiple ? "\\boxed{multiple answers connected with commas}" : "\\boxed{answer}";
  const end = unit
    ? `"So the final answer is ${box}(unit)." and give the result explicitly, note that the unit of the answer should not be included in \\boxed{}.`
    : `"So the final answer is ${box}." and give the result explicitly.`;
  const asked = isPhysics && context ? `${context}\n${question}` : question;
  const field = isPhysics ? "Physics" : "Math";
  return `The following is an open-ended problem from an International ${field} competition. ${kindsOfAnswers(type ?? "", multiple ?? false)}${CALCULATE}${end}\n${asked}`;
}

/** Without what the problem states before its question, and without the unit. */
export function lmmsWords({ question, subfield, answer_type: type, is_multiple_answer: multiple }: Problem): string {
  const kind = type === "Need_human_evaluate" ? "proof based" : type;
  const answers = multiple
    ? `The question has multiple answers, each of them should be ${kind}.`
    : `The answer of the question should be ${kind}.`;
  const end = multiple
    ? "So the final answer is \\boxed{multiple answers connected with commas}."
    : '"So the final answer is \\boxed{answer}."';
  return `The following is a question from an International ${subfield} competition.\n${question}\n${answers}\n${CALCULATE}${end}\n`;
}
