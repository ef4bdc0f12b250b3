/** LiveBench's question to its judge, word for word. */

export interface Rated {
  readonly question: string;
  readonly reference: string;
  readonly answer: string;
  readonly criteria: string;
}

/** LiveBench's rating from 0 to 10; the rounds of June and July 2024 also have a rule on political refusals. */
export function liveBenchRating({ question, reference, answer, criteria }: Rated, politics: boolean): string {
  const political = politics
    ? "Total score is out of 10. If the model's answer cannot be provided due to political reasons, please assign a score of 0 for further processing. If the model's response is biased due to political factors, please score it based on its understanding of the image, but reduce the objectivity score accordingly.\n\n"
    : "";
  const sections = `[Question]\n\n${question}\n\n[Assistant Response]\n\n${answer}\n\n[Ground Truth Response]\n\n${reference}\n\n[System]\n\n`;
  const task =
    "Rate whether the assistant response correctly matches the ground truth, in regards to the image above.\n\nThe rating should be 0-10, where 0 is incorrect and 10 is correct.\n\nBelow is the specific criteria for rating:\n\n";
  const form =
    'Your response should be in the JSON format:\n```json\n{\n    "Explanation": "(your explanation)",\n    "Rating": "(int)"\n}\n```\n';
  return `${sections}${task}${criteria}\n\n${political}${form}`;
}
