/** MMLongBench-Doc: questions about documents, whose pages stand in the rows that `data pages` wrote. */

import mmlongbench from "../../tasks/mmlongbench_doc/task.js";
import { goldenTask } from "./golden-task.js";

const report = { doc_id: "report.pdf", doc_type: "Brochure", pages: 3, evidence_pages: "[2]" };
goldenTask({
  task: mmlongbench,
  columns: {
    ...{ doc_id: "string", question: "string", answer: "string", answer_format: "string", doc_type: "string" },
    ...{ evidence_pages: "string", evidence_sources: "string", pages: "images" },
  },
  rows: [
    { ...report, question: " How many ships? ", answer: "14", answer_format: "Int", evidence_sources: "['Chart']" },
    {
      ...{ ...report, question: "Which share?", answer: "18.29%", answer_format: "Float", evidence_pages: "[3, 1, 3]" },
      evidence_sources: "['Table', 'Generalized-text (Layout)']",
    },
    {
      ...{ ...report, question: "Which two?", answer: "['White', '10%']", answer_format: "List" },
      evidence_sources: "['Pure-text (Plain-text)']",
    },
    {
      ...{ ...report, doc_id: "other.pdf", question: "Whose?", answer: "Not answerable", answer_format: "None" },
      ...{ evidence_pages: "[]", evidence_sources: "[]" },
    },
    { ...report, question: "How?", answer: "Less well-off", answer_format: "Str", evidence_sources: "['Figure']" },
  ],
  answers: ["There are 14 ships.", "18.3%", "['white', '10%']", "It does not say.", "They will be less well off."],
  // What is no extraction is asked again, and after three of them the sample has no score.
  verdicts: [
    ["Extracted answer: 14\nAnswer format: Integer"],
    ["I would say 18.3%", "```\nExtracted answer: Fail to answer\nAnswer format: String\n```"],
    ["Extracted answer: ['10%', 'white']\nAnswer format: List"],
    ["Extracted answer: Not answerable\nAnswer format: String"],
    ["Error 503", "", "Answer format: String\nExtracted answer: less well off"],
  ],
  // lmms-eval asks no judge: the words "It does not say." are not its own, and a sentence is not like a short answer.
  main: { official: 3 / 4, "lmms-eval": 3 / 5, vlmevalkit: 3 / 4 },
});
