#include "program/measurements.h"

#include <cstdio>

#include "support/json.h"

namespace llava {

void Measurements::add(const std::string& name, double value, const std::string& unit,
                       const std::string& detail) const {
  if (json_) {
    std::printf("%s\n", Json::object_of({{"name", Json::of(name)},
                                         {"value", Json::of(value)},
                                         {"unit", Json::of(unit)},
                                         {"detail", Json::of(detail)}})
                            .dump()
                            .c_str());
  } else {
    std::printf("%-44s %10.2f %-12s %s\n", name.c_str(), value, unit.c_str(), detail.c_str());
  }
  std::fflush(stdout);
}

}  // namespace llava
