#include "addon/results.h"

#include "addon/values.h"

namespace llava {

namespace {

Napi::Object usage_object(Napi::Env env, const Usage& usage) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("promptTokens", static_cast<double>(usage.prompt_tokens));
  out.Set("imageTokens", static_cast<double>(usage.image_tokens));
  out.Set("cachedTokens", static_cast<double>(usage.cached_tokens));
  out.Set("completionTokens", static_cast<double>(usage.completion_tokens));
  return out;
}

}  // namespace

Napi::Object answer_object(Napi::Env env, const Answer& answer) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("usage", usage_object(env, answer.usage));
  Napi::Object timing = Napi::Object::New(env);
  timing.Set("queueMs", answer.timing.queue_ms);
  timing.Set("prefillMs", answer.timing.prefill_ms);
  timing.Set("decodeMs", answer.timing.decode_ms);
  out.Set("timing", timing);
  if (!answer.logits.empty()) out.Set("logits", float32_array(env, answer.logits));
  if (!answer.continuations.empty()) {
    Napi::Array list = Napi::Array::New(env, answer.continuations.size());
    for (uint32_t i = 0; i < answer.continuations.size(); ++i) {
      const ContinuationScore& score = answer.continuations[i];
      Napi::Object item = Napi::Object::New(env);
      item.Set("logprob", score.sum);
      item.Set("isGreedy", score.greedy);
      item.Set("tokenLogprobs", float32_array(env, score.logprobs));
      list.Set(i, item);
    }
    out.Set("continuations", list);
    return out;
  }
  out.Set("tokens", int32_array(env, answer.tokens));
  out.Set("finish", answer.finish == Finish::stop ? "stop" : "length");
  if (!answer.top_ids.empty()) {
    Napi::Object top = Napi::Object::New(env);
    top.Set("ids", int32_array(env, answer.top_ids));
    top.Set("logprobs", float32_array(env, answer.top_logprobs));
    out.Set("firstTokenTop", top);
  }
  if (!answer.first_of.empty()) out.Set("firstTokenOf", float32_array(env, answer.first_of));
  return out;
}

Napi::Object statistics_object(Napi::Env env, const Statistics& s) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("requests", static_cast<double>(s.requests));
  out.Set("prefillTokens", static_cast<double>(s.prefill_tokens));
  out.Set("sharedTokens", static_cast<double>(s.shared_tokens));
  out.Set("decodedTokens", static_cast<double>(s.decoded_tokens));
  out.Set("images", static_cast<double>(s.images));
  out.Set("imagesEncoded", static_cast<double>(s.images_encoded));
  out.Set("prefillSteps", static_cast<double>(s.prefill_steps));
  out.Set("decodeSteps", static_cast<double>(s.decode_steps));
  out.Set("busyMs", s.busy_ms);
  return out;
}

}  // namespace llava
