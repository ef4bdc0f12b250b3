/** What the harness and an engine process say to each other. Order is kept; typed arrays travel as they are. */
import type {
  ImageSize,
  NativeEngine,
  NativeEngineOptions,
  NativeGenerateRequest,
  NativeImage,
  NativeLikelihoodOutput,
  NativeLikelihoodRequest,
  NativeOutput,
  NativeStatistics,
} from "../native.js";

/** Images are sent once and named by their digest afterwards. */
export type ShownImage = Pick<NativeImage, "digest" | "clip" | "frame">;
type ByDigest<Request> = Omit<Request, "images" | "onTokens"> & { readonly images: readonly ShownImage[] };

export type ToReplica =
  | { readonly kind: "open"; readonly options: NativeEngineOptions }
  | { readonly kind: "image"; readonly image: NativeImage }
  | { readonly kind: "forget"; readonly digest: string }
  | { readonly kind: "generate"; readonly request: ByDigest<NativeGenerateRequest>; readonly streams: boolean }
  | { readonly kind: "loglikelihood"; readonly request: ByDigest<NativeLikelihoodRequest> }
  /** No more tokens of this answer are wanted. */
  | { readonly kind: "enough"; readonly id: number }
  | { readonly kind: "abort"; readonly id: number }
  | { readonly kind: "imageTokens"; readonly images: readonly ImageSize[] }
  | {
      readonly kind: "tiles";
      readonly id: number;
      readonly images: readonly ImageSize[];
      readonly at: number;
      readonly rgb: Uint8Array;
    };

export type Opened = Pick<NativeEngine, "description" | "fingerprint" | "concurrency" | "maxContext">;

export interface Failure {
  readonly message: string;
  readonly code?: string;
  readonly where?: string;
  readonly fix?: string;
}

export type FromReplica =
  | { readonly kind: "progress"; readonly loaded: number; readonly total: number }
  | { readonly kind: "opened"; readonly engine: Opened }
  | { readonly kind: "notOpened"; readonly failure: Failure }
  | { readonly kind: "tokens"; readonly id: number; readonly tokens: Int32Array }
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly output: NativeOutput | NativeLikelihoodOutput;
      readonly statistics: NativeStatistics;
    }
  | { readonly kind: "tiles"; readonly id: number; readonly tiles: Uint8Array }
  | { readonly kind: "failure"; readonly id: number; readonly failure: Failure }
  | { readonly kind: "imageTokens"; readonly images: readonly ImageSize[]; readonly count: number };

/** An Error with its code, place and remedy, as the engine throws them, in a form that travels. */
export function failureOf(error: unknown): Failure {
  const { message, code, where, fix } = error as { message?: unknown; code?: unknown; where?: unknown; fix?: unknown };
  return {
    message: typeof message === "string" ? message : String(error),
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof where === "string" ? { where } : {}),
    ...(typeof fix === "string" ? { fix } : {}),
  };
}

export function errorOf({ message, ...fields }: Failure): Error {
  return Object.assign(new Error(message), fields);
}
