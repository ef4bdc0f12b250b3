import { published } from "../board/schemas.js";
import { modelSchemas } from "../runners/config.js";
import { configFileSchema } from "./settings.js";
import { Suite } from "./tasks/catalogue.js";
import { ItemList } from "./tasks/without.js";
import { YamlTask } from "./tasks/yaml-task.js";

/** The JSON Schemas of the files that users write, by file name: for editors (`# yaml-language-server: $schema=...`). */
export function configSchemas(): Readonly<Record<string, object>> {
  return {
    "config.v1.json": published("what `llava-eval run --config` reads", configFileSchema),
    "suite.v1.json": published("configs/suites/<name>.yaml", Suite),
    "item-list.v1.json": published("items that a suite is asked `without`", ItemList),
    "task.v1.json": published("a benchmark without code: `--tasks ./mine.yaml`", YamlTask),
    "model.v1.json": published("configs/models/<name>.yaml", { oneOf: Object.values(modelSchemas) }),
  };
}
