#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace llava {

/// The user's input is wrong: a file, a config field, an option. Says what, where, and what to do.
/// `what()` is the three joined, for places that only know std::exception.
class Error : public std::runtime_error {
 public:
  Error(std::string problem, std::string where, std::string fix)
      : std::runtime_error(problem + " (" + where + "). " + fix),
        problem_(std::move(problem)),
        where_(std::move(where)),
        fix_(std::move(fix)) {}

  const std::string& problem() const { return problem_; }
  const std::string& where() const { return where_; }
  const std::string& fix() const { return fix_; }

 private:
  std::string problem_;
  std::string where_;
  std::string fix_;
};

/// A device call failed: names the op, its shapes and the driver's message. The engine cannot go on.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An allocation did not fit. `requested` and `free_bytes` are in bytes; free_bytes is 0 when unknown.
class OutOfMemory : public DeviceError {
 public:
  OutOfMemory(const std::string& message, size_t requested, size_t free_bytes)
      : DeviceError(message), requested_(requested), free_bytes_(free_bytes) {}

  size_t requested() const { return requested_; }
  size_t free_bytes() const { return free_bytes_; }

 private:
  size_t requested_;
  size_t free_bytes_;
};

/// A defect of ours: an op was called outside its contract.
class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace llava
