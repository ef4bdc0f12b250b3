#include "addon/engine_class.h"

#include <algorithm>

#include "addon/errors.h"
#include "addon/request.h"
#include "addon/results.h"
#include "addon/values.h"
#include "runtime/describe.h"

namespace llava {

namespace {

/// Closes on libuv's pool: the event loop goes on while the engine's thread ends.
class CloseWorker : public Napi::AsyncWorker {
 public:
  CloseWorker(Napi::Env env, std::shared_ptr<Engine> engine, Napi::Promise::Deferred deferred,
              std::shared_ptr<Mailbox> mailbox)
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

/// Cuts one image into tiles on libuv's pool. Its pixels are not copied: the array is held until they are no longer read.
class TilesWorker : public Napi::AsyncWorker {
 public:
  TilesWorker(Napi::Env env, std::shared_ptr<Engine> engine, std::vector<RequestImage> images, size_t at,
              const Napi::Uint8Array& rgb)
      : Napi::AsyncWorker(env),
        deferred(Napi::Promise::Deferred::New(env)),
        engine_(std::move(engine)),
        images_(std::move(images)),
        at_(at),
        held_(Napi::Persistent(rgb.As<Napi::Object>())) {
    images_[at_].rgb = rgb.Data();
  }
  void Execute() override {
    try {
      tiles_ = engine_->tiles(images_, at_);
    } catch (const RequestRefused& refused) {
      SetError(refused.what());
    }
  }
  void OnOK() override {
    Napi::Uint8Array bytes = Napi::Uint8Array::New(Env(), tiles_.size());
    std::copy(tiles_.begin(), tiles_.end(), bytes.Data());
    deferred.Resolve(bytes);
  }
  void OnError(const Napi::Error& error) override {
    deferred.Reject(coded_error(Env(), name_of(FailureCode::image), error.Message()).Value());
  }

  const Napi::Promise::Deferred deferred;

 private:
  std::shared_ptr<Engine> engine_;
  std::vector<RequestImage> images_;
  size_t at_;
  Napi::ObjectReference held_;
  std::vector<uint8_t> tiles_;
};

/// Sizes and clips of the images of a prompt. Throws TypeError.
std::vector<RequestImage> read_sizes(const Napi::Value& value) {
  if (!value.IsArray()) type_error(value.Env(), "images must be an array");
  const auto list = value.As<Napi::Array>();
  std::vector<RequestImage> images(list.Length());
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Members image(list.Get(i));
    images[i].width = image.integer("width", 0);
    images[i].height = image.integer("height", 0);
    images[i].clip = clip_of(image);
    if (images[i].width < 1 || images[i].height < 1 || images[i].width > (1 << 30) || images[i].height > (1 << 30))
      type_error(value.Env(), "width and height must be positive");
  }
  return images;
}

}  // namespace

Napi::Function EngineClass::define(Napi::Env env) {
  return DefineClass(
      env, "Engine",
      {InstanceMethod<&EngineClass::generate>("generate"), InstanceMethod<&EngineClass::loglikelihood>("loglikelihood"),
       InstanceMethod<&EngineClass::abort>("abort"), InstanceMethod<&EngineClass::image_tokens>("imageTokens"),
       InstanceMethod<&EngineClass::tiles>("tiles"), InstanceMethod<&EngineClass::statistics>("statistics"),
       InstanceMethod<&EngineClass::close>("close"), InstanceAccessor<&EngineClass::description>("description"),
       InstanceAccessor<&EngineClass::fingerprint>("fingerprint"),
       InstanceAccessor<&EngineClass::concurrency>("concurrency"),
       InstanceAccessor<&EngineClass::max_context>("maxContext")});
}

EngineClass::EngineClass(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EngineClass>(info) {
  if (info.Length() != 1 || !info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "engines are made by open()");
  engine_ = *info[0].As<Napi::External<std::shared_ptr<Engine>>>().Data();
  mailbox_ = std::make_shared<Mailbox>(info.Env());
}

EngineClass::~EngineClass() {
  // Collected without close(), or the environment ends: nobody is left to tell.
  engine_.reset();
  mailbox_->release();
}

template <typename Act>
void EngineClass::settle(Napi::Env env, uint64_t id, Act act) {
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

Napi::Value EngineClass::start(const Napi::CallbackInfo& info, bool likelihood) {
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
    pending->deferred.Reject(
        coded_error(env, "REQUEST", "request id " + std::to_string(id) + " is in flight already").Value());
    return promise;
  }
  Handler handler;
  // The wrapper outlives its tasks: pending requests keep a reference on it.
  const std::shared_ptr<Mailbox> mailbox = mailbox_;
  if (!pending->on_tokens.IsEmpty()) {
    handler.tokens = [this, mailbox, id](std::span<const int32_t> ids) {
      mailbox->post([this, id, copy = std::vector<int32_t>(ids.begin(), ids.end())](Napi::Env e) {
        deliver_tokens(e, id, copy);
      });
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
      settle(e, id,
             [&](Pending& p) { p.deferred.Reject(coded_error(e, name_of(failure.code), failure.message).Value()); });
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

void EngineClass::deliver_tokens(Napi::Env env, uint64_t id, const std::vector<int32_t>& ids) {
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

void EngineClass::abort(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) type_error(info.Env(), "id must be a number");
  if (engine_) engine_->abort(static_cast<uint64_t>(std::max<int64_t>(info[0].As<Napi::Number>().Int64Value(), 0)));
}

Napi::Value EngineClass::close(const Napi::CallbackInfo& info) {
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

Napi::Value EngineClass::image_tokens(const Napi::CallbackInfo& info) {
  const std::vector<RequestImage> images = read_sizes(info[0]);
  return Napi::Number::New(info.Env(), static_cast<double>(open(info.Env()).image_tokens(images)));
}

Napi::Value EngineClass::tiles(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  open(env);
  std::vector<RequestImage> images = read_sizes(info[0]);
  const int64_t at = info[1].IsNumber() ? info[1].As<Napi::Number>().Int64Value() : -1;
  if (at < 0 || at >= static_cast<int64_t>(images.size())) type_error(env, "at must be the position of an image");
  const auto index = static_cast<size_t>(at);
  const Napi::Uint8Array rgb = read_pixels(info[2], images[index].width, images[index].height);
  auto* worker = new TilesWorker(env, engine_, std::move(images), index, rgb);
  worker->Queue();
  return worker->deferred.Promise();
}

Napi::Value EngineClass::statistics(const Napi::CallbackInfo& info) {
  return statistics_object(info.Env(), open(info.Env()).statistics());
}

Napi::Value EngineClass::description(const Napi::CallbackInfo& info) {
  const Engine& engine = open(info.Env());
  return to_js(info.Env(), describe_model(engine.config(), engine.plan().devices, true));
}

Napi::Value EngineClass::fingerprint(const Napi::CallbackInfo& info) {
  Napi::Object out = Napi::Object::New(info.Env());
  for (const auto& [key, value] : open(info.Env()).fingerprint()) out.Set(key, value);
  return out;
}

Napi::Value EngineClass::concurrency(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(open(info.Env()).concurrency()));
}

Napi::Value EngineClass::max_context(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(open(info.Env()).plan().context));
}

Engine& EngineClass::open(Napi::Env env) {
  if (!engine_) throw coded_error(env, "CLOSED", "the engine is closed");
  return *engine_;
}

}  // namespace llava
