/** Questions to a judge that match a free answer with one of the options, word for word. */

/** What both of them begin with. */
export const OPTION_MATCHER =
  "You are an AI assistant who will help me to match an answer with several options of a single-choice question. You are provided with a question, several options, and an answer, and you need to find which option is most similar to the answer. ";
