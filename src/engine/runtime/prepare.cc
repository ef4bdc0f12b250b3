#include "runtime/prepare.h"

#include <algorithm>

#include "models/image/patches.h"
#include "support/error.h"

namespace llava {

namespace {

/// Image `index` of a prompt, with those before it that its vectors begin in.
std::shared_ptr<ImageEntry> acquire(const ModelConfig& config, ImageRegistry& images, const Request& request,
                                    size_t index, const Reading& reading) {
  const std::span all(request.images);
  size_t first = index;
  try {
    if (reading.early > 0) {
      std::vector<Size> sizes;
      for (size_t i = 0; i <= index; ++i) sizes.push_back({all[i].width, all[i].height});
      first = first_needed(config, reading, sizes);
    }
    return images.acquire(all.subspan(first, index - first + 1), reading);
  } catch (const Error& error) {  // a shape that no tower takes
    throw RequestRefused(FailureCode::image, error.problem() + ". " + error.fix());
  }
}

}  // namespace

std::unique_ptr<RequestState> prepare_request(const ModelConfig& config, int64_t context, ImageRegistry& images,
                                              Request request, Handler handler) {
  const auto bad = [](const std::string& problem) { throw RequestRefused(FailureCode::request, problem); };
  if (request.tokens.empty()) bad("the prompt is empty");
  auto state = std::make_unique<RequestState>();
  std::vector<int32_t> clips;
  for (const RequestImage& given : request.images) clips.push_back(given.clip);
  if (!config.clip.refusal.empty() && std::ranges::any_of(clips, [](int32_t clip) { return clip >= 0; }))
    bad("the model takes no clips: " + config.clip.refusal);
  std::vector<Reading> readings = config.readings(clips);
  if (config.vision.type == "onevision") {
    for (size_t i = 0; i < readings.size(); ++i) readings[i].time = request.images[i].time;
  }
  size_t image = 0;
  for (const int32_t token : request.tokens) {
    if (token == kImageSlot) {
      if (image == request.images.size()) bad("the prompt has more image slots than images");
      ImageSpan span;
      span.start = static_cast<int64_t>(state->merged.size());
      span.image = acquire(config, images, request, image, readings[image]);
      ++image;
      span.count = span.image->arrangement.tokens;
      state->merged.insert(state->merged.end(), static_cast<size_t>(span.count), -1 - span.image->id);
      state->image_tokens += span.count;
      state->images.push_back(std::move(span));
    } else if (token < 0 || token >= config.text.vocabulary) {
      bad("token id " + std::to_string(token) + " is outside the vocabulary of " +
          std::to_string(config.text.vocabulary));
    } else {
      state->merged.push_back(token);
    }
  }
  if (image != request.images.size()) bad("the prompt has fewer image slots than images");
  const auto in_logits = [&](int32_t id) { return id >= 0 && id < config.logit_rows; };
  for (const int32_t id : request.first_of) {
    if (!in_logits(id)) bad("firstTokenOf holds an id outside the vocabulary");
  }
  if (request.first_top < 0 || request.first_top > 64 || request.first_top > config.logit_rows)
    bad("firstTokenTop must be 0 to 64");
  for (const auto& continuation : request.continuations) {
    if (continuation.empty()) bad("a continuation is empty");
    for (const int32_t id : continuation) {
      if (!in_logits(id)) bad("a continuation holds an id outside the vocabulary");
    }
  }
  if (request.continuations.empty() && request.max_new_tokens < 1) bad("maxNewTokens must be at least 1");
  const Sampling& sampling = request.sampling;
  if (!(sampling.temperature >= 0.0f && sampling.temperature < 1e6f) ||
      !(sampling.top_p > 0.0f && sampling.top_p <= 1.0f) || sampling.top_k < 0 ||
      !(sampling.repetition_penalty > 0.0f && sampling.repetition_penalty < 1e6f)) {
    bad("a sampling option is out of range");
  }

  const auto prompt = static_cast<int64_t>(state->merged.size());
  const auto sequence = [&](size_t index, std::span<const int32_t> extra, int64_t positions) {
    auto s = std::make_unique<Sequence>();
    s->request = state.get();
    s->continuation = index;
    s->ids = state->merged;
    s->ids.insert(s->ids.end(), extra.begin(), extra.end());
    s->images = state->images;
    s->first_wanted = prompt - 1;
    s->most_positions = positions;
    state->sequences.push_back(std::move(s));
  };
  int64_t longest = prompt + 1;
  for (const auto& continuation : request.continuations)
    longest = std::max(longest, prompt + static_cast<int64_t>(continuation.size()));
  const int64_t limit = config.prompt_limit > 0 ? std::min(config.prompt_limit + 1, context) : context;
  if (longest > context || prompt + 1 > limit) {
    throw RequestRefused(FailureCode::context,
                         "the prompt has " + std::to_string(prompt) + " positions (" +
                             std::to_string(state->image_tokens) + " of them visual), the context holds " +
                             std::to_string(std::min(limit, context)) + ". Use a shorter prompt or fewer images.");
  }
  if (request.continuations.empty()) {
    request.max_new_tokens = std::min(request.max_new_tokens, context - prompt);
    sequence(0, {}, prompt + request.max_new_tokens - 1);
    if (sampling.penalize_prompt && sampling.repetition_penalty != 1.0f) {
      std::vector<int32_t>& seen = state->sequences[0]->seen;
      for (const int32_t id : state->merged) {
        const auto counted = id >= 0 ? int64_t{id} : config.image_token;
        if (counted >= 0 && counted < config.logit_rows) seen.push_back(static_cast<int32_t>(counted));
      }
      std::sort(seen.begin(), seen.end());
      seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    }
  }
  for (size_t i = 0; i < request.continuations.size(); ++i) {
    const std::vector<int32_t>& ids = request.continuations[i];
    sequence(i, std::span(ids).first(ids.size() - 1), prompt + static_cast<int64_t>(ids.size()) - 1);
    state->answer.continuations.emplace_back();
  }
  state->unfinished = state->sequences.size();
  state->answer.usage.prompt_tokens = prompt;
  state->answer.usage.image_tokens = state->image_tokens;
  state->request = std::move(request);
  for (RequestImage& sent : state->request.images) {  // borrowed during this call only
    sent.rgb = nullptr;
    sent.tiles = {};
  }
  state->handler = std::move(handler);
  state->submitted = Clock::now();
  return state;
}

}  // namespace llava
