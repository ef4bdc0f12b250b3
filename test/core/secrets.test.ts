import { expect, test } from "vitest";
import { hideShapes, looksRandom, looksSecret, namesSecret, secretsHidden } from "../../src/core/secrets.js";

test.each(
  [
    "apiKey API_KEY api-key apikey api_keys key x-api-key ocp-apim-subscription-key litellm_key auth_key_v2 x-apikey-v2",
    "aws_secret_access_key AWSSecretAccessKey aws_session_token azure_ad_token user_api_key hf_token access_tokens token",
    "authToken accesstoken x-gateway-token client_secret cf-access-client-secret-id secret secretFoo",
    "password db_password dbpassword passwd pwd user_pwd x-pass pw passphrase auth x-auth basic_auth oauth2 Authorization",
    "Proxy-Authorization bearer cookie credentials aws_credential signature jwt key_for_prod",
  ].flatMap((line) => line.split(" ")),
)("%s names a secret", (name) => expect(namesSecret(name)).toBe(true));

test.each(
  [
    "max_tokens max_completion_tokens min_tokens stop_token_ids n_tokens truncate_prompt_tokens thinking_token_budget",
    "bos_token eos_token pad_token image_token stop_token skip_special_tokens add_special_tokens tokenizer tokenizer_mode tokens",
    "top_k num_keys max_keys sort_keys keys keyword keywords key_frames keyframes keyFrames key_points monkey",
    "prompt_cache_key promptCacheKey sort_key idempotency-key keep_alive key_value_cache",
    "auth_type auth_mode secret_name token_type author authority passthrough bypass pass_at_k single_pass compass",
    "model messages temperature response_format chat_template_kwargs reasoning_effort mm_processor_kwargs thinkingConfig",
    "service_tier safety_identifier user metadata logit_bias seed anthropic-beta anthropic-version content-type http-referer x-title",
  ].flatMap((line) => line.split(" ")),
)("%s is an honest name", (name) => expect(namesSecret(name)).toBe(false));

test.each([
  "AKIAIOSFODNN7EXAMPLE",
  "the key ASIAIOSFODNN7EXAMPLE, of a role",
  "http://me:pw@host/v1",
  "http://token@host/v1",
  "http://us@er:SECR#ETPW@127.0.0.1:1/v1",
  "http://h/v1?pwd=x1",
  "http://h/v1?a=b&auth_key_v2=x1",
  "http://h:1/v1/SECRETVAL1234567890abcdef/x",
  "http://h:1/v1/Zq81%2FmXv0pT5%2BrLw3k%2F9dKx7Bv2",
  "http://h:1/v1/Qz7hexlessKeyvalue-0123456789abcdefXYZ",
])("%s holds a secret", (text) => expect(looksSecret(text)).toBe(true));

test.each([
  "http://gpu-1:8000/v1",
  "http://h/v1/projects/my-project-1234/locations/us-central1/endpoints/1234567890123456789",
  "http://h/v1/publishers/google/models/gemini-2.5-flash@001:generate",
  "https://api.cloudflare.com/client/v4/accounts/0123456789abcdef0123456789abcdef/ai/v1",
  "https://gateway.ai.cloudflare.com/v1/0123456789abcdef0123456789abcdef/mine/openai",
  "https://me.openai.azure.com/openai/deployments/gpt-4o-2024-11-20/?api-version=2024-12-01-preview",
  "https://h/serving/3f2504e0-4f89-11d3-9a0c-0305e82c3301/v1",
  "https://h/v2/llava-onevision-qwen2-7b-ov-chat-q4-20240815/openai/v1",
  "https://github.com/a/b/tree/0123456789abcdef0123456789abcdef01234567",
  "http://h/v1?max_tokens=5&keywords=a&top_k=4",
  "see https://x.com/@someone",
  "http://h/openai/with%20an%20overloaded%20provider%20(DeepSeek)/v1",
])("%s is an honest text", (text) => expect(looksSecret(text)).toBe(false));

test.each([
  ["http://us@er:SECR#ETPW@127.0.0.1:1/v1", "http://[secret]@127.0.0.1:1/v1"],
  ["http://us:a/b?c@h/v1 and me@here", "http://[secret]@h/v1 and me@here"],
  ['"http://me:p"w@h/v1" is no URL', '"http://[secret]@h/v1" is no URL'],
  // The end of a JSON text is the end of its URL: what is hidden leaves JSON behind.
  ['{"docs":"https://h/docs","mail":"help@h"}', '{"docs":"https://h/docs","mail":"help@h"}'],
  ["http://h/v1?max_tokens=5&pwd=x1#a", "http://h/v1?max_tokens=5&pwd=[secret]"],
])("%s is shown as %s", (text, shown) => expect(hideShapes(text)).toBe(shown));

test("hiding takes no time to speak of, whatever stands in the text", () => {
  const began = performance.now();
  for (const piece of ["http://", "://a:", "eyJ-", "?a", "\\"]) hideShapes(piece.repeat(8_000));
  expect(performance.now() - began).toBeLessThan(3_000);
});

test("the name of a variable is told from a key", () => {
  for (const name of ["OPENAI_API_KEY", "MY_TEAM_2_GATEWAY_TOKEN_V2", "AZURE_OPENAI_KEY_EASTUS2_2024"])
    expect(looksRandom(name), name).toBe(false);
  expect(looksRandom("SECRETVAL1234567890abcdefghijklmnop")).toBe(true);
  expect(secretsHidden("apiKey", "env:MY_KEY")).toBe("env:MY_KEY");
  expect(secretsHidden("apiKey", "env:SECRETVAL1234567890-abcdefghijk1")).toBe("env:[secret]");
});
