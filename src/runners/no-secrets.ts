import { UserError } from "../core/errors.js";
import { looksRandom, looksSecret, namesSecret } from "../core/secrets.js";
import type { ModelConfig } from "./config.js";

/**
 * A model's config is written into run.json, and from there into baselines and artifacts: what looks like a key in it is
 * refused, and not printed.
 * @param where  the file or flag that the config comes from
 */
export function refuseSecrets(config: ModelConfig, where: string): void {
  if ("headers" in config) {
    for (const [name, value] of Object.entries(config.headers ?? {})) {
      if (!value.startsWith("env:") && (endsSecret(name) || isCredential(value))) {
        throw new UserError(
          `headers.${name} holds a key`,
          where,
          `put it into an environment variable and name it: headers: {${name}: env:NAME}`,
        );
      }
    }
  }
  for (const url of ("urls" in config && config.urls) || []) refuseInUrl(url, where);
  refuseIn(config, [], where);
}

/** A header's last word says enough: `x-gateway-token`, `my-api-key`. Another name for a header costs nobody anything. */
const endsSecret = (name: string) =>
  namesSecret(name) || /(key|token|secret|password|auth|authorization|cookie|signature|credentials?)$/i.test(name);

const isCredential = (value: string) =>
  looksSecret(value) || /^(Bearer|Basic|Token)\s/i.test(value) || /^(?=.*\d)(?=.*[a-z])[\w+/=-]{32,}$/i.test(value);

function refuseInUrl(text: string, where: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return;
  if (url.username !== "" || url.password !== "") {
    throw new UserError(
      "a URL must not hold a user name or password",
      where,
      'put them into an environment variable, as "Basic ..." of their base64, and name it: headers: {authorization: env:NAME}',
    );
  }
  for (const [name, value] of url.searchParams) {
    if (endsSecret(name) || /^(sig|code)$/i.test(name) || isCredential(value)) {
      throw new UserError(
        `the URL's ${name} holds a key`,
        where,
        "put it into an environment variable and send it as a header: headers: {NAME-OF-HEADER: env:NAME}",
      );
    }
  }
}

/** Every text, wherever it stands. */
function refuseIn(value: unknown, path: readonly string[], where: string): void {
  if (typeof value === "string") {
    const [first = ""] = path;
    const named = first === "body" && namesSecret(path.findLast((name) => !/^\d+$/.test(name)) ?? "");
    // `env:` with the key itself after it: its variable would be named in messages.
    const isKey = looksSecret(value) || (value.startsWith("env:") && looksRandom(value));
    if (!isKey && !named) return;
    throw new UserError(
      `${path.join(".")} holds a key`,
      where,
      "put it into an environment variable and name that: apiKey: env:NAME, or headers: {NAME-OF-HEADER: env:NAME}",
    );
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    refuseIn(name, [...path, "a name in it"], where);
    refuseIn(inner, [...path, name], where);
  }
}
