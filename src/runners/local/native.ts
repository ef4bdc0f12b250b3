/**
 * The engine's surface, typed by hand: what its addon takes and gives.
 * What crosses the border: token ids, decoded RGB, numbers. Text (tokenizers, templates, stop strings) stays on this side.
 */

/** Stands for one image in a token sequence; the engine puts the image's packed vectors there. */
export const IMAGE_SLOT = -200;

export interface ImageSize {
  readonly width: number;
  readonly height: number;
  /** Frames of one clip have one number and stand next to each other. Absent: no frame. */
  readonly clip?: number;
}

/** An image of a prompt: its pixels, or what `tiles` made of them. The engine copies them during the call, or not at all when it still has this digest. */
export type NativeImage = ImageSize & {
  /** Content digest of the original image: equal digests mean equal pixels; keys prefix sharing. */
  readonly digest: string;
  /** Its number in its video, by which OneVision-2 turns the patches. Default 0; other families do not ask. */
  readonly frame?: number;
} & (
    | {
        /** 8-bit RGB, row-major, `width * height * 3` bytes; alpha dropped, EXIF orientation not applied. */
        readonly rgb: Uint8Array;
      }
    | { readonly tiles: Uint8Array }
  );

export interface NativePrompt {
  /** Chosen by the caller, unique among requests in flight; `abort` takes it. */
  readonly id: number;
  /** Token ids of the whole prompt, special tokens included, with one IMAGE_SLOT per image. */
  readonly tokens: Int32Array;
  /** In slot order. */
  readonly images: readonly NativeImage[];
  /** Requests of one key are likely to share a prefix; with `remaining` 0 the engine may free it after this one. */
  readonly prefix?: { readonly key: string; readonly remaining: number };
  /**
   * A prompt that leaves no room for one token in `maxContext` rejects with code `CONTEXT`, it is never cut; an answer that
   * reaches the end of the context finishes with "length".
   * Return the logits after the last prompt token (`Output.logits`): for tests and check-invariance.
   */
  readonly wantLogits?: boolean;
}

export interface NativeGenerateRequest extends NativePrompt {
  readonly maxNewTokens: number;
  /** Generation ends before any of these ids: the caller's union of the checkpoint's and the template's. */
  readonly stopTokens: readonly number[];
  /** 0 (default) = greedy: arg-max, ties to the lowest id. */
  readonly temperature?: number;
  readonly topP?: number;
  /** 0 (default) = all. */
  readonly topK?: number;
  /** 1 (default) = none. Counted over generated ids; with `penalizePrompt` over the prompt's text ids too. */
  readonly repetitionPenalty?: number;
  readonly penalizePrompt?: boolean;
  /** Non-negative safe integer. Token k of the answer depends on (logits, seed, k) only. */
  readonly seed?: number;
  /** Return the k (at most 64) most likely first tokens with their log-probabilities. */
  readonly firstTokenTop?: number;
  /** Return the log-probabilities of these ids at the first generated position. */
  readonly firstTokenOf?: readonly number[];
  /**
   * Called on the event loop with newly generated ids (stop token excluded), in order. `false` ends the answer early with
   * finish "stop" (stop strings): ids generated meanwhile are still in the output, the caller cuts. Omit it when the request has no stop strings: it
   * costs a hop per step. An exception it throws rejects the request.
   */
  readonly onTokens?: (ids: Int32Array) => boolean | undefined;
}

export interface NativeTiming {
  /** Milliseconds: from submission until the first row of this request ran. */
  readonly queueMs: number;
  /** Until the first token. */
  readonly prefillMs: number;
  readonly decodeMs: number;
}

export interface NativeUsage {
  /** Positions of the merged prompt: text ids plus image vectors. */
  readonly promptTokens: number;
  readonly imageTokens: number;
  /** Of promptTokens, taken from a shared prefix. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

export interface NativeOutput {
  /** Generated ids, stop token excluded. */
  readonly tokens: Int32Array;
  readonly finish: "stop" | "length";
  readonly usage: NativeUsage;
  readonly timing: NativeTiming;
  readonly firstTokenTop?: { readonly ids: Int32Array; readonly logprobs: Float32Array };
  readonly firstTokenOf?: Float32Array;
  readonly logits?: Float32Array;
}

export interface NativeLikelihoodRequest extends NativePrompt {
  /** Each scored on its own after the same prompt; the prompt is computed once. None may be empty. */
  readonly continuations: readonly Int32Array[];
}

export interface NativeLikelihoodOutput {
  readonly continuations: readonly {
    /** Sum of natural-log probabilities, added in float64 in token order. */
    readonly logprob: number;
    readonly isGreedy: boolean;
    readonly tokenLogprobs: Float32Array;
  }[];
  readonly usage: NativeUsage;
  readonly timing: NativeTiming;
  readonly logits?: Float32Array;
}

export type SeveralImages = "anyres" | "list-pad" | "stacked-pad" | "list-square" | "stacked-square" | "each" | "hub";
export type Resizer = "pillow" | "pillow-12.2" | "pillow-13" | "torchvision";

/** How images become tiles and tokens. Each defaults to what the checkpoint's layout implies. */
export interface NativeReadings {
  /** Grid pairs read as (width, height) or (height, width). Default: native "wh", converted "hw". */
  readonly gridOrder?: "wh" | "hw";
  /** Linear stretch of rotary positions and context, at least 2; for checkpoints whose config has none. */
  readonly ropeFactor?: number;
  /** Unpad arithmetic: native and early converters truncate the raw product, later ones round to 7 decimals first. Default "trunc". */
  readonly unpadRounding?: "trunc" | "round7";
  /** Default: the config's image_aspect_ratio, else anyres with a grid list, else "crop" (converted 1.5). */
  readonly aspectRatio?: "anyres" | "pad" | "crop" | "squeeze";
  /** How several images of one prompt are read: tiles each, or one tile each (padded or squeezed to a square), which the reference was handed as a list (a newline vector behind each) or stacked. Of any size: "each" by itself, or "hub": cut too early, as the published forward of OneVision-1.5 does. */
  readonly images?: SeveralImages;
  /** Whose bicubic resize. Default "pillow": up to 12.1. */
  readonly resizer?: Resizer;
  /** Of towers that take images of any size: bounds of the resized image, and the resize that lmms-eval puts in front. */
  readonly minPixels?: number;
  readonly maxPixels?: number;
  readonly resizedFirst?: "no" | "qwen-vl-utils";
  /** Frames of clips. */
  readonly clipPool?: "bilinear" | "average" | "max";
  readonly clipPoolPlace?: "after-projector" | "before-projector";
  readonly clipNewline?: "grid" | "frame" | "one_token" | "no_token";
  /** Which keys a sliding window of W holds: W of them (i-W+1..i, default) or W+1 (i-W..i, as older code masks it). */
  readonly windowKeys?: "w" | "w+1";
  /** Replaces the config's sliding window (tests); 0 = none. */
  readonly slidingWindow?: number;
  /** Vocabulary rows that take part in arg-max and softmax. Default: all rows; pass the tokenizer's length for native checkpoints. */
  readonly logitRows?: number;
}

export interface NativeModelOptions extends NativeReadings {
  /** A local folder. */
  readonly path: string;
  /** Folder of the vision tower for native checkpoints that only name it and have no tower weights or config inside. */
  readonly visionTower?: string;
  readonly dtype?: "auto" | "float32" | "bfloat16" | "float16";
  readonly quantisation?: "none" | "int8" | "fp8";
}

export interface NativeEngineOptions extends NativeModelOptions {
  /** "cpu" (default), "cuda", "cuda:N"; several CUDA devices = pipeline stages: "cuda:0,cuda:1". "reference" = the slow oracle. */
  readonly device?: string;
  /** CPU worker threads; 0 (default) = one per usable core. */
  readonly threads?: number;
  /** Threads for resizing and tiling; 0 (default) = chosen from the machine. */
  readonly imageThreads?: number;
  /** Rows of one prefill pass. 0 (default) = chosen from the device. */
  readonly tokenBudget?: number;
  /** Sequences that decode together. 0 (default) = chosen. */
  readonly maxSequences?: number;
  /** Longest prompt + answer; 0 (default) = the model's own, cut to what memory holds. */
  readonly maxContext?: number;
  /** Bytes for weights, scratch and KV together; 0 (default) = from the device's free memory. */
  readonly memory?: number;
  /** false = never reuse a prefix (tests). Default true. */
  readonly sharePrefixes?: boolean;
}

/** A model as the engine runs it. */
export interface NativeModelDescription {
  /** `model_type` as written. */
  readonly modelType: string;
  /** "native" (LLaVA repository) or "converted" (transformers). */
  readonly layout: "native" | "converted";
  /** "llava-1.5", "llava-next" (anyres), "llava-onevision" (anyres_max_k), "llava-next-video", "llava-onevision-1.5", "llava-onevision-2". */
  readonly family: string;
  readonly text: {
    /** "qwen2", "qwen3", "llama", "mistral". */
    readonly type: string;
    readonly hidden: number;
    readonly layers: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headSize: number;
    readonly intermediate: number;
    readonly vocabularyRows: number;
    readonly context: number;
    readonly ropeTheta: number;
    readonly ropeScaling: string;
    readonly normEps: number;
    readonly qkvBias: boolean;
    /** Each head of q and k is normed before it is rotated (Qwen3). */
    readonly queryKeyNorm: boolean;
    readonly tiedEmbeddings: boolean;
    readonly slidingWindow: number;
  };
  readonly vision: {
    /** "clip", "siglip"; of images of any size "rice", "onevision". */
    readonly type: string;
    readonly hidden: number;
    readonly layers: number;
    readonly layersUsed: number;
    readonly heads: number;
    readonly intermediate: number;
    readonly imageSize: number;
    readonly patchSize: number;
    /** Side of the square of patches that becomes one token; 1 but for images of any size. */
    readonly mergeSize: number;
    readonly selectLayer: number;
    readonly selectFeature: string;
  };
  readonly projector: string;
  readonly mergeType: string;
  readonly aspectRatio: "anyres" | "pad" | "crop" | "squeeze" | "any-size";
  /** Of several images in one prompt. */
  readonly images: SeveralImages;
  readonly resizer: Resizer;
  /** Of images of any size: both sides multiples of `factor`, bounds of the area; null for towers of tiles. */
  readonly pixels: {
    readonly factor: number;
    readonly least: number;
    readonly most: number;
    /** By qwen_vl_utils. */
    readonly resizedFirst: boolean;
  } | null;
  /** Frames of clips, and why the checkpoint takes none. */
  readonly clips: {
    readonly pool: "bilinear" | "average" | "max";
    readonly place: "after-projector" | "before-projector";
    readonly newline: "grid" | "frame" | "one_token" | "no_token";
    readonly refusal: string | null;
  };
  readonly gridOrder: "wh" | "hw";
  readonly grid: readonly (readonly [number, number])[];
  /** Tokens of one image, at most. */
  readonly mostImageTokens: number;
  readonly logitRows: number;
  /** Parameters by part, from tensor shapes where weights are there, else from the config. */
  readonly parameters: {
    readonly total: number;
    readonly text: number;
    readonly vision: number;
    readonly projector: number;
  };
  /** false = config only (no weight files in the folder): described, cannot be opened. */
  readonly hasWeights: boolean;
  readonly storedDtype: string;
  readonly dtype: "float32" | "bfloat16" | "float16";
  readonly weightBytes: number;
  readonly kvBytesPerToken: number;
  /** `image_token_index` of converted checkpoints: replace it by IMAGE_SLOT. -200 for native ones. */
  readonly imageTokenId: number;
  readonly eosTokenIds: readonly number[];
  readonly bosTokenId: number | null;
  readonly padTokenId: number | null;
  /** From generation_config.json; 1 when absent. */
  readonly repetitionPenalty: number;
  /** Native: generated ids only; converted: prompt ids too. */
  readonly penalizePrompt: boolean;
  /** mm_use_im_start_end / mm_use_im_patch_token: text that goes around or into the image slot before tokenisation. */
  readonly imageStartEnd: boolean;
  readonly imagePatchToken: boolean;
  /** Memory per device, bytes. */
  readonly memoryPlan: readonly {
    readonly device: string;
    readonly weights: number;
    readonly scratch: number;
    readonly free: number;
    readonly kvTokens: number;
    readonly fits: boolean;
  }[];
  /** Config fields that the engine refuses, with the reason; opening throws the first. */
  readonly unsupported: readonly { readonly field: string; readonly value: string; readonly reason: string }[];
  /** Config fields without influence on inference (training, video). */
  readonly ignored: readonly string[];
  /** Set config fields that this version does not know: worth a warning. */
  readonly unknown: readonly string[];
}

/** What a description does not say where it follows from something unsupported. */
type Unknowable =
  | "layout"
  | "family"
  | "text"
  | "vision"
  | "projector"
  | "mergeType"
  | "aspectRatio"
  | "images"
  | "resizer"
  | "pixels"
  | "clips"
  | "gridOrder"
  | "grid"
  | "mostImageTokens"
  | "logitRows"
  | "storedDtype"
  | "dtype"
  | "weightBytes"
  | "kvBytesPerToken"
  | "imageTokenId";
type OrUnknown<T> = { readonly [K in keyof T]: T[K] | null };

/** A checkpoint as read from config and tensor headers; no weight is loaded. It may be one that the engine cannot open. */
export interface NativeCheckpoint
  extends Omit<NativeModelDescription, Unknowable | "parameters">,
    OrUnknown<Pick<NativeModelDescription, Unknowable>> {
  readonly parameters: OrUnknown<NativeModelDescription["parameters"]>;
  /** Why opening it would fail; null: it can be opened. */
  readonly refusal: { readonly problem: string; readonly where: string; readonly fix: string } | null;
}

export interface NativeDevice {
  /** As `device` takes it. */
  readonly name: string;
  readonly kind: "cpu" | "cuda" | "reference";
  readonly model: string;
  readonly memoryTotal: number;
  readonly memoryFree: number;
}

export interface NativeStatistics {
  readonly requests: number;
  readonly prefillTokens: number;
  readonly sharedTokens: number;
  readonly decodedTokens: number;
  /** Images in requests, and how many of them went through the tower: the rest was shared. */
  readonly images: number;
  readonly imagesEncoded: number;
  readonly prefillSteps: number;
  readonly decodeSteps: number;
  readonly busyMs: number;
}

/**
 * One loaded model. Methods return at once; work happens on the engine's own thread, which batches whatever is in flight.
 * Rejections are `Error`s with `code`: `ABORTED` (abort was called), `CLOSED` (engine closed), `CONTEXT` (prompt + answer too long),
 * `REQUEST` (malformed request), `IMAGE`, `DEVICE` (a device failure: the engine is unusable), `NAN` (logits are not numbers).
 */
export interface NativeEngine {
  readonly description: NativeModelDescription;
  /** All that can change a bit of an answer besides the checkpoint: device, instruction set, dtype, library versions. */
  readonly fingerprint: { readonly [key: string]: string };
  /** What is worth having in flight at once. */
  readonly concurrency: number;
  /** Longest merged prompt + answer. */
  readonly maxContext: number;
  generate(request: NativeGenerateRequest): Promise<NativeOutput>;
  loglikelihood(request: NativeLikelihoodRequest): Promise<NativeLikelihoodOutput>;
  /** Rejects the request with `ABORTED` soon; unknown ids are ignored. */
  abort(id: number): void;
  /** Packed tokens of the images of one prompt, together: how one is read depends on what stands beside it. */
  imageTokens(images: readonly ImageSize[]): number;
  /**
   * Image `at` of a prompt with these images, cut as the model sees it: a request may carry it instead of the pixels, which are
   * many times as large. `rgb` is read until the promise settles. Rejects with `IMAGE`.
   */
  tiles(images: readonly ImageSize[], at: number, rgb: Uint8Array): Promise<Uint8Array>;
  statistics(): NativeStatistics;
  /** Rejects what is in flight, frees the device. Idempotent; resolves when all memory is free. */
  close(): Promise<void>;
}

/** Errors of `open` and `describe` have code `INPUT` and the fields `where` and `fix`: see `asUserError`. */
export interface NativeAddon {
  readonly version: string;
  /** Of what this file types: an addon of another one was built from other sources. */
  readonly surface: number;
  /** Compiled with the CUDA back end. */
  readonly hasCuda: boolean;
  devices(): readonly NativeDevice[];
  /** Why no GPU answers (empty: some do), and which cuBLASLt serves prompts (empty: none is found). null: compiled without CUDA. */
  cuda(): { readonly problem: string; readonly cublasLt: string } | null;
  describe(options: NativeModelOptions): Promise<NativeCheckpoint>;
  open(
    options: NativeEngineOptions,
    onProgress?: (loadedBytes: number, totalBytes: number) => void,
  ): Promise<NativeEngine>;
}
