import { UserError } from "../../core/errors.js";
import type { Fingerprint, Runner } from "../../core/runner.js";
import { Transport } from "../../http/transport.js";
import type { RemoteConfig } from "../config.js";
import type { RunnerOptions } from "../options.js";
import { anthropic } from "./anthropic.js";
import { gemini } from "./gemini.js";
import { openAi } from "./openai.js";
import type { OpenProtocol } from "./protocol.js";
import { RemoteRunner } from "./remote-runner.js";

const protocols: Record<RemoteConfig["runner"], OpenProtocol> = { openai: openAi, anthropic, gemini };

/** A model behind HTTP. Nothing is sent yet. @throws UserError  a variable named by `env:NAME` is not set */
export async function openRemote(config: RemoteConfig, options: RunnerOptions): Promise<Runner> {
  const environment = options.environment ?? process.env;
  const protocol = protocols[config.runner](config);
  const urls = config.urls ?? [protocol.defaultUrl];
  const secrets: string[] = [];
  const secret = (reference: string, field: string): string => {
    const name = reference.slice("env:".length);
    const value = environment[name]?.trim();
    if (!value)
      throw new UserError(
        `the environment variable ${name} is not set`,
        `${field} of model ${config.model}`,
        `export ${name}=... before the run`,
      );
    secrets.push(value);
    return value;
  };
  const key = config.apiKey === undefined ? undefined : secret(config.apiKey, "apiKey");
  // A provider's key goes to that provider alone: never to a server that a URL names.
  const home = new URL(protocol.defaultUrl).origin;
  const ownUrl = urls.every((url) => new URL(url).origin === home);
  const usual = ownUrl && key === undefined ? secret(`env:${protocol.keyVariable}`, "the key") : undefined;
  const headers = Object.fromEntries(
    Object.entries(config.headers ?? {}).map(([name, value]) => [
      name,
      value.startsWith("env:") ? secret(value, `headers.${name}`) : value,
    ]),
  );
  const most = options.concurrency ?? config.concurrency ?? 64;
  const transport = new Transport({ environment, secrets, connections: Math.max(256, most) });
  return new RemoteRunner({
    name: config.name ?? `${config.runner}:${config.model}${ownUrl ? "" : `@${urls[0]}`}`,
    fingerprint: fingerprintOf(config, urls),
    config,
    protocol,
    transport,
    urls,
    most,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      ...protocol.headers(key ?? usual),
      ...headers,
    },
    keyName: config.apiKey?.slice("env:".length) ?? protocol.keyVariable,
    warn: options.warn ?? (() => {}),
  });
}

/** What the numbers depend on: never the key, and not how often or how fast it is asked. */
function fingerprintOf(config: RemoteConfig, urls: readonly string[]): Fingerprint {
  return {
    runner: config.runner,
    model: config.model,
    url: urls[0] ?? "",
    ...(config.body === undefined ? {} : { body: config.body }),
    ...(config.images === undefined ? {} : { images: config.images }),
  };
}
