#pragma once
/// From the values of a [data.NAME] table to the fields of a recording: where channels, inputs and constants come from,
/// and what is masked. The overloads of `read_value` for the types of field that nothing else has.

#include "study/read_value.hpp"

namespace hillock::study {

void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, std::vector<Observed>& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&,
                std::vector<ConstantSource>& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&,
                std::vector<InputSource>& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&,
                std::vector<MaskSamples>& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, std::vector<MaskWindow>& out);

}  // namespace hillock::study
