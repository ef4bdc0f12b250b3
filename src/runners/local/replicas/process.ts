/** The main module of an engine process: one engine, asked by messages. Ends when its parent does. */
import { loadAddon } from "../addon.js";
import type { NativeEngine, NativeImage, NativePrompt } from "../native.js";
import { type FromReplica, failureOf, type ShownImage, type ToReplica } from "./messages.js";

let engine: NativeEngine | undefined;
const images = new Map<string, NativeImage>();
const enough = new Set<number>();

const say = (message: FromReplica): void => {
  if (process.connected) process.send?.(message);
};

process.on("message", (message: ToReplica) => void hear(message));
process.on("disconnect", () => void (engine?.close() ?? Promise.resolve()).finally(() => process.exit(0)));
process.on("SIGINT", () => {}); // Ctrl-C reaches the whole group; the parent decides what happens

async function hear(message: ToReplica): Promise<void> {
  switch (message.kind) {
    case "open":
      return open(message);
    case "image":
      images.set(message.image.digest, message.image);
      return;
    case "forget":
      images.delete(message.digest);
      return;
    case "enough":
      enough.add(message.id);
      return;
    case "abort":
      opened().abort(message.id);
      return;
    case "imageTokens": {
      const { images } = message;
      return say({ kind: "imageTokens", images, count: opened().imageTokens(images) });
    }
    case "tiles": {
      const { id, images, at, rgb } = message;
      try {
        return say({ kind: "tiles", id, tiles: await opened().tiles(images, at, rgb) });
      } catch (error) {
        return say({ kind: "failure", id, failure: failureOf(error) });
      }
    }
    case "generate": {
      const { streams, request } = message;
      const onTokens = (tokens: Int32Array) => {
        say({ kind: "tokens", id: request.id, tokens });
        return !enough.has(request.id);
      };
      return answer(request.id, () => opened().generate({ ...withImages(request), ...(streams ? { onTokens } : {}) }));
    }
    case "loglikelihood":
      return answer(message.request.id, () => opened().loglikelihood(withImages(message.request)));
  }
}

async function open({ options }: Extract<ToReplica, { kind: "open" }>): Promise<void> {
  try {
    engine = await loadAddon().open(options, (loaded, total) => say({ kind: "progress", loaded, total }));
    const { description, fingerprint, concurrency, maxContext } = engine;
    say({ kind: "opened", engine: { description, fingerprint, concurrency, maxContext } });
  } catch (error) {
    say({ kind: "notOpened", failure: failureOf(error) });
  }
}

async function answer(id: number, ask: () => ReturnType<NativeEngine["generate" | "loglikelihood"]>): Promise<void> {
  try {
    const output = await ask();
    say({ kind: "answer", id, output, statistics: opened().statistics() });
  } catch (error) {
    say({ kind: "failure", id, failure: failureOf(error) });
  } finally {
    enough.delete(id);
  }
}

function opened(): NativeEngine {
  if (!engine) throw new Error("the engine is not open");
  return engine;
}

/** The parent sends an image before the first request that names it. */
function withImages<Request extends { readonly images: readonly ShownImage[] }>(
  request: Request,
): Omit<Request, "images"> & Pick<NativePrompt, "images"> {
  return {
    ...request,
    images: request.images.map((shown) => ({ ...(images.get(shown.digest) as NativeImage), ...shown })),
  };
}
