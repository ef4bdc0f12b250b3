/** What a publication says that no run knows: flags of `leaderboard` and `publish`. */
import type { Options } from "yargs";
import { availabilities, type Publisher, relationships } from "../api/board/leaderboard.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { listFlag } from "./number-flag.js";

export interface PublisherArguments {
  readonly organization: string | undefined;
  readonly relationship: Publisher["relationship"];
  readonly "model-id": string | undefined;
  readonly availability: Publisher["availability"];
  readonly "source-url": string | undefined;
  readonly "task-ids": string[] | undefined;
}

const group = "Published (--format eval-results, eee):";
export const publisherOptions = {
  organization: { type: "string", requiresArg: true, group, describe: "who evaluated (default: unknown)" },
  relationship: { choices: relationships, group, describe: "of the evaluator to the model (default: other)" },
  "model-id": {
    type: "string",
    requiresArg: true,
    group,
    describe: "the model as the hub names it, org/name (default: its own name in this form, else unknown/NAME)",
  },
  availability: { choices: availabilities, group, describe: "of the weights (default: unknown)" },
  "source-url": { type: "string", requiresArg: true, group, describe: "where the evaluation can be looked at" },
  "task-ids": {
    type: "string",
    array: true,
    group,
    describe: "what a benchmark's eval.yaml calls a task: mmmu=validation (default: the task's name)",
  },
} as const satisfies Record<keyof PublisherArguments, Options>;

/** @throws UserError  a fact that has not the form in which it is published */
export function publisherOf(argv: PublisherArguments): Publisher {
  const { organization, relationship, availability, "model-id": modelId, "source-url": url } = argv;
  if (modelId !== undefined && !/^[\w][\w.-]*\/[\w][\w.-]*$/.test(modelId))
    throw new UserError(`"${modelId}" is no model of the hub`, "--model-id", "write it as org/name");
  if (url !== undefined && !/^https?:\/\//.test(url))
    throw new UserError(`"${url}" is no URL`, "--source-url", "it must begin with https:// or http://");
  const taskIds = listFlag(argv["task-ids"])?.map((pair): [string, string] => {
    const [label = "", id = ""] = pair.split(/=(.*)/);
    if (label === "" || id === "")
      throw new UserError(
        `"${pair}" names no task`,
        "--task-ids",
        "write the label and its name there: mmmu=validation",
      );
    return [label, id];
  });
  return {
    ...defined({ organization, relationship, availability, modelId, url }),
    ...(taskIds ? { taskIds: Object.fromEntries(taskIds) } : {}),
  };
}
