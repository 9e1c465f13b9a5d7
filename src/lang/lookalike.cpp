#include "lang/lookalike.hpp"

#include <cstdio>

namespace hillock::lang {

Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(0);
  if (first < 0x80U) return {first, 1, true};
  std::uint32_t bytes = 0, code = 0, least = 0;
  if ((first & 0xE0U) == 0xC0U) bytes = 2, code = first & 0x1FU, least = 0x80;
  else if ((first & 0xF0U) == 0xE0U) bytes = 3, code = first & 0x0FU, least = 0x800;
  else if ((first & 0xF8U) == 0xF0U) bytes = 4, code = first & 0x07U, least = 0x10000;
  else return {first, 1, false};
  if (text.size() < bytes) return {first, 1, false};
  for (std::uint32_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {first, 1, false};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800U && code <= 0xDFFFU;
  if (code < least || surrogate || code > 0x10FFFFU) return {first, 1, false};
  return {code, bytes, true};
}

std::string code_point_name(std::uint32_t code) {
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", code);
  return text;
}

std::string intended(std::uint32_t code) {
  struct Row {
    std::uint32_t code;
    const char* meant;
  };
  static constexpr Row rows[] = {
      {0x00A0, "a plain space"},
      {0x2009, "a plain space"},
      {0x202F, "a plain space"},
      {0x3000, "a plain space"},
      {0x200B, "delete it (it is invisible)"},
      {0xFEFF, "delete it (it is invisible)"},
      {0x2060, "delete it (it is invisible)"},
      {0x00AD, "delete it (it is invisible)"},
      {0x2212, "'-'"},
      {0x2013, "'-'"},
      {0x2014, "'-'"},
      {0x2010, "'-'"},
      {0x2011, "'-'"},
      {0xFF0D, "'-'"},
      {0x00D7, "'*'"},
      {0x00B7, "'*'"},
      {0x22C5, "'*'"},
      {0x2217, "'*'"},
      {0x2022, "'*'"},
      {0xFF0A, "'*'"},
      {0x00F7, "'/'"},
      {0x2215, "'/'"},
      {0x2044, "'/'"},
      {0xFF0F, "'/'"},
      {0xFF0B, "'+'"},
      {0x00B2, "'**2'"},
      {0x00B3, "'**3'"},
      {0x207B, "'**-'"},
      {0x00B9, "'**1'"},
      {0x2264, "'<='"},
      {0x2265, "'>='"},
      {0x2260, "'!='"},
      {0x2248, "'=='"},
      {0xFF1C, "'<'"},
      {0xFF1E, "'>'"},
      {0xFF1D, "'='"},
      {0xFF1A, "':'"},
      {0x2236, "':'"},
      {0xFF1B, "';'"},
      {0x037E, "';'"},
      {0xFF0C, "','"},
      {0xFF08, "'('"},
      {0xFF09, "')'"},
      {0x2208, "'in'"},
      {0x223C, "'~'"},
      {0xFF5E, "'~'"},
      {0x02DC, "'~'"},
      {0x2018, "delete it"},
      {0x2019, "delete it"},
      {0x201C, "delete it"},
      {0x201D, "delete it"},
      {0x00B5, "'u' in a unit (uA, umetre), or a name such as 'mu'"},
      {0x03BC, "'u' in a unit (uA, umetre), or a name such as 'mu'"},
      {0x03A9, "'ohm' for the unit"},
      {0x2126, "'ohm' for the unit"},
      {0x00B0, "temperatures in kelvin"},
      {0x221A, "'sqrt(...)'"},
      {0x221E, "'inf'"},
      {0x2202, "'d' in 'dx/dt'"},
      {0x03C0, "'pi'"},
      {0x212F, "'e'"},
      {0x03B1, "'alpha'"},
      {0x03B2, "'beta'"},
      {0x03B3, "'gamma'"},
      {0x03B4, "'delta'"},
      {0x03B5, "'epsilon'"},
      {0x03B6, "'zeta'"},
      {0x03B7, "'eta'"},
      {0x03B8, "'theta'"},
      {0x03BA, "'kappa'"},
      {0x03BB, "'lambda_'"},
      {0x03BD, "'nu'"},
      {0x03BE, "'xi'"},
      {0x03C1, "'rho'"},
      {0x03C3, "'sigma'"},
      {0x03C4, "'tau'"},
      {0x03C6, "'phi'"},
      {0x03C7, "'chi'"},
      {0x03C8, "'psi'"},
      {0x03C9, "'omega'"},
      {0x0394, "'Delta'"},
      {0x03A3, "'Sigma'"},
      // Cyrillic and Greek letters that look Latin
      {0x0430, "a Latin 'a'"},
      {0x0435, "a Latin 'e'"},
      {0x043E, "a Latin 'o'"},
      {0x0440, "a Latin 'p'"},
      {0x0441, "a Latin 'c'"},
      {0x0443, "a Latin 'y'"},
      {0x0445, "a Latin 'x'"},
      {0x0456, "a Latin 'i'"},
      {0x0458, "a Latin 'j'"},
      {0x0455, "a Latin 's'"},
      {0x0501, "a Latin 'd'"},
      {0x0410, "a Latin 'A'"},
      {0x0412, "a Latin 'B'"},
      {0x0415, "a Latin 'E'"},
      {0x041A, "a Latin 'K'"},
      {0x041C, "a Latin 'M'"},
      {0x041D, "a Latin 'H'"},
      {0x041E, "a Latin 'O'"},
      {0x0420, "a Latin 'P'"},
      {0x0421, "a Latin 'C'"},
      {0x0422, "a Latin 'T'"},
      {0x0425, "a Latin 'X'"},
      {0x0406, "a Latin 'I'"},
      {0x0391, "a Latin 'A'"},
      {0x0392, "a Latin 'B'"},
      {0x0395, "a Latin 'E'"},
      {0x0396, "a Latin 'Z'"},
      {0x0397, "a Latin 'H'"},
      {0x0399, "a Latin 'I'"},
      {0x039A, "a Latin 'K'"},
      {0x039C, "a Latin 'M'"},
      {0x039D, "a Latin 'N'"},
      {0x039F, "a Latin 'O'"},
      {0x03A1, "a Latin 'P'"},
      {0x03A4, "a Latin 'T'"},
      {0x03A5, "a Latin 'Y'"},
      {0x03A7, "a Latin 'X'"},
      {0x03BF, "a Latin 'o'"},
      {0x1D5E5, "a Latin 'R'"},
  };
  for (const Row& row : rows)
    if (row.code == code) return row.meant;
  return {};
}

bool hides_text(std::uint32_t code) {
  return (code >= 0x202AU && code <= 0x202EU) || (code >= 0x2066U && code <= 0x2069U);
}

}  // namespace hillock::lang
