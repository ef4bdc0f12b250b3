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
  const keyName = config.apiKey?.slice("env:".length) ?? protocol.keyVariable;
  const sent = {
    "content-type": "application/json",
    accept: "application/json",
    ...protocol.headers(key ?? usual),
    ...headers,
  };
  requireSendable(sent, config, keyName);
  const transport = new Transport({ environment, secrets, connections: Math.max(256, most) });
  return new RemoteRunner({
    name: config.name ?? `${config.runner}:${config.model}${ownUrl ? "" : `@${urls[0]}`}`,
    fingerprint: fingerprintOf(config, urls),
    config,
    protocol,
    transport,
    urls,
    most,
    headers: sent,
    keyName,
    warn: options.warn ?? (() => {}),
  });
}

/**
 * What the numbers depend on: everything that a request is made of, but its key. What is left out is named, so that a new
 * option is in unless somebody says otherwise.
 */
function fingerprintOf(config: RemoteConfig, urls: readonly string[]): Fingerprint {
  const {
    apiKey: _key,
    about: _about,
    name: _name,
    prices: _prices,
    countsImages: _counts,
    concurrency: _concurrency,
    timeoutSeconds: _seconds,
    attempts: _attempts,
    urls: _urls,
    runner,
    model,
    ...asked
  } = config;
  return { runner, model, url: urls[0] ?? "", ...(asked as Fingerprint) };
}

/** What no header can hold is found before it is sent: a key copied with typographic quotes, or with a line's end. */
function requireSendable(headers: Readonly<Record<string, string>>, config: RemoteConfig, keyName: string): void {
  for (const [name, value] of Object.entries(headers)) {
    const bad = [...value].findIndex((character) => !/[\t\x20-\x7e\x80-\xff]/.test(character));
    const own = config.headers?.[name];
    const variable = own?.startsWith("env:") ? own.slice("env:".length) : own === undefined ? keyName : undefined;
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      throw new UserError(
        `"${name}" is no name of a header`,
        `headers of model ${config.model}`,
        "use letters, digits and -",
      );
    }
    if (bad >= 0) {
      throw new UserError(
        variable === undefined ? `the header ${name} cannot be sent` : `the key in ${variable} cannot be sent`,
        `character ${bad + 1}`,
        "copy it again: no header can hold that character (a typographic quote? a line's end?)",
      );
    }
  }
}
