/** Vector file of the response filters. */

import { defined } from "../../../src/core/defined.js";
import { lower, upper } from "../../../src/text/python-strings.js";
import {
  firstResponses,
  majorityVote,
  multipleChoiceFilter,
  regexFilter,
  simpleChoiceFilter,
  whitespaceFilter,
} from "../ported/response-filters.js";
import type { VectorFile } from "../vector-file.js";

interface Options {
  readonly regex_pattern?: string;
  readonly group_select?: number;
  readonly fallback?: string;
  readonly ignore_case?: boolean;
  readonly ignore_punctuation?: boolean;
  readonly regexes_to_ignore?: readonly string[] | null;
}

/** The constructor arguments in our words. */
function optionsOf(options: Options = {}) {
  return {
    ...defined({ pattern: options.regex_pattern, select: options.group_select, fallback: options.fallback }),
    ignoreCase: options.ignore_case === true,
    ignorePunctuation: options.ignore_punctuation === true,
    remove: options.regexes_to_ignore ?? [],
  };
}

interface Responses {
  readonly responses: readonly string[];
  readonly options?: Options;
}

export const filterVectors: Readonly<Record<string, VectorFile>> = {
  filters: {
    part: "lmms-eval's filters; no task of ours has them",
    functions: {
      RegexFilter: ({ responses, options }: Responses) =>
        responses.map((response) => regexFilter(response, optionsOf(options))),
      MultiChoiceRegexFilter: ({ responses, options, choices }: Responses & { choices: readonly string[] }) =>
        responses.map((response) => multipleChoiceFilter(response, choices, optionsOf(options))),
      SimpleMultiChoiceRegexFilter: ({ responses, question }: Responses & { question: string }) =>
        simpleChoiceFilter(responses[0] ?? "", question),
      text: ({ responses }: Responses) => ({
        whitespace: responses.map(whitespaceFilter),
        lower: responses.map(lower),
        upper: responses.map(upper),
      }),
      selection: ({ responses, k }: Responses & { k: number }) => ({
        take_first: responses[0],
        majority_vote: [majorityVote(responses)],
        take_first_k: firstResponses(responses, k),
      }),
    },
  },
};
