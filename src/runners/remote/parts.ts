import type { Fingerprint } from "../../core/runner.js";
import type { Transport } from "../../http/transport.js";
import type { RemoteConfig } from "../config.js";
import type { Protocol } from "./protocol.js";

/** What a remote runner is made of: one model, its servers, and the way to talk with them. */
export interface RemoteParts {
  readonly name: string;
  readonly fingerprint: Fingerprint;
  readonly config: RemoteConfig;
  readonly protocol: Protocol;
  readonly transport: Transport;
  readonly urls: readonly string[];
  /** Requests in flight, at most. */
  readonly most: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The environment variable of the key, for messages. */
  readonly keyName: string;
  readonly warn: (message: string) => void;
}
