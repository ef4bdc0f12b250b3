#include "program/report.h"

#include <cstdio>

namespace llava {

Stage& CaseReport::at(const std::string& stage, double tolerance) {
  for (Stage& known : stages_) {
    if (known.name == stage) return known;
  }
  Stage fresh;
  fresh.name = stage;
  fresh.tolerance = tolerance;
  stages_.push_back(fresh);
  return stages_.back();
}

void CaseReport::difference(const std::string& stage, const std::string& what, double largest, double tolerance) {
  Stage& s = at(stage, tolerance);
  ++s.compared;
  // Written so that a NaN fails.
  const bool good = largest <= tolerance;
  if (!(largest <= s.worst)) s.worst = largest;
  if (good) return;
  if (s.failed++ == 0) s.note = what;
}

void CaseReport::equal(const std::string& stage, const std::string& what, bool same) {
  Stage& s = at(stage, 0.0);
  ++s.compared;
  if (same) return;
  if (s.failed++ == 0) s.note = what;
}

void CaseReport::broken(const std::string& stage, const std::string& what) { equal(stage, what, false); }

bool CaseReport::passed() const {
  int64_t compared = 0;
  for (const Stage& stage : stages_) {
    compared += stage.compared;
    if (stage.failed > 0) return false;
  }
  return compared > 0;
}

std::string CaseReport::table() const {
  std::string out = name_ + "\n";
  for (const Stage& s : stages_) {
    char line[256];
    if (s.tolerance > 0.0)
      std::snprintf(line, sizeof line, "  %-22s %5lld  max %.3g  (allowed %.3g)", s.name.c_str(),
                    static_cast<long long>(s.compared), s.worst, s.tolerance);
    else std::snprintf(line, sizeof line, "  %-22s %5lld  exact", s.name.c_str(), static_cast<long long>(s.compared));
    out += line;
    if (s.failed > 0) out += "  FAILED " + std::to_string(s.failed) + ", first: " + s.note;
    out += "\n";
  }
  return out;
}

Json CaseReport::json() const {
  std::vector<Json> stages;
  for (const Stage& s : stages_) {
    stages.push_back(Json::object_of({{"stage", Json::of(s.name)},
                                      {"compared", Json::of(s.compared)},
                                      {"failed", Json::of(s.failed)},
                                      {"maxAbsDifference", Json::of(s.worst)},
                                      {"allowed", Json::of(s.tolerance)},
                                      {"firstFailure", Json::of(s.note)}}));
  }
  return Json::object_of(
      {{"case", Json::of(name_)}, {"passed", Json::of(passed())}, {"stages", Json::array_of(std::move(stages))}});
}

}  // namespace llava
