/** What may stand behind an option, for a shell that completes it: names of tasks, suites and presets, and the choices of settings. */
import { presetNames } from "../runners/spec.js";
import { type Setting, settings } from "./settings.js";
import { suiteNames, taskNames } from "./tasks/catalogue.js";

/** Undefined for an option whose values nobody can list. @param option  without its dashes */
export async function optionValues(option: string): Promise<readonly string[] | undefined> {
  switch (option) {
    case "tasks":
    case "suite":
      return [...(await suiteNames()), ...(await taskNames())];
    case "model":
    case "judge":
      return [...(await presetNames()), "stub"];
    case "include":
      return ["demo", "partial", "incomplete"];
    default: {
      const known: Readonly<Record<string, Setting>> = settings;
      return Object.hasOwn(known, option) ? known[option]?.choices : undefined;
    }
  }
}
