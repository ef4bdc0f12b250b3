// Writes dist/tasks/index.json: what each task is called and which file defines it, so that a run loads the tasks that it names and no
// others. A step of the build.
import { writeFileSync } from "node:fs";
import { entryOf, loadDefinitions } from "../dist/src/api/tasks/catalogue.js";

const entries = (await loadDefinitions()).map(entryOf);
writeFileSync(new URL("../dist/tasks/index.json", import.meta.url), `${JSON.stringify(entries, null, 2)}\n`);
