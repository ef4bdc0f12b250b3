/** An addon without a model: records what it is asked, says what it is told to. For the TypeScript side only. */
import type {
  NativeAddon,
  NativeEngine,
  NativeEngineOptions,
  NativeGenerateRequest,
  NativeLikelihoodRequest,
  NativeModelDescription,
  NativeModelOptions,
} from "../../../src/runners/local/native.js";

export const description: NativeModelDescription = {
  modelType: "llava_next",
  layout: "converted",
  family: "llava-next",
  text: {
    type: "mistral",
    hidden: 4096,
    layers: 32,
    heads: 32,
    kvHeads: 8,
    headSize: 128,
    intermediate: 14336,
    vocabularyRows: 32064,
    context: 32768,
    ropeTheta: 1e6,
    ropeScaling: "none",
    normEps: 1e-5,
    qkvBias: false,
    queryKeyNorm: false,
    tiedEmbeddings: false,
    slidingWindow: 0,
  },
  vision: {
    type: "clip",
    hidden: 1024,
    layers: 24,
    layersUsed: 23,
    heads: 16,
    intermediate: 4096,
    imageSize: 336,
    patchSize: 14,
    mergeSize: 1,
    selectLayer: -2,
    selectFeature: "patch",
  },
  projector: "mlp2x_gelu",
  mergeType: "spatial_unpad",
  aspectRatio: "anyres",
  images: "anyres",
  resizer: "pillow",
  pixels: null,
  clips: {
    pool: "average",
    place: "after-projector",
    newline: "one_token",
    refusal: "the class llava_next has no frames",
  },
  gridOrder: "hw",
  grid: [
    [336, 672],
    [672, 336],
  ],
  mostImageTokens: 2880,
  logitRows: 32064,
  parameters: { total: 7_566_223_360, text: 7_241_732_096, vision: 303_507_456, projector: 20_979_712 },
  hasWeights: true,
  storedDtype: "bfloat16",
  dtype: "bfloat16",
  weightBytes: 15_132_446_720,
  kvBytesPerToken: 131_072,
  imageTokenId: 32000,
  eosTokenIds: [2],
  bosTokenId: 1,
  padTokenId: null,
  repetitionPenalty: 1,
  penalizePrompt: true,
  imageStartEnd: false,
  imagePatchToken: false,
  memoryPlan: [
    { device: "cpu", weights: 15_132_446_720, scratch: 1e9, free: 2e10, kvTokens: 29_000, fits: true },
    { device: "cuda:0", weights: 15_132_446_720, scratch: 1e9, free: 4e10, kvTokens: 180_000, fits: true },
  ],
  unsupported: [],
  ignored: ["use_image_newline_parameter"],
  unknown: [],
};

interface Script {
  readonly description?: Partial<NativeModelDescription>;
  /** Generated ids, handed to `onTokens` one at a time. A function may reject. */
  readonly answer?: (request: NativeGenerateRequest) => Promise<readonly number[]> | readonly number[];
  /** Logits after the prompt, for requests that want them; `inFlight` counts this one. */
  readonly logits?: (request: NativeGenerateRequest, inFlight: number) => readonly number[];
  readonly maxContext?: number;
  /** GPUs, 0 by default. */
  readonly gpus?: number;
}

export interface FakeAddon extends NativeAddon {
  readonly described: NativeModelOptions[];
  readonly opened: NativeEngineOptions[];
  readonly generated: NativeGenerateRequest[];
  readonly scored: NativeLikelihoodRequest[];
  readonly aborted: number[];
  closed: number;
}

const timing = { queueMs: 1, prefillMs: 2, decodeMs: 3 };
const usage = { promptTokens: 10, imageTokens: 4, cachedTokens: 6, completionTokens: 0 };

export function fakeAddon(script: Script = {}): FakeAddon {
  const facts = { ...description, ...script.description };
  const cpu = { name: "cpu", kind: "cpu", model: "a processor", memoryTotal: 2e10, memoryFree: 2e10 } as const;
  const gpus = Array.from({ length: script.gpus ?? 0 }, (_, i) => ({
    ...cpu,
    name: `cuda:${i}`,
    kind: "cuda" as const,
    model: "a GPU",
  }));
  const addon: FakeAddon = {
    version: "0.0.0-fake",
    surface: 0,
    hasCuda: gpus.length > 0,
    described: [],
    opened: [],
    generated: [],
    scored: [],
    aborted: [],
    closed: 0,
    devices: () => [cpu, ...gpus],
    cuda: () => (gpus.length > 0 ? { problem: "", cublasLt: "" } : null),
    describe: async (options) => {
      addon.described.push(options);
      return { ...facts, refusal: null };
    },
    open: async (options) => {
      addon.opened.push(options);
      return engine({ ...facts, logitRows: options.logitRows ?? facts.logitRows });
    },
  };

  let inFlight = 0;
  const engine = (opened: NativeModelDescription): NativeEngine => ({
    description: opened,
    fingerprint: { device: "fake" },
    concurrency: 24,
    maxContext: script.maxContext ?? 4096,
    async generate(request) {
      addon.generated.push(request);
      inFlight += 1;
      await new Promise((resolve) => setImmediate(resolve));
      const logits = script.logits?.(request, inFlight);
      inFlight -= 1;
      const ids = (await script.answer?.(request)) ?? [];
      const said: number[] = [];
      let finish: "stop" | "length" = "stop";
      for (const id of ids) {
        if (said.length === request.maxNewTokens) {
          finish = "length";
          break;
        }
        said.push(id);
        if (request.onTokens?.(Int32Array.of(id)) === false) break;
      }
      return {
        tokens: Int32Array.from(said),
        finish,
        usage: { ...usage, completionTokens: said.length },
        timing,
        ...(logits === undefined ? {} : { logits: Float32Array.from(logits) }),
      };
    },
    async loglikelihood(request) {
      addon.scored.push(request);
      return {
        continuations: request.continuations.map((ids) => ({
          logprob: -ids.length,
          isGreedy: false,
          tokenLogprobs: new Float32Array(ids.length).fill(-1),
        })),
        usage,
        timing,
      };
    },
    abort: (id) => addon.aborted.push(id),
    imageTokens: (images) => images.reduce((sum, { width, height }) => sum + Math.ceil((width * height) / 100), 0),
    tiles: async (_images, at) => new Uint8Array([at]),
    statistics: () => ({
      requests: addon.generated.length,
      images: 0,
      prefillTokens: 0,
      sharedTokens: 0,
      decodedTokens: 0,
      imagesEncoded: 0,
      imagesShared: 0,
      prefillSteps: 0,
      decodeSteps: 0,
      busyMs: 0,
    }),
    async close() {
      addon.closed += 1;
    },
  });
  return addon;
}
