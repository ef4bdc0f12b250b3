/** HallusionBench's question to its judge, word for word (typographic quotes included). */
export function hallusionQuestion(question: string, details: string, prediction: string): string {
  return `Imagine you are an intelligent teacher. Thoroughly read the question, reference answer and the prediction answer to ensure a clear understanding of the information provided. Assess the correctness of the predictions. If the prediction answer does not conflict with the reference answer, please generate “correct”. If the prediction answer conflict with the reference answer, please generate “incorrect”. If the prediction answer is unclear about the answer, please generate "unclear". \n\n Question:${question}\nReference answer: ${details}\nPrediction answer:${prediction}\nOutput:`;
}
