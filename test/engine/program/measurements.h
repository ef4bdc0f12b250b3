#pragma once

#include <chrono>
#include <string>

namespace llava {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Prints one line per number as it is measured: a table for people, or JSON {"name","value","unit","detail"}.
class Measurements {
 public:
  explicit Measurements(bool json) : json_(json) {}
  void add(const std::string& name, double value, const std::string& unit, const std::string& detail = "") const;

 private:
  bool json_;
};

}  // namespace llava
