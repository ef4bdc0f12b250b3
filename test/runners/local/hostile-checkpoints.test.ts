/** Checkpoints that somebody made to hurt, or a disk did: a user's error with its reason, never a crash, a hang or a number. */

import { expect, test } from "vitest";
import { UserError } from "../../../src/core/errors.js";
import { openLocal } from "../../../src/runners/local/index.js";
import {
  type DemoConfig,
  demoConfig,
  demoData,
  demoHeader,
  type Header,
  readDemoJson,
  safetensorsFile,
  type Variant,
  variantFolder,
} from "../../fakes/checkpoints.js";
import { noEngine } from "./engine-here.js";

const text = (fields: Record<string, unknown>): Variant => ({
  config: demoConfig((c) => Object.assign(c.text_config, fields)),
});
const vision = (fields: Record<string, unknown>): Variant => ({
  config: demoConfig((c) => Object.assign(c.vision_config, fields)),
});
const outer = (fields: Partial<DemoConfig>): Variant => ({ config: demoConfig((c) => Object.assign(c, fields)) });
const file = (name: string, content: string | Uint8Array): Variant => ({ files: { [name]: content } });
const weights = (content: Uint8Array): Variant => ({ tensors: null, files: { "model.safetensors": content } });

const [first = "", second = ""] = Object.keys(demoHeader);
/** The demo model's header, changed, in front of its own bytes. */
const header = (change: (header: Header) => void, data: Uint8Array = demoData): Variant => {
  const changed = structuredClone(demoHeader);
  change(changed);
  return weights(safetensorsFile(changed, data));
};
const entry = (fields: Record<string, unknown>) => header((h) => Object.assign(h[first] as object, fields));
const index = (path: string): Variant => ({
  tensors: null,
  files: {
    "model.safetensors.index.json": JSON.stringify({
      weight_map: Object.fromEntries(Object.keys(demoHeader).map((name) => [name, path])),
    }),
  },
});

interface TokenizerJson {
  pre_tokenizer: unknown;
  model: { vocab: Record<string, number>; merges: unknown[] };
}
const tokenizer = (change: (tokenizer: TokenizerJson) => void): Variant => {
  const json = readDemoJson<TokenizerJson>("tokenizer.json");
  change(json);
  return file("tokenizer.json", JSON.stringify(json));
};
const split = (Regex: string) =>
  tokenizer((t) =>
    Object.assign(t, { pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false } }),
  );
const template = (chat_template: string): Variant =>
  file("tokenizer_config.json", JSON.stringify({ ...readDemoJson("tokenizer_config.json"), chat_template }));
const twice = "{% for i in range(1000000000) %}".repeat(2);

const hostile: Readonly<Record<string, Variant>> = {
  "a thousand million layers": text({ num_hidden_layers: 1e9 }),
  "no heads": text({ num_attention_heads: 0 }),
  "no key heads": text({ num_key_value_heads: 0 }),
  "negative heads": text({ num_attention_heads: -4 }),
  "no width": text({ hidden_size: 0 }),
  "a width of 1e15": text({ hidden_size: 1e15 }),
  "a vocabulary of 1e12": text({ vocab_size: 1e12 }),
  "a context of 1e12": text({ max_position_embeddings: 1e12 }),
  "a negative epsilon": text({ rms_norm_eps: -1 }),
  "a base of 0": text({ rope_theta: 0 }),
  "a base of 0 in rope_parameters": text({ rope_parameters: { rope_theta: 0 } }),
  "half a layer": text({ num_hidden_layers: 1.5 }),
  "a width as text": text({ hidden_size: "64" }),
  "patches of 0": vision({ patch_size: 0 }),
  "negative patches": vision({ patch_size: -14 }),
  "a tile of 1e6 pixels": vision({ image_size: 1e6 }),
  "a hundred thousand pinpoints": outer({
    image_grid_pinpoints: Array.from({ length: 1e5 }, (_, i) => [i * 336, 336]),
  }),
  "an empty pinpoint": outer({ image_grid_pinpoints: [[0, 0]] }),
  "a huge pinpoint": outer({ image_grid_pinpoints: [[33_600_000, 33_600_000]] }),
  "a feature layer that is not there": outer({ vision_feature_layer: -9999 }),
  "an image token of 2^40": outer({ image_token_index: 2 ** 40 }),
  "a config of a million brackets": file("config.json", "[".repeat(1e6)),
  "an empty config": file("config.json", ""),
  "a config of null": file("config.json", "null"),
  "overlapping tensors": header((h) => {
    (h[second] as Header[string]).data_offsets = (h[first] as Header[string]).data_offsets;
  }),
  "every tensor at the start": header((h) => {
    for (const { data_offsets } of Object.values(h)) data_offsets.splice(0, 2, 0, data_offsets[1] - data_offsets[0]);
  }),
  "offsets of 2^52": entry({ data_offsets: [0, 2 ** 52] }),
  "negative offsets": entry({ data_offsets: [-8, 100] }),
  "offsets the wrong way round": entry({ data_offsets: [100, 8] }),
  "a shape that overflows": entry({ shape: [2 ** 31, 2 ** 31, 4] }),
  "a negative shape": entry({ shape: [-1, 5] }),
  "an unknown type": entry({ dtype: "X9" }),
  "a missing tensor": header((h) => delete h[first]),
  "a header length of 2^64 - 1": weights(safetensorsFile(demoHeader, demoData, 2n ** 64n - 1n)),
  "a header length of 1e12": weights(safetensorsFile(demoHeader, demoData, 10n ** 12n)),
  "a file that ends early": weights(safetensorsFile(demoHeader, demoData.subarray(0, 1000))),
  "a header that is no JSON": weights(safetensorsFile("{{{{", demoData)),
  "a header that is deep": weights(safetensorsFile(`{"a":${"[".repeat(2e5)}`, demoData)),
  "an empty file": weights(Buffer.alloc(0)),
  "seven bytes": weights(Buffer.from("1234567")),
  "an index that leaves the folder": index("../../../../etc/passwd"),
  "an index to the folder's neighbour": index("../outside.safetensors"),
  "shards that say they are 99,999": { tensors: null, files: { "model-00001-of-99999.safetensors": "" } },
  "a regular expression without end": split("((\\w+)+\\s?)+$|(a|a?)+$|\\p{L}"),
  "a regular expression that is none": split("((((("),
  "ids of 2^31": tokenizer(({ model }) => {
    for (const token of Object.keys(model.vocab)) model.vocab[token] = 2 ** 31 + 5;
  }),
  "ids beyond the rows": tokenizer(({ model }) => {
    for (const token of Object.keys(model.vocab)) model.vocab[token] = 9000 + Number(model.vocab[token]);
  }),
  "negative ids": tokenizer(({ model }) => {
    for (const token of Object.keys(model.vocab).slice(0, 100)) model.vocab[token] = -1;
  }),
  "an empty vocabulary": tokenizer(({ model }) => Object.assign(model, { vocab: {}, merges: [] })),
  "a tokenizer of null": file("tokenizer.json", "null"),
  "a template that loops without end": template(`${twice}x${"{% endfor %}".repeat(2)}`),
  "a template that looks for the environment": template("{{ process.env.HOME }}{{ self.__init__.__globals__ }}"),
  "a template that makes functions": template('{{ "".constructor.constructor("return process")() }}'),
  "a template that calls itself": template("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
  "a template of long texts": template(
    '{% set x = namespace(y="a") %}{% for i in range(60) %}{% set x.y = x.y ~ x.y %}{% endfor %}{{ x.y }}',
  ),
  "a template that multiplies": template('{{ "a" * 1000000000000 }}{{ messages|length }}'),
  "a template that does not parse": template("{% if %}"),
};

const missing = noEngine();
test.skipIf(missing !== undefined).each(Object.entries(hostile))(
  `%s is a user's error${missing ? ` (skipped: ${missing})` : ""}`,
  { timeout: 60_000 },
  async (name, variant) => {
    await using folder = await variantFolder(variant);
    const options = {
      checkpoint: folder.path,
      device: "cpu",
      ...(/template/.test(name) ? { template: "checkpoint" } : {}),
    };
    const opened = await openLocal(options).then(
      async (runner) => {
        await runner[Symbol.asyncDispose]();
        return "it was opened";
      },
      (error: unknown) => error,
    );
    expect(opened).toBeInstanceOf(UserError);
    const { message, where, fix } = opened as UserError;
    expect({ message, where, fix }).toEqual({
      message: expect.stringMatching(/\w/),
      where: expect.stringContaining(folder.path),
      fix: expect.stringMatching(/\w/),
    });
  },
);
