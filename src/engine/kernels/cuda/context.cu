// One GPU: its attributes and queues, launch bookkeeping, error messages. No kernels.

#include "kernels/cuda/context.h"

#include <algorithm>

#include "support/error.h"

namespace llava::cuda {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // the failure is told here, not again by the next call
  throw DeviceError(std::string("CUDA: ") + what + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) +
                    ")");
}

namespace {

int32_t attribute(cudaDeviceAttr which, int32_t ordinal) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, ordinal), "reading a device attribute");
  return value;
}

std::string text_of(const LaunchNote& note) {
  std::string text = note.op;
  text += " [";
  for (size_t i = 0; i < note.shape.size() && note.shape[i] >= 0; ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(note.shape[i]);
  return text + "]";
}

}  // namespace

Context::Context(int32_t ordinal) : ordinal_(ordinal) {
  enter();
  processors_ = attribute(cudaDevAttrMultiProcessorCount, ordinal);
  capability_ = 10 * attribute(cudaDevAttrComputeCapabilityMajor, ordinal) +
                attribute(cudaDevAttrComputeCapabilityMinor, ordinal);
  shared_limit_ = static_cast<size_t>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, ordinal));
  for (cudaStream_t& stream : streams_)
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
}

Context::~Context() {
  (void)cudaSetDevice(ordinal_);
  for (cudaStream_t stream : streams_) {
    if (stream) (void)cudaStreamDestroy(stream);
  }
}

void Context::enter() const { check(cudaSetDevice(ordinal_), "choosing the device"); }

void Context::note(const char* op, std::initializer_list<int64_t> shape) {
  LaunchNote& note = notes_[launches_++ % notes_.size()];
  note.op = op;
  note.shape.fill(-1);
  std::copy_n(shape.begin(), std::min(shape.size(), note.shape.size()), note.shape.begin());
}

void Context::allow_shared(const void* kernel, size_t bytes) {
  size_t& allowed = shared_allowed_[kernel];
  if (allowed >= bytes) return;
  check_work(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)));
  allowed = bytes;
}

void Context::launched(cudaError_t status) const {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // it is told here, and not again by the next call
  const LaunchNote& note = notes_[(launches_ - 1) % notes_.size()];
  throw DeviceError("CUDA: " + text_of(note) + " was not launched: " + cudaGetErrorString(status) + " (" +
                    cudaGetErrorName(status) + ")");
}

void Context::check_work(cudaError_t status) const {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();
  std::string text = std::string("CUDA: ") + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")";
  const size_t count = std::min(launches_, notes_.size());
  for (size_t i = 0; i < count; ++i)
    text += (i == 0 ? "; launched last: " : ", ") + text_of(notes_[(launches_ - 1 - i) % notes_.size()]);
  throw DeviceError(text);
}

}  // namespace llava::cuda
