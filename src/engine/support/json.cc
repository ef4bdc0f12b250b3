#include "support/json.h"

#include <charconv>
#include <cmath>

#include "support/error.h"

namespace llava {

class JsonParser {
 public:
  JsonParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Json document() {
    Json value = parse_value(0);
    skip_space();
    if (at_ != text_.size()) fail("text after the end of the document");
    return value;
  }

 private:
  static constexpr int kDeepest = 64;

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error("malformed JSON: " + problem, where_ + ", byte " + std::to_string(at_),
                "Download or write the file again.");
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) fail("unexpected character");
    at_ += expected.size();
  }

  Json parse_value(int depth) {
    if (depth > kDeepest) fail("nested too deeply");
    skip_space();
    if (at_ >= text_.size()) fail("unexpected end");
    switch (text_[at_]) {
      case '{': return parse_object(depth);
      case '[': return parse_array(depth);
      case '"': return Json::of(parse_string());
      case 't': word("true"); return Json::of(true);
      case 'f': word("false"); return Json::of(false);
      case 'n': word("null"); return Json();
      default: return parse_number();
    }
  }

  Json parse_object(int depth) {
    ++at_;
    std::vector<Json::Member> members;
    skip_space();
    if (take('}')) return Json::object_of(std::move(members));
    for (;;) {
      skip_space();
      if (peek() != '"') fail("expected a key");
      std::string key = parse_string();
      skip_space();
      if (!take(':')) fail("expected ':'");
      members.emplace_back(std::move(key), parse_value(depth + 1));
      skip_space();
      if (take('}')) return Json::object_of(std::move(members));
      if (!take(',')) fail("expected ',' or '}'");
    }
  }

  Json parse_array(int depth) {
    ++at_;
    std::vector<Json> items;
    skip_space();
    if (take(']')) return Json::array_of(std::move(items));
    for (;;) {
      items.push_back(parse_value(depth + 1));
      skip_space();
      if (take(']')) return Json::array_of(std::move(items));
      if (!take(',')) fail("expected ',' or ']'");
    }
  }

  Json parse_number() {
    const size_t start = at_;
    const auto digits = [&] {
      const size_t first = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      if (at_ == first) fail("unexpected character");
    };
    take('-');
    if (!take('0')) digits();
    bool integral = true;
    if (take('.')) {
      integral = false;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      integral = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
    const char* first = text_.data() + start;
    const char* last = text_.data() + at_;
    if (integral) {
      int64_t value = 0;
      if (std::from_chars(first, last, value).ec == std::errc()) return Json::of(value);
    }
    double value = 0.0;
    if (std::from_chars(first, last, value).ec != std::errc()) fail("a number is out of range");
    return Json::of(value);
  }

  uint32_t hex4() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      uint32_t digit = 0;
      if (c >= '0' && c <= '9') digit = static_cast<uint32_t>(c - '0');
      else if (c >= 'a' && c <= 'f') digit = static_cast<uint32_t>(c - 'a' + 10);
      else if (c >= 'A' && c <= 'F') digit = static_cast<uint32_t>(c - 'A' + 10);
      else fail("bad \\u escape");
      value = value * 16 + digit;
      ++at_;
    }
    return value;
  }

  static void append_utf8(std::string& out, uint32_t code) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | (code >> 6));
      out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      out += static_cast<char>(0xe0 | (code >> 12));
      out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      out += static_cast<char>(0xf0 | (code >> 18));
      out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
      out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (code & 0x3f));
    }
  }

  /// One UTF-8 sequence of the input, checked (no overlong forms, no surrogates).
  void copy_utf8(std::string& out) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(i < text_.size() ? text_[i] : 0); };
    const uint8_t lead = byte(at_);
    int more = 0;
    uint32_t code = 0;
    uint32_t least = 0;
    if (lead >= 0xc2 && lead <= 0xdf) more = 1, code = lead & 0x1f, least = 0x80;
    else if (lead >= 0xe0 && lead <= 0xef) more = 2, code = lead & 0x0f, least = 0x800;
    else if (lead >= 0xf0 && lead <= 0xf4) more = 3, code = lead & 0x07, least = 0x10000;
    else fail("bad UTF-8");
    for (int i = 1; i <= more; ++i) {
      const uint8_t next = byte(at_ + static_cast<size_t>(i));
      if ((next & 0xc0) != 0x80) fail("bad UTF-8");
      code = (code << 6) | (next & 0x3f);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) fail("bad UTF-8");
    out.append(text_, at_, static_cast<size_t>(more) + 1);
    at_ += static_cast<size_t>(more) + 1;
  }

  std::string parse_string() {
    ++at_;
    std::string out;
    for (;;) {
      if (at_ >= text_.size()) fail("a string does not end");
      const auto c = static_cast<uint8_t>(text_[at_]);
      if (c == '"') {
        ++at_;
        return out;
      }
      if (c < 0x20) fail("a control character inside a string");
      if (c >= 0x80) {
        copy_utf8(out);
        continue;
      }
      if (c != '\\') {
        out += static_cast<char>(c);
        ++at_;
        continue;
      }
      ++at_;
      const char escape = peek();
      ++at_;
      switch (escape) {
        case '"': out += '"'; break;
        case '\\': out += '\\'; break;
        case '/': out += '/'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
          uint32_t code = hex4();
          if (code >= 0xd800 && code <= 0xdbff) {
            if (!take('\\') || !take('u')) fail("half a surrogate pair");
            const uint32_t low = hex4();
            if (low < 0xdc00 || low > 0xdfff) fail("half a surrogate pair");
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          } else if (code >= 0xdc00 && code <= 0xdfff) {
            fail("half a surrogate pair");
          }
          append_utf8(out, code);
          break;
        }
        default: fail("unknown escape");
      }
    }
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
};

namespace {

void dump_string(std::string& out, const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (u < 0x20) {
      out += "\\u00";
      out += kHex[u >> 4];
      out += kHex[u & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

template <typename Number>
void dump_number(std::string& out, Number value) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end);
}

void dump_into(std::string& out, const Json& value) {
  bool first = true;
  const auto comma = [&] {
    if (!first) out += ',';
    first = false;
  };
  switch (value.kind()) {
    case Json::Kind::null: out += "null"; break;
    case Json::Kind::boolean: out += *value.boolean() ? "true" : "false"; break;
    case Json::Kind::string: dump_string(out, *value.string()); break;
    case Json::Kind::number:
      if (const auto whole = value.integer()) dump_number(out, *whole);
      else if (std::isfinite(*value.number())) dump_number(out, *value.number());
      else out += "null";
      break;
    case Json::Kind::array:
      out += '[';
      for (const Json& item : value.items()) comma(), dump_into(out, item);
      out += ']';
      break;
    case Json::Kind::object:
      out += '{';
      for (const auto& [key, member] : value.members()) {
        comma();
        dump_string(out, key);
        out += ':';
        dump_into(out, member);
      }
      out += '}';
      break;
  }
}

}  // namespace

Json Json::of(bool value) {
  Json json;
  json.kind_ = Kind::boolean;
  json.boolean_ = value;
  return json;
}
Json Json::of(double value) {
  Json json;
  json.kind_ = Kind::number;
  json.number_ = value;
  return json;
}
Json Json::of(int64_t value) {
  Json json;
  json.kind_ = Kind::number;
  json.is_integer_ = true;
  json.integer_ = value;
  json.number_ = static_cast<double>(value);
  return json;
}
Json Json::of(std::string value) {
  Json json;
  json.kind_ = Kind::string;
  json.string_ = std::move(value);
  return json;
}
Json Json::array_of(std::vector<Json> items) {
  Json json;
  json.kind_ = Kind::array;
  json.items_ = std::move(items);
  return json;
}
Json Json::object_of(std::vector<Member> members) {
  Json json;
  json.kind_ = Kind::object;
  json.members_ = std::move(members);
  return json;
}

Json Json::parse(std::string_view text, const std::string& where) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors write one
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return JsonParser(text, where).document();
}

std::optional<bool> Json::boolean() const { return kind_ == Kind::boolean ? std::optional(boolean_) : std::nullopt; }
std::optional<double> Json::number() const { return kind_ == Kind::number ? std::optional(number_) : std::nullopt; }

std::optional<int64_t> Json::integer() const {
  if (kind_ != Kind::number) return std::nullopt;
  if (is_integer_) return integer_;
  if (std::trunc(number_) == number_ && std::fabs(number_) <= 0x1p53) return static_cast<int64_t>(number_);
  return std::nullopt;
}

const std::string* Json::string() const { return kind_ == Kind::string ? &string_ : nullptr; }
const std::vector<Json>& Json::items() const { return items_; }
const std::vector<Json::Member>& Json::members() const { return members_; }

const Json* Json::find(std::string_view key) const {
  for (auto member = members_.rbegin(); member != members_.rend(); ++member) {
    if (member->first == key) return &member->second;
  }
  return nullptr;
}

std::string Json::dump() const {
  std::string out;
  dump_into(out, *this);
  return out;
}

}  // namespace llava
