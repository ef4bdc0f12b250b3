/** MM-Vet's question to its judge, word for word. */

import type { Scoring } from "llava-eval";

const correctness =
  "Compare the ground truth and prediction from AI models, to give a correctness score for the prediction. <AND> in the ground truth means it is totally right only when all elements in the ground truth are present in the prediction, and <OR> means it is totally right when any one element in the ground truth is present in the prediction. The correctness score is 0.0 (totally wrong), 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, or 1.0 (totally right). Just complete the last space of the correctness score.\n";

const mmvetExamples = `--- | --- | --- | ---
What is x in the equation? | -1 <AND> -5 | x = 3 | 0.0
What is x in the equation? | -1 <AND> -5 | x = -1 | 0.5
What is x in the equation? | -1 <AND> -5 | x = -5 | 0.5
What is x in the equation? | -1 <AND> -5 | x = -5 or 5 | 0.5
What is x in the equation? | -1 <AND> -5 | x = -1 or x = -5 | 1.0
Can you explain this meme? | This meme is poking fun at the fact that the names of the countries Iceland and Greenland are misleading. Despite its name, Iceland is known for its beautiful green landscapes, while Greenland is mostly covered in ice and snow. The meme is saying that the person has trust issues because the names of these countries do not accurately represent their landscapes. | The meme talks about Iceland and Greenland. It's pointing out that despite their names, Iceland is not very icy and Greenland isn't very green. | 0.4
Can you explain this meme? | This meme is poking fun at the fact that the names of the countries Iceland and Greenland are misleading. Despite its name, Iceland is known for its beautiful green landscapes, while Greenland is mostly covered in ice and snow. The meme is saying that the person has trust issues because the names of these countries do not accurately represent their landscapes. | The meme is using humor to point out the misleading nature of Iceland's and Greenland's names. Iceland, despite its name, has lush green landscapes while Greenland is mostly covered in ice and snow. The text 'This is why I have trust issues' is a playful way to suggest that these contradictions can lead to distrust or confusion. The humor in this meme is derived from the unexpected contrast between the names of the countries and their actual physical characteristics. | 1.0
`;

/**
 * MM-Vet's table, whose last row the judge completes.
 *
 * @param scoring lmms-eval's header says `gpt_query_prompt` for `Question` and lacks the blank line: a search-and-replace accident
 */
export function mmvetTable(
  { question, answer }: { readonly question: string; readonly answer: string },
  prediction: string,
  scoring: Scoring,
): string {
  const head = scoring === "official" ? "\nQuestion" : "gpt_query_prompt";
  const truth = answer.replaceAll("<AND>", " <AND> ").replaceAll("<OR>", " <OR> ");
  // The official script joins with " | " and an empty last cell, so its row ends in a blank.
  const end = scoring === "official" ? " " : "";
  return `${correctness}${head} | Ground truth | Prediction | Correctness\n${mmvetExamples}\n${question} | ${truth} | ${prediction} |${end}`;
}

/** Where VLMEvalKit's table has a line break. */
const broken = [
  ...["<AND> in the ground truth", "only when all", "and <OR> means", "The correctness score is", "Just complete"],
  ...["Iceland and Greenland are misleading", "while Greenland is mostly covered in ice and snow. The meme"],
  ...["because the names", "The meme talks", "Iceland is not very icy", "The meme is using humor", "Iceland, despite"],
  ...["The text 'This", "that these contradictions", "The humor in", "and their actual"],
];

/** The same table in VLMEvalKit's lines: with the authors' header, and a blank line before the row to complete. */
export function vlmEvalKitTable(row: Parameters<typeof mmvetTable>[0], prediction: string): string {
  const table = mmvetTable({ question: "", answer: "" }, "", "official");
  const examples = table.slice(0, table.lastIndexOf("\n"));
  const lines = broken.reduce((text, start) => text.replaceAll(` ${start}`, `\n${start}`), examples);
  const last = mmvetTable(row, prediction, "official").slice(examples.length);
  return `\n${lines}${last}`;
}
