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

const CHINESE_KINDS = { Numerical: "数值", Expression: "表达式", Equation: "方程", Interval: "区间" };
const chineseKindOf = (type: string): string =>
  Object.entries(CHINESE_KINDS).find(([name]) => type.includes(name))?.[1] ?? "";

function chineseKindsOfAnswers(type: string, multiple: boolean): string {
  if (type === "" || type.includes("Need_human_evaluate") || type.includes("Tuple")) return "";
  if (!multiple) return `，答案类型为${chineseKindOf(type)}`;
  const kinds = type.split(",").map(chineseKindOf);
  if (new Set(kinds).size === 1) return `，题目有多个答案，答案类型均为${kinds[0]}`;
  return `，题目有多个答案，答案类型分别为${kinds.join("、")}`;
}

/** The same of a problem in Chinese. */
export function chineseWords(problem: Problem, isPhysics: boolean): string {
  const { question, context, answer_type: type, is_multiple_answer: multiple, unit } = problem;
  const box = multiple ? "\\boxed{用英文逗号连接的多个答案}" : "\\boxed{答案}";
  const end = unit
    ? `"所以最终答案是${box}(单位)。"显式给出结果，注意答案的单位不要放在\\boxed{}中。`
    : `"所以最终答案是${box}。"显式给出结果。`;
  const asked = isPhysics && context ? `${context}\n${question}` : question;
  return `以下是中国${isPhysics ? "物理" : "数学"}竞赛中的解答题${chineseKindsOfAnswers(type ?? "", multiple ?? false)}。请根据题目的要求和所提供的信息计算得出答案。解答过程和结果中使用的变量和公式请使用LaTeX格式表示。请在最后以${end}\n${asked}`;
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
