// The engine for Node: the surface that src/runners/local/addon.ts types by hand. The only file that sees N-API headers.
//
// Threads. The engine has its own; results reach the event loop through one thread-safe function per engine. Loading, describing
// and closing run on libuv's pool, so the event loop never blocks. Everything in `pending_` belongs to the JavaScript thread.

#include <napi.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <unordered_map>

#include "engine/describe.h"
#include "engine/engine.h"
#include "support/error.h"

namespace {

using namespace llava;

constexpr const char* kVersion = "1";

// ------------------------------------------------------------------------------------------------ values

Napi::Value to_js(Napi::Env env, const Json& json) {
  switch (json.kind()) {
    case Json::Kind::null: return env.Null();
    case Json::Kind::boolean: return Napi::Boolean::New(env, *json.boolean());
    case Json::Kind::number: return Napi::Number::New(env, *json.number());
    case Json::Kind::string: return Napi::String::New(env, *json.string());
    case Json::Kind::array: {
      Napi::Array array = Napi::Array::New(env, json.items().size());
      for (uint32_t i = 0; i < json.items().size(); ++i) array.Set(i, to_js(env, json.items()[i]));
      return array;
    }
    case Json::Kind::object: {
      Napi::Object object = Napi::Object::New(env);
      for (const auto& [key, value] : json.members()) object.Set(key, to_js(env, value));
      return object;
    }
  }
  return env.Undefined();
}

Napi::Int32Array int32_array(Napi::Env env, std::span<const int32_t> values) {
  Napi::Int32Array array = Napi::Int32Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size_bytes());
  return array;
}

Napi::Float32Array float32_array(Napi::Env env, std::span<const float> values) {
  Napi::Float32Array array = Napi::Float32Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size_bytes());
  return array;
}

[[noreturn]] void type_error(Napi::Env env, const std::string& what) { throw Napi::TypeError::New(env, what); }

/// Members of an options object; absent and undefined give the fallback, another type throws TypeError.
class Members {
 public:
  explicit Members(const Napi::Value& value) : env_(value.Env()) {
    if (!value.IsObject()) type_error(env_, "an object is expected");
    object_ = value.As<Napi::Object>();
  }
  Napi::Value any(const char* key) const { return object_.Get(key); }
  std::string string(const char* key, const std::string& fallback) const {
    const Napi::Value value = object_.Get(key);
    if (value.IsUndefined() || value.IsNull()) return fallback;
    if (!value.IsString()) type_error(env_, std::string(key) + " must be a string");
    return value.As<Napi::String>().Utf8Value();
  }
  bool boolean(const char* key, bool fallback) const {
    const Napi::Value value = object_.Get(key);
    if (value.IsUndefined() || value.IsNull()) return fallback;
    if (!value.IsBoolean()) type_error(env_, std::string(key) + " must be a boolean");
    return value.As<Napi::Boolean>().Value();
  }
  double number(const char* key, double fallback) const {
    const Napi::Value value = object_.Get(key);
    if (value.IsUndefined() || value.IsNull()) return fallback;
    if (!value.IsNumber()) type_error(env_, std::string(key) + " must be a number");
    return value.As<Napi::Number>().DoubleValue();
  }
  int64_t integer(const char* key, int64_t fallback) const {
    const double value = number(key, static_cast<double>(fallback));
    if (!(std::trunc(value) == value && std::fabs(value) <= 0x1p53)) type_error(env_, std::string(key) + " must be an integer");
    return static_cast<int64_t>(value);
  }
  std::vector<int32_t> ids(const char* key) const {
    const Napi::Value value = object_.Get(key);
    return value.IsUndefined() || value.IsNull() ? std::vector<int32_t>() : ids_of(value, key);
  }
  static std::vector<int32_t> ids_of(const Napi::Value& value, const char* key) {
    std::vector<int32_t> out;
    if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array) {
      const auto array = value.As<Napi::Int32Array>();
      out.assign(array.Data(), array.Data() + array.ElementLength());
    } else if (value.IsArray()) {
      const auto array = value.As<Napi::Array>();
      for (uint32_t i = 0; i < array.Length(); ++i) {
        const Napi::Value item = array.Get(i);
        const double number = item.IsNumber() ? item.As<Napi::Number>().DoubleValue() : NAN;
        if (!(std::trunc(number) == number && std::fabs(number) < 0x1p31)) type_error(value.Env(), std::string(key) + " must hold integers");
        out.push_back(static_cast<int32_t>(number));
      }
    } else {
      type_error(value.Env(), std::string(key) + " must be an Int32Array or an array of integers");
    }
    return out;
  }

 private:
  Napi::Env env_;
  Napi::Object object_;
};

ModelOptions model_options(const Members& m) {
  ModelOptions options;
  options.path = m.string("path", "");
  options.vision_tower = m.string("visionTower", "");
  const auto choice = [&](const char* key, std::initializer_list<const char*> names) -> int {
    const std::string value = m.string(key, "");
    if (value.empty()) return -1;
    int index = 0;
    for (const char* name : names) {
      if (value == name) return index;
      ++index;
    }
    throw Error("'" + value + "' is no value of " + key, key, "See the option's description.");
  };
  if (const int i = choice("dtype", {"auto", "float32", "bfloat16", "float16"}); i > 0) options.dtype = std::array{DType::f32, DType::bf16, DType::f16}[static_cast<size_t>(i - 1)];
  if (const int i = choice("gridOrder", {"wh", "hw"}); i >= 0) options.grid_order = i == 0 ? GridOrder::wh : GridOrder::hw;
  if (const int i = choice("unpadRounding", {"trunc", "round7"}); i >= 0) options.unpad_rounding = i == 0 ? UnpadRounding::trunc : UnpadRounding::round7;
  if (const int i = choice("aspectRatio", {"anyres", "pad", "crop"}); i >= 0) options.aspect_ratio = std::array{AspectRatio::anyres, AspectRatio::pad, AspectRatio::crop}[static_cast<size_t>(i)];
  options.window_plus_one = choice("windowKeys", {"w", "w+1"}) == 1;
  if (const int64_t window = m.integer("slidingWindow", -1); window >= 0) options.sliding_window = window;
  options.logit_rows = m.integer("logitRows", 0);
  options.quantisation = m.string("quantisation", "none");
  return options;
}

EngineOptions engine_options(const Napi::Value& value) {
  const Members m(value);
  EngineOptions options;
  options.model = model_options(m);
  options.device = m.string("device", "cpu");
  const auto count = [&](const char* key) {
    const int64_t number = m.integer(key, 0);
    if (number < 0) throw Error(std::string(key) + " is negative", key, "Use 0 for the default.");
    return number;
  };
  options.threads = static_cast<int32_t>(std::min<int64_t>(count("threads"), 4096));
  options.image_threads = static_cast<int32_t>(std::min<int64_t>(count("imageThreads"), 256));
  options.token_budget = count("tokenBudget");
  options.most_sequences = count("maxSequences");
  options.max_context = count("maxContext");
  options.memory = count("memory");
  options.share_prefixes = m.boolean("sharePrefixes", true);
  options.instructions = m.string("instructions", "");
  options.cublaslt_path = m.string("cublasLtPath", "");
  return options;
}

// ------------------------------------------------------------------------------------------------ errors

Napi::Error coded_error(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

Napi::Error input_error(Napi::Env env, const std::string& problem, const std::string& where, const std::string& fix) {
  Napi::Error error = coded_error(env, "INPUT", problem);
  error.Set("where", Napi::String::New(env, where));
  error.Set("fix", Napi::String::New(env, fix));
  return error;
}

/// What a worker thread caught, turned into a JavaScript error later.
struct Caught {
  std::string code, problem, where, fix;

  template <typename Work>
  static std::unique_ptr<Caught> from(Work work) {
    try {
      work();
      return nullptr;
    } catch (const Error& error) {
      return std::make_unique<Caught>(Caught{"INPUT", error.problem(), error.where(), error.fix()});
    } catch (const OutOfMemory& error) {
      return std::make_unique<Caught>(Caught{"INPUT", error.what(), "device memory", "Use a smaller model, dtype, --max-context, or more devices."});
    } catch (const std::bad_alloc&) {
      return std::make_unique<Caught>(Caught{"INPUT", "out of memory", "host memory", "Use a smaller model or dtype."});
    } catch (const DeviceError& error) {
      return std::make_unique<Caught>(Caught{"DEVICE", error.what(), "", ""});
    } catch (const std::exception& error) {
      return std::make_unique<Caught>(Caught{"DEFECT", error.what(), "", ""});
    }
  }
  Napi::Error to_js(Napi::Env env) const { return code == "INPUT" ? input_error(env, problem, where, fix) : coded_error(env, code, problem); }
};

// ------------------------------------------------------------------------------------------------ results

Napi::Object usage_object(Napi::Env env, const Usage& usage) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("promptTokens", static_cast<double>(usage.prompt_tokens));
  out.Set("imageTokens", static_cast<double>(usage.image_tokens));
  out.Set("cachedTokens", static_cast<double>(usage.cached_tokens));
  out.Set("completionTokens", static_cast<double>(usage.completion_tokens));
  return out;
}

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

// ------------------------------------------------------------------------------------------------ the engine

using Task = std::function<void(Napi::Env)>;

/// Hands tasks from the engine thread to the event loop; silent once the environment goes away.
class Mailbox {
 public:
  explicit Mailbox(Napi::Env env) {
    function_ = Napi::ThreadSafeFunction::New(env, Napi::Function(), "llava-engine", 0, 1);
    function_.Unref(env);
  }
  void post(Task task) {
    if (dead_.load()) return;
    auto* boxed = new Task(std::move(task));
    const napi_status status = function_.NonBlockingCall(boxed, [](Napi::Env env, Napi::Function, Task* work) {
      const std::unique_ptr<Task> owned(work);
      if (static_cast<napi_env>(env) == nullptr) return;
      const Napi::HandleScope scope(env);
      (*owned)(env);
    });
    if (status != napi_ok) {
      delete boxed;
      dead_.store(true);
    }
  }
  /// Whether waiting for answers keeps the process alive.
  void hold(Napi::Env env, bool alive) {
    if (dead_.load()) return;
    if (alive) function_.Ref(env);
    else function_.Unref(env);
  }
  void release() {
    if (!dead_.exchange(true)) function_.Release();
  }

 private:
  Napi::ThreadSafeFunction function_;
  std::atomic<bool> dead_{false};
};

class EngineWrap : public Napi::ObjectWrap<EngineWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Engine",
                       {InstanceMethod<&EngineWrap::generate>("generate"), InstanceMethod<&EngineWrap::loglikelihood>("loglikelihood"),
                        InstanceMethod<&EngineWrap::abort>("abort"), InstanceMethod<&EngineWrap::image_tokens>("imageTokens"),
                        InstanceMethod<&EngineWrap::statistics>("statistics"), InstanceMethod<&EngineWrap::close>("close"),
                        InstanceAccessor<&EngineWrap::description>("description"), InstanceAccessor<&EngineWrap::fingerprint>("fingerprint"),
                        InstanceAccessor<&EngineWrap::concurrency>("concurrency"), InstanceAccessor<&EngineWrap::max_context>("maxContext")});
  }

  explicit EngineWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EngineWrap>(info) {
    if (info.Length() != 1 || !info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "engines are made by open()");
    engine_ = *info[0].As<Napi::External<std::shared_ptr<Engine>>>().Data();
    mailbox_ = std::make_shared<Mailbox>(info.Env());
  }

  ~EngineWrap() override {
    // Collected without close(), or the environment ends: nobody is left to tell.
    engine_.reset();
    mailbox_->release();
  }

 private:
  struct Pending {
    explicit Pending(Napi::Env env) : deferred(Napi::Promise::Deferred::New(env)) {}
    Napi::Promise::Deferred deferred;
    Napi::FunctionReference on_tokens;
  };

  Napi::Value generate(const Napi::CallbackInfo& info) { return start(info, false); }
  Napi::Value loglikelihood(const Napi::CallbackInfo& info) { return start(info, true); }

  Request read_request(const Napi::Value& value, bool likelihood, Napi::FunctionReference& on_tokens) {
    const Members m(value);
    Request request;
    const int64_t id = m.integer("id", -1);
    if (id < 0) type_error(Env(), "id must be a non-negative integer");
    request.id = static_cast<uint64_t>(id);
    request.tokens = m.ids("tokens");
    const Napi::Value images = m.any("images");
    if (!images.IsArray()) type_error(Env(), "images must be an array");
    const auto list = images.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); ++i) {
      const Napi::Value item = list.Get(i);
      const Members image(item);
      RequestImage picture;
      picture.width = image.integer("width", 0);
      picture.height = image.integer("height", 0);
      picture.digest = image.string("digest", "");
      const Napi::Value rgb = image.any("rgb");
      if (!rgb.IsTypedArray() || rgb.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) type_error(Env(), "images[].rgb must be a Uint8Array");
      const auto bytes = rgb.As<Napi::Uint8Array>();
      const int64_t limit = int64_t{1} << 31;
      if (picture.width < 1 || picture.height < 1 || picture.width > limit || picture.height > limit || picture.digest.empty() ||
          static_cast<double>(bytes.ElementLength()) != static_cast<double>(picture.width) * static_cast<double>(picture.height) * 3.0) {
        type_error(Env(), "images[] needs width, height, digest and width * height * 3 bytes of rgb");
      }
      picture.rgb = bytes.Data();
      request.images.push_back(std::move(picture));
    }
    if (const Napi::Value group = m.any("group"); !group.IsUndefined() && !group.IsNull()) {
      const Members g(group);
      request.group = g.string("key", "");
      request.remaining = g.integer("remaining", 0);
    }
    request.want_logits = m.boolean("wantLogits", false);
    if (likelihood) {
      const Napi::Value continuations = m.any("continuations");
      if (!continuations.IsArray() || continuations.As<Napi::Array>().Length() == 0) type_error(Env(), "continuations must be a non-empty array");
      const auto lists = continuations.As<Napi::Array>();
      for (uint32_t i = 0; i < lists.Length(); ++i) request.continuations.push_back(Members::ids_of(lists.Get(i), "continuations"));
      return request;
    }
    request.max_new_tokens = m.integer("maxNewTokens", 0);
    request.stop_tokens = m.ids("stopTokens");
    request.sampling.temperature = static_cast<float>(m.number("temperature", 0.0));
    request.sampling.top_p = static_cast<float>(m.number("topP", 1.0));
    request.sampling.top_k = static_cast<int32_t>(std::clamp<int64_t>(m.integer("topK", 0), -1, 1 << 30));
    request.sampling.repetition_penalty = static_cast<float>(m.number("repetitionPenalty", 1.0));
    request.sampling.penalize_prompt = m.boolean("penalizePrompt", false);
    const int64_t seed = m.integer("seed", 0);
    if (seed < 0) type_error(Env(), "seed must not be negative");
    request.sampling.seed = static_cast<uint64_t>(seed);
    request.first_top = static_cast<int32_t>(std::clamp<int64_t>(m.integer("firstTokenTop", 0), -1, 1000));
    request.first_of = m.ids("firstTokenOf");
    if (const Napi::Value callback = m.any("onTokens"); callback.IsFunction()) on_tokens = Napi::Persistent(callback.As<Napi::Function>());
    return request;
  }

  Napi::Value start(const Napi::CallbackInfo& info, bool likelihood) {
    const Napi::Env env = info.Env();
    auto pending = std::make_unique<Pending>(env);
    const Napi::Promise promise = pending->deferred.Promise();
    Request request;
    try {
      request = read_request(info[0], likelihood, pending->on_tokens);
    } catch (const Napi::Error& error) {
      error.Value().As<Napi::Object>().Set("code", "REQUEST");
      pending->deferred.Reject(error.Value());
      return promise;
    }
    if (!engine_ || closing_) {
      pending->deferred.Reject(coded_error(env, "CLOSED", "the engine is closed").Value());
      return promise;
    }
    const uint64_t id = request.id;
    if (pending_.count(id) > 0) {
      pending->deferred.Reject(coded_error(env, "REQUEST", "request id " + std::to_string(id) + " is in flight already").Value());
      return promise;
    }
    Handler handler;
    // The wrapper outlives its tasks: pending requests keep a reference on it.
    const std::shared_ptr<Mailbox> mailbox = mailbox_;
    if (!pending->on_tokens.IsEmpty()) {
      handler.tokens = [this, mailbox, id](std::span<const int32_t> ids) {
        mailbox->post([this, id, copy = std::vector<int32_t>(ids.begin(), ids.end())](Napi::Env e) { deliver_tokens(e, id, copy); });
      };
    }
    handler.done = [this, mailbox, id](Answer answer) {
      auto shared = std::make_shared<Answer>(std::move(answer));
      mailbox->post([this, id, shared](Napi::Env e) {
        settle(e, id, [&](Pending& p) { p.deferred.Resolve(answer_object(e, *shared)); });
      });
    };
    handler.failed = [this, mailbox, id](const Failure& failure) {
      mailbox->post([this, id, failure](Napi::Env e) {
        settle(e, id, [&](Pending& p) { p.deferred.Reject(coded_error(e, failure.code, failure.message).Value()); });
      });
    };
    if (pending_.empty()) {
      mailbox_->hold(env, true);
      Ref();
    }
    pending_.emplace(id, std::move(pending));
    engine_->submit(std::move(request), std::move(handler));
    return promise;
  }

  void deliver_tokens(Napi::Env env, uint64_t id, const std::vector<int32_t>& ids) {
    const auto found = pending_.find(id);
    if (found == pending_.end() || found->second->on_tokens.IsEmpty()) return;
    try {
      const Napi::Value go_on = found->second->on_tokens.Call({int32_array(env, ids)});
      if (go_on.IsBoolean() && !go_on.As<Napi::Boolean>().Value()) {
        found->second->on_tokens.Reset();
        if (engine_) engine_->finish(id);
      }
    } catch (const Napi::Error& error) {
      if (engine_) engine_->abort(id);
      settle(env, id, [&](Pending& p) { p.deferred.Reject(error.Value()); });
    }
  }

  template <typename Act>
  void settle(Napi::Env env, uint64_t id, Act act) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    const std::unique_ptr<Pending> pending = std::move(found->second);
    pending_.erase(found);
    act(*pending);
    if (pending_.empty()) {
      mailbox_->hold(env, false);
      Unref();
    }
  }

  void abort(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) type_error(info.Env(), "id must be a number");
    if (engine_) engine_->abort(static_cast<uint64_t>(std::max<int64_t>(info[0].As<Napi::Number>().Int64Value(), 0)));
  }

  Napi::Value image_tokens(const Napi::CallbackInfo& info) {
    const int64_t width = info[0].IsNumber() ? info[0].As<Napi::Number>().Int64Value() : 0;
    const int64_t height = info[1].IsNumber() ? info[1].As<Napi::Number>().Int64Value() : 0;
    if (width < 1 || height < 1 || width > (1 << 30) || height > (1 << 30)) type_error(info.Env(), "width and height must be positive");
    return Napi::Number::New(info.Env(), static_cast<double>(open(info.Env()).image_tokens(width, height)));
  }

  Napi::Value statistics(const Napi::CallbackInfo& info) {
    const Statistics s = open(info.Env()).statistics();
    Napi::Object out = Napi::Object::New(info.Env());
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

  Napi::Value description(const Napi::CallbackInfo& info) {
    const Engine& engine = open(info.Env());
    return to_js(info.Env(), describe_model(engine.config(), engine.plan().devices, true));
  }

  Napi::Value fingerprint(const Napi::CallbackInfo& info) {
    Napi::Object out = Napi::Object::New(info.Env());
    for (const auto& [key, value] : open(info.Env()).fingerprint()) out.Set(key, value);
    return out;
  }

  Napi::Value concurrency(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<double>(open(info.Env()).concurrency())); }
  Napi::Value max_context(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), static_cast<double>(open(info.Env()).plan().context)); }

  Engine& open(Napi::Env env) {
    if (!engine_) throw coded_error(env, "CLOSED", "the engine is closed");
    return *engine_;
  }

  class CloseWorker : public Napi::AsyncWorker {
   public:
    CloseWorker(Napi::Env env, std::shared_ptr<Engine> engine, Napi::Promise::Deferred deferred, std::shared_ptr<Mailbox> mailbox)
        : Napi::AsyncWorker(env), engine_(std::move(engine)), deferred_(deferred), mailbox_(std::move(mailbox)) {}
    void Execute() override {
      engine_->close();
      engine_.reset();
    }
    void OnOK() override {
      // Behind the failures of what was in flight.
      mailbox_->post([deferred = deferred_, mailbox = mailbox_](Napi::Env env) {
        deferred.Resolve(env.Undefined());
        mailbox->release();
      });
    }

   private:
    std::shared_ptr<Engine> engine_;
    Napi::Promise::Deferred deferred_;
    std::shared_ptr<Mailbox> mailbox_;
  };

  Napi::Value close(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!closing_) {
      closing_ = true;
      const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
      close_promise_ = Napi::Persistent(deferred.Promise().As<Napi::Object>());
      mailbox_->hold(env, true);
      (new CloseWorker(env, std::move(engine_), deferred, mailbox_))->Queue();
      engine_.reset();
    }
    return close_promise_.Value();
  }

  std::shared_ptr<Engine> engine_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<uint64_t, std::unique_ptr<Pending>> pending_;
  bool closing_ = false;
  Napi::ObjectReference close_promise_;
};

// ------------------------------------------------------------------------------------------------ module

struct ModuleData {
  Napi::FunctionReference engine_class;
};

struct LoadProgress {
  int64_t done;
  int64_t total;
};

class OpenWorker : public Napi::AsyncProgressWorker<LoadProgress> {
 public:
  OpenWorker(Napi::Env env, EngineOptions options, Napi::Promise::Deferred deferred, Napi::FunctionReference on_progress)
      : Napi::AsyncProgressWorker<LoadProgress>(env), options_(std::move(options)), deferred_(deferred), on_progress_(std::move(on_progress)) {}

  void Execute(const ExecutionProgress& progress) override {
    caught_ = Caught::from([&] {
      int64_t reported = 0;
      engine_ = std::make_shared<Engine>(options_, [&](int64_t done, int64_t total) {
        if (done < total && done - reported < total / 100) return;
        reported = done;
        const LoadProgress now{done, total};
        progress.Send(&now, 1);
      });
    });
  }
  void OnProgress(const LoadProgress* progress, size_t count) override {
    if (on_progress_.IsEmpty() || count == 0) return;
    const LoadProgress& now = progress[count - 1];
    on_progress_.Call({Napi::Number::New(Env(), static_cast<double>(now.done)), Napi::Number::New(Env(), static_cast<double>(now.total))});
  }
  void OnOK() override {
    const Napi::Env env = Env();
    if (caught_) {
      deferred_.Reject(caught_->to_js(env).Value());
      return;
    }
    try {
      auto* data = env.GetInstanceData<ModuleData>();
      deferred_.Resolve(data->engine_class.New({Napi::External<std::shared_ptr<Engine>>::New(env, &engine_)}));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

 private:
  EngineOptions options_;
  Napi::Promise::Deferred deferred_;
  Napi::FunctionReference on_progress_;
  std::shared_ptr<Engine> engine_;
  std::unique_ptr<Caught> caught_;
};

class DescribeWorker : public Napi::AsyncWorker {
 public:
  DescribeWorker(Napi::Env env, EngineOptions options, Napi::Promise::Deferred deferred)
      : Napi::AsyncWorker(env), options_(std::move(options)), deferred_(deferred) {}
  void Execute() override {
    caught_ = Caught::from([&] { json_ = describe_checkpoint(options_); });
  }
  void OnOK() override {
    if (caught_) deferred_.Reject(caught_->to_js(Env()).Value());
    else deferred_.Resolve(to_js(Env(), json_));
  }

 private:
  EngineOptions options_;
  Napi::Promise::Deferred deferred_;
  Json json_;
  std::unique_ptr<Caught> caught_;
};

/// Reads options and starts a worker; anything wrong with them rejects.
template <typename Start>
Napi::Value with_options(const Napi::CallbackInfo& info, Start start) {
  const Napi::Env env = info.Env();
  const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  try {
    start(engine_options(info[0]), deferred);
  } catch (const Error& error) {
    deferred.Reject(input_error(env, error.problem(), error.where(), error.fix()).Value());
  } catch (const Napi::Error& error) {
    deferred.Reject(error.Value());
  }
  return deferred.Promise();
}

Napi::Value open_engine(const Napi::CallbackInfo& info) {
  return with_options(info, [&](EngineOptions options, const Napi::Promise::Deferred& deferred) {
    Napi::FunctionReference on_progress;
    if (info[1].IsFunction()) on_progress = Napi::Persistent(info[1].As<Napi::Function>());
    (new OpenWorker(info.Env(), std::move(options), deferred, std::move(on_progress)))->Queue();
  });
}

Napi::Value describe(const Napi::CallbackInfo& info) {
  return with_options(info, [&](EngineOptions options, const Napi::Promise::Deferred& deferred) {
    (new DescribeWorker(info.Env(), std::move(options), deferred))->Queue();
  });
}

Napi::Value devices(const Napi::CallbackInfo& info) {
  try {
    return to_js(info.Env(), describe_devices());
  } catch (const std::exception& error) {
    throw coded_error(info.Env(), "DEVICE", error.what());
  }
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* data = new ModuleData;
  data->engine_class = Napi::Persistent(EngineWrap::define(env));
  env.SetInstanceData(data);
  exports.Set("version", kVersion);
#ifdef LLAVA_CUDA
  exports.Set("hasCuda", Napi::Boolean::New(env, true));
#else
  exports.Set("hasCuda", Napi::Boolean::New(env, false));
#endif
  exports.Set("devices", Napi::Function::New<devices>(env, "devices"));
  exports.Set("describe", Napi::Function::New<describe>(env, "describe"));
  exports.Set("open", Napi::Function::New<open_engine>(env, "open"));
  return exports;
}

}  // namespace

NODE_API_MODULE(llava_engine, init)
