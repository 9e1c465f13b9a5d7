#pragma once
/// What a command says: to a person, and to a program.

#include <string>

namespace hillock::study {

struct Answer {
  std::string text;  ///< for stdout; lines end with \n
  std::string json;  ///< one JSON document, for stdout under --json
};

}  // namespace hillock::study
