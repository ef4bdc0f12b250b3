import { join } from "node:path";
import { Type } from "../../../core/schema.js";
import type { NativeCheckpoint } from "../native.js";
import { readJsonFile } from "./json-file.js";

const ProcessorConfig = Type.Object({
  image_processor: Type.Optional(Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()])),
});

/**
 * What to know where a converted checkpoint does not say how its images are normalised: the engine takes the class's defaults. (A
 * native one has those of the tower that it names.)
 */
export async function imageConstantsNote(
  folder: string,
  { layout }: Pick<NativeCheckpoint, "layout">,
): Promise<string | undefined> {
  if (layout !== "converted") return undefined;
  const newer = await readJsonFile(join(folder, "processor_config.json"), ProcessorConfig);
  const older = await readJsonFile(
    join(folder, "preprocessor_config.json"),
    Type.Object({}, { additionalProperties: true }),
  );
  if (newer?.image_processor || older !== undefined) return undefined;
  return "it has no image processor (processor_config.json or preprocessor_config.json): the defaults of its class stand for its image constants";
}
