import { defineTask, Image, mean, Nullable, rowDigest, type Static, strip, Type, userPrompt } from "llava-eval";
import { DIRECT } from "./prompt.js";
import { chartScore, withoutOuterStops } from "./score.js";

const row = Type.Object({
  image: Image(),
  Question: Type.Array(Type.String()), // of a conversation all; the last is asked
  Answer: Type.Array(Type.String()),
  "Question Type": Type.String(), // Factoid, Conversational, Fact Checking, Multi Choice, Hypothetical
  Year: Type.Optional(Nullable(Type.Array(Type.String()))), // YES where an answer is a year
  Paragraph: Type.Optional(Nullable(Type.String())),
});
type Row = Static<typeof row>;

const last = (items: readonly string[]): string => items.at(-1) ?? "";
const isConversation = (row: Row): boolean => row["Question Type"] === "Conversational" && row.Question.length > 1;

function lmmsWords(row: Row): string {
  const paragraph = strip(row.Paragraph ?? "");
  const context = paragraph === "" ? "" : `Context: ${paragraph}\n\n`;
  const turns = row.Question.map((question, i) => {
    const answer = row.Answer[i];
    const asked = `Q${i + 1}: ${strip(question)}`;
    return i + 1 < row.Question.length && answer !== undefined ? `${asked}\nA${i + 1}: ${strip(answer)}` : asked;
  });
  const asked = isConversation(row) ? turns.join("\n") : strip(last(row.Question));
  return `${context}${asked}\nAnswer the question with a short phrase.`;
}

/** As Python prints a list of texts. */
const printed = (items: readonly string[]): string =>
  `[${items.map((item) => (item.includes("'") && !item.includes('"') ? `"${item}"` : `'${item.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`)).join(", ")}]`;

function authorsWords(row: Row): string {
  const earlier = row.Question.slice(0, -1).flatMap((question, i) => [question, row.Answer[i] ?? ""]);
  const before = row["Question Type"] === "Conversational" ? `Conversation: ${printed(earlier)} ` : "";
  return `${DIRECT[row["Question Type"]] ?? ""}${before}Question: ${last(row.Question)}\n            `;
}

const likeness = "options and facts count by likeness: the exact match that is meant is never passed on";

export default defineTask<Row>({
  name: "chartqapro",
  version: 2,
  about: "Charts of many kinds with questions of five, unanswerable ones among them (Masry et al. 2025).",
  cite: "https://arxiv.org/abs/2504.05506; official scoring follows vis-nlp/ChartQAPro evaluate_predictions.py, with which VLMEvalKit agrees; lmms-eval chartqapro/utils.py wants equal texts in Fact Checking and Multi Choice",
  splits: {
    test: { sources: ["ahmed-masry/ChartQAPro"], split: "test", rows: 1948, licence: "not stated", answers: "public" },
  },
  tsv: {
    files: { test: "ChartQAPro" },
    rows: ({ question, answer, question_type: type, year, paragraph, ...cells }) => [
      { ...cells, Question: question, Answer: answer, "Question Type": type, Year: year, Paragraph: paragraph },
    ],
  },
  row,
  id: (row) => rowDigest(row.image.path, ...row.Question, ...row.Answer), // the rows have no id
  profiles: ["default", "official"],
  prompt(row, profile) {
    if (profile !== "official") return userPrompt(row.image, lmmsWords(row));
    // The paragraph has a part of its own there, sent even when it is empty: some servers refuse an empty part.
    const paragraph = row.Paragraph ?? "";
    return userPrompt(row.image, ...(paragraph === "" ? [] : [paragraph]), authorsWords(row));
  },
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference: ({ Answer }) => strip(last(Answer)) !== "",
  defects: {
    official: [likeness],
    vlmevalkit: [likeness],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { relaxed_accuracy: "Overall" } },
  score(row, { text }, { scoring }) {
    const kind = row["Question Type"];
    const lmms = scoring === "lmms-eval";
    const [answer, target] = [text, last(row.Answer)].map((words) =>
      withoutOuterStops(lmms ? strip(words) : words),
    ) as [string, string];
    const exact = lmms && (kind === "Fact Checking" || kind === "Multi Choice");
    const value = chartScore(answer, { kind, target, years: row.Year ?? [] }, exact);
    return { status: "scored", value, answer, targets: [target] };
  },
  metrics: [mean("relaxed_accuracy")],
  groups: { type: (row) => row["Question Type"] },
});
