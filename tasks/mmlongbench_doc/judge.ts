/**
 * MMLongBench-Doc's judge does not grade: it takes the answer out of a reply, with the words that fit its kind.
 * Source: mayubo2333/MMLongBench-Doc `eval/prompt_for_answer_extraction.md`, `eval/extract_answer.py`, `run_api.py`.
 */

import { type JudgeQuestion, strip } from "llava-eval";

const examples = [
  {
    question: "List the primary questions asked about the services in this report.",
    analysis:
      " The primary questions asked about the services in the report for The Limes Residential Home are:\\n\\n1. Is the service safe?\\n2. Is the service effective?\\n3. Is the service caring?\\n4. Is the service responsive?\\n5. Is the service well-led?",
    answer:
      "['Is the servife safe?', 'Is the service effective', 'Is the serve caring?', 'Is the service responsive?', 'Is the service well-led?']",
    format: "List",
  },
  {
    question: "How many regulations of the HSCA 2008 are breached in all according to this report?",
    analysis:
      "According to the report, the provider breached 10 Health and Social Care Act 2008 (Regulated Activities) Regulations in total. Here are the specifics:\\n\\n1. Regulation 13: Safeguarding service users from abuse and improper treatment\\n2. Regulation 12: Safe care and treatment\\n3. Regulation 18: Staffing\\n4. Regulation 11: Need for consent\\n5. Regulation 10: Dignity and respect\\n6. Regulation 9: Person-centred care\\n7. Regulation 17: Good governance\\n8. Regulation 18 (CQC Registration Regulations 2009): Notification of other incidents\\n9. Regulation 18: Failure to maintain an accurate and up-to-date care plan\\n10. Regulation 11: Failure to implement the Mental Capacity Act 2005 code of practice effectively\\n\\nThese breaches involve issues concerning staffing, safeguarding, medicines management, dignity and respect, consent, care planning, governance, and failure to notify the CQC of incidents.",
    answer: "10",
    format: "Integer",
  },
  {
    question:
      "According to the survey that is the percentage of Chinese who are paying more or about the same attention to politics after Trump's election?",
    analysis:
      "The survey provided does not specify the percentage of Chinese individuals specifically who are paying more or about the same attention to politics after Trump's election. The report focuses primarily on American demographics and does not include specific details about the Chinese population in relation to this question. If you need information about a different demographic or a summary of the findings from the American demographic, I can certainly help with that!",
    answer: "Not answerable",
    format: "String",
  },
  {
    question: "How many quotations from male respondent over 50 years old are included in this report?",
    analysis:
      "The image you've provided appears to be a screenshot of a document with multiple charts. However, the text is too small and blurry to read accurately. If you can provide a clearer image or more context, I might be able to help you with your question.",
    answer: "Fail to answer",
    format: "String",
  },
];

const INSTRUCTIONS = `Given the question and analysis, you are tasked to extract answers with required formats from the free-form analysis. 
- Your extracted answers should be one of the following formats: (1) Integer, (2) Float, (3) String and (4) List. If you find the analysis the question can not be answered from the given documents, type "Not answerable". Exception: If the analysis only tells you that it can not read/understand the images or documents, type "Fail to answer".
- Please make your response as concise as possible. Also note that your response should be formatted as below:
\`\`\`
Extracted answer: [answer]
Answer format: [answer format]
\`\`\`

Please read the following example, then extract the answer from the model response and type it at the end of the prompt. 

---
${examples
  .map(
    ({ question, analysis, answer, format }) =>
      `Question: ${question}\nAnalysis: ${analysis}\nExtracted answer: ${answer}\nAnswer format: ${format}\n\n---`,
  )
  .join("\n")}`;

const asked = (question: string, reply: string): string => `\n\nQuestion:${question}\nAnalysis:${reply}\n`;

/** The words of both turns. */
export const extraction = (question: string, reply: string): string => `${INSTRUCTIONS}${asked(question, reply)}`;

/** Between the two marks; undefined where nothing is, or the form's own "[answer]"; without the first, or behind the second. */
export function extractedAnswer(reply: string): string | undefined {
  const [before = ""] = reply.split("Answer format:", 1);
  const [, answer = ""] = before.split("Extracted answer:");
  const extracted = strip(answer);
  return extracted === "" || extracted === "[answer]" ? undefined : extracted;
}

/** The question and the reply stand in a turn of the assistant's, as its authors send them. */
export function toExtract(question: string, reply: string): JudgeQuestion {
  return {
    prompt: {
      messages: [
        { role: "user", parts: [{ type: "text", text: INSTRUCTIONS }] },
        { role: "assistant", parts: [{ type: "text", text: asked(question, reply) }] },
      ],
    },
    options: { maxNewTokens: 256, temperature: 0 },
    parse: extractedAnswer,
  };
}
