/** Everything that answers need, opened together: engine, tokenizer, template, stop ids. */

import { availableParallelism, freemem } from "node:os";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { Fingerprint } from "../../core/runner.js";
import { asUserError, loadAddon, requireSupported } from "./addon.js";
import { settingsDigest, weightsDigest } from "./checkpoint/digests.js";
import { imageConstantsNote } from "./checkpoint/image-constants.js";
import { type Checkpoint, resolveCheckpoint } from "./checkpoint/resolve.js";
import { type ClipAs, clipAs } from "./clip-as.js";
import type { Engine } from "./engine.js";
import type { NativeAddon, NativeEngineOptions, NativeModelDescription } from "./native.js";
import { chooseDevices, type LocalOptions, modelOptions } from "./options.js";
import { chooseTemplate, templateNote, templateSource } from "./prompt/choose-template.js";
import { piecesText } from "./prompt/pieces.js";
import { promptTokens } from "./prompt/prompt-tokens.js";
import type { Template } from "./prompt/templates.js";
import { ReplicaGroup } from "./replicas/group.js";
import { openTokenizer } from "./tokenizer/open-tokenizer.js";
import type { Tokenizer } from "./tokenizer/tokenizer.js";

const secondsBetweenLines = 5;

export interface LocalModel {
  readonly checkpoint: Checkpoint;
  readonly description: NativeModelDescription;
  readonly clipAs: ClipAs;
  readonly tokenizer: Tokenizer;
  readonly template: Template;
  /** The checkpoint's eos ids and the template's. */
  readonly stopTokens: readonly number[];
  readonly fingerprint: Fingerprint;
  readonly engine: Engine;
}

/**
 * @param tune  engine settings that only tests and check-invariance change
 * @throws UserError  no engine for this machine; no such checkpoint; an unsupported, malformed or too large one
 */
export async function openModel(
  options: LocalOptions,
  tune: Partial<NativeEngineOptions> = {},
  addon: NativeAddon = loadAddon(),
): Promise<LocalModel> {
  const checkpoint = await resolveCheckpoint(options);
  const model = modelOptions(checkpoint.folder, options);
  const described = requireSupported(await addon.describe(model).catch(rethrowAsUserError));

  const { tokenizer, config } = await openTokenizer(
    checkpoint.folder,
    described.layout === "converted" ? { imageTokenId: described.imageTokenId } : {},
  );
  const source = templateSource(checkpoint.folder, described, { tokenizer, config });
  const template = await chooseTemplate(source, options.template);
  const note = options.template === undefined ? await templateNote(source, template) : undefined;
  const constants = await imageConstantsNote(checkpoint.folder, described);
  for (const one of [note, constants]) if (one !== undefined) options.warn?.(`${checkpoint.name}: ${one}`);
  const stopTokens = stopIds(described, template, tokenizer);
  const asked = template.render([{ role: "user", parts: [{ type: "text", text: probe }] }]);
  if (!piecesText(asked).includes(probe)) {
    throw new UserError(
      `the template ${template.name} leaves the question out`,
      checkpoint.folder,
      "name another: --template",
    );
  }
  refuseForeignIds(promptTokens(tokenizer, asked, template), described, checkpoint.folder);

  const devices = chooseDevices(addon, options, described.memoryPlan);
  const engineOptions: NativeEngineOptions = {
    ...model,
    // The native loader cuts embeddings and head to len(tokenizer): its softmax runs over those rows only.
    ...(described.layout === "native" && tokenizer.length < described.text.vocabularyRows
      ? { logitRows: tokenizer.length }
      : {}),
    ...shareOfMachine(devices, options),
    ...tune,
  };
  const onProgress = tellingProgress(checkpoint.name, options.say);
  const [device = "cpu"] = devices;
  const engine: Engine = await (devices.length === 1
    ? addon.open({ ...engineOptions, device }, onProgress)
    : ReplicaGroup.open(engineOptions, devices, onProgress)
  ).catch(rethrowAsUserError);

  const { description } = engine;
  if (description.unknown.length > 0) {
    options.warn?.(`${checkpoint.name}: unknown fields in its config, not honoured: ${description.unknown.join(", ")}`);
  }
  const weights = await weightsDigest(checkpoint.folder);
  const settings = await settingsDigest(checkpoint.folder);
  const tower = model.visionTower;
  const frames = clipAs(description.family, options.clipAs);
  return {
    checkpoint,
    description,
    clipAs: frames,
    tokenizer,
    template,
    stopTokens,
    engine,
    fingerprint: {
      runner: "local",
      model: checkpoint.name,
      ...defined({ revision: checkpoint.revision }),
      weights,
      settings,
      ...(tower === undefined
        ? {}
        : { visionTower: { weights: await weightsDigest(tower), settings: await settingsDigest(tower) } }),
      template: template.name,
      tokenizer: tokenizer.source,
      stopTokens: [...stopTokens],
      ...readings(description, frames),
      ...defined({ ropeFactor: options.ropeFactor }),
      engine: { version: addon.version, ...engine.fingerprint },
    },
  };
}

const probe = "What is in the image?";

function refuseForeignIds(ids: readonly number[], { text }: NativeModelDescription, folder: string): void {
  const beyond = ids.find((id) => id >= text.vocabularyRows);
  if (beyond === undefined) return;
  throw new UserError(
    `the tokenizer writes the id ${beyond}; the checkpoint has ${text.vocabularyRows} rows of tokens`,
    folder,
    "use the tokenizer files that belong to the checkpoint",
  );
}

/** Threads and memory of one engine: what was asked for; engines that share the CPU share it evenly. */
function shareOfMachine(
  devices: readonly string[],
  { threads, memory }: LocalOptions,
): Pick<NativeEngineOptions, "threads" | "memory"> {
  const onCpu = devices.filter((device) => device === "cpu").length;
  return {
    ...(onCpu > 1
      ? { threads: Math.max(1, Math.floor(availableParallelism() / onCpu)), memory: Math.floor(freemem() / onCpu) }
      : {}),
    ...defined({ threads, memory }),
  };
}

/** A line every few seconds: the weights of a large model take minutes to load. */
function tellingProgress(name: string, say: LocalOptions["say"]): (loaded: number, total: number) => void {
  let next = performance.now() + secondsBetweenLines * 1000;
  return (loaded, total) => {
    if (performance.now() < next) return;
    next = performance.now() + secondsBetweenLines * 1000;
    say?.(`loading ${name}: ${(loaded / 2 ** 30).toFixed(1)} of ${(total / 2 ** 30).toFixed(1)} GiB`);
  };
}

/** Settings of the model that change answers. */
function readings(description: NativeModelDescription, as: ClipAs): { readonly [key: string]: Json } {
  const { layout, dtype, gridOrder, aspectRatio, images, clips, mergeType, logitRows, repetitionPenalty } = description;
  const { penalizePrompt, resizer, pixels } = description;
  const { refusal, ...frames } = clips;
  return {
    ...{ layout, dtype, gridOrder, aspectRatio, images, mergeType, logitRows, repetitionPenalty, penalizePrompt },
    ...(as !== "clip" ? { clips: { as } } : refusal === null ? { clips: frames } : {}),
    // Absent of runs that are older than the choice, and of what does not have it.
    ...(resizer === "pillow" ? {} : { resizer }),
    ...(pixels === null ? {} : { pixels }),
  };
}

/** The checkpoint's eos ids (generation_config.json, else config.json) and the template's. */
export function stopIds(
  { eosTokenIds }: Pick<NativeModelDescription, "eosTokenIds">,
  template: Template,
  tokenizer: Tokenizer,
): number[] {
  const ofTemplate = template.stopTokens.flatMap((token) => tokenizer.idOf(token) ?? []);
  return [...new Set([...eosTokenIds, ...ofTemplate])].sort((a, b) => a - b);
}

function rethrowAsUserError(error: unknown): never {
  throw asUserError(error);
}
