/** Data parallel: equal engines, each in its own process on its own device, behind the face of one. */
import { UserError } from "../../../core/errors.js";
import type { Engine } from "../engine.js";
import type {
  ImageSize,
  NativeEngineOptions,
  NativeGenerateRequest,
  NativeLikelihoodOutput,
  NativeLikelihoodRequest,
  NativeOutput,
  NativePrompt,
  NativeStatistics,
} from "../native.js";
import type { Opened } from "./messages.js";
import { Replica } from "./replica.js";

/** Groups whose engine is remembered: their prefix is in its cache. */
const groupsRemembered = 4096;

export class ReplicaGroup implements Engine {
  readonly description: Opened["description"];
  readonly fingerprint: Opened["fingerprint"];
  readonly concurrency: number;
  readonly maxContext: number;
  private readonly homes = new Map<string, Replica>(); // by prefix, the oldest first
  private readonly byRequest = new Map<number, Replica>();

  private constructor(
    private readonly replicas: readonly Replica[],
    engines: readonly Opened[],
    first: Opened,
  ) {
    this.description = first.description;
    this.fingerprint = first.fingerprint;
    this.concurrency = engines.reduce((sum, { concurrency }) => sum + concurrency, 0);
    this.maxContext = Math.min(...engines.map(({ maxContext }) => maxContext));
  }

  /**
   * @param devices  one per engine, as the engine's `device` takes them
   * @throws UserError  the devices would not give equal answers; else what opening the engines throws
   */
  static async open(
    options: NativeEngineOptions,
    devices: readonly string[],
    onProgress: (loaded: number, total: number) => void,
  ): Promise<ReplicaGroup> {
    const loaded = new Map<string, readonly [number, number]>();
    const opening = devices.map((device, i) =>
      Replica.open({ ...options, device }, (done, total) => {
        loaded.set(`${device}/${i}`, [done, total]);
        const sums = [...loaded.values()].reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
        onProgress(sums[0] ?? 0, sums[1] ?? 0);
      }),
    );
    const settled = await Promise.allSettled(opening);
    const opened = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const closeAll = () => Promise.all(opened.map(({ replica }) => replica.close()));
    const failed = settled.find((one) => one.status === "rejected");
    if (failed) {
      await closeAll();
      throw failed.reason;
    }
    const engines = opened.map(({ engine }) => engine);
    const [first] = engines;
    if (!first) throw new RangeError("a group needs at least one device");
    const other = engines.findIndex(({ fingerprint }) => !sameFields(fingerprint, first.fingerprint));
    if (other >= 0) {
      await closeAll();
      throw new UserError(
        `${devices[0]} and ${devices[other]} round differently: an answer would depend on which one gave it`,
        "--replicas",
        "use devices of one kind, or one replica",
      );
    }
    return new ReplicaGroup(
      opened.map(({ replica }) => replica),
      engines,
      first,
    );
  }

  generate(request: NativeGenerateRequest): Promise<NativeOutput> {
    return this.at(request, (replica) => replica.generate(request));
  }

  loglikelihood(request: NativeLikelihoodRequest): Promise<NativeLikelihoodOutput> {
    return this.at(request, (replica) => replica.loglikelihood(request));
  }

  abort(id: number): void {
    this.byRequest.get(id)?.abort(id);
  }

  imageTokens(images: readonly ImageSize[]): Promise<number> {
    return (this.replicas[0] as Replica).imageTokens(images);
  }

  tiles(images: readonly ImageSize[], at: number, rgb: Uint8Array): Promise<Uint8Array> {
    return this.idlest().tiles(images, at, rgb);
  }

  statistics(): NativeStatistics {
    const all = this.replicas.flatMap(({ statistics }) => statistics ?? []);
    const sum = (field: keyof NativeStatistics) => all.reduce((total, one) => total + one[field], 0);
    return {
      requests: sum("requests"),
      prefillTokens: sum("prefillTokens"),
      sharedTokens: sum("sharedTokens"),
      decodedTokens: sum("decodedTokens"),
      images: sum("images"),
      imagesEncoded: sum("imagesEncoded"),
      prefillSteps: sum("prefillSteps"),
      decodeSteps: sum("decodeSteps"),
      busyMs: sum("busyMs"),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  private async at<Output>(request: NativePrompt, ask: (replica: Replica) => Promise<Output>): Promise<Output> {
    const replica = this.home(request);
    this.byRequest.set(request.id, replica);
    try {
      return await ask(replica);
    } finally {
      this.byRequest.delete(request.id);
    }
  }

  /** Requests that share a prefix, or are about one image, go where its prefix is; a new one goes where least is under way. */
  private home({ prefix, images }: NativePrompt): Replica {
    const key = prefix?.key ?? images[0]?.digest;
    const known = key === undefined ? undefined : this.homes.get(key);
    const replica = known ?? this.idlest();
    if (key === undefined) return replica;
    this.homes.delete(key);
    this.homes.set(key, replica);
    for (const oldest of this.homes.keys()) {
      if (this.homes.size <= groupsRemembered) break;
      this.homes.delete(oldest);
    }
    return replica;
  }

  private idlest(): Replica {
    return this.replicas.reduce((least, one) => (one.load < least.load ? one : least));
  }
}

function sameFields(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}
