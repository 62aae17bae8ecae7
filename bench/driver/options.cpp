#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <sstream>

namespace bench {
namespace {

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

std::vector<std::string> names_of(const std::string& list, std::span<const std::string> legal) {
  std::vector<std::string> names = parts_of(list);
  for (const std::string& name : names) {
    if (std::find(legal.begin(), legal.end(), name) == legal.end()) {
      throw UsageError("no scenario is called '" + name + "'; there are: " + joined(legal));
    }
  }
  return names;
}

double seconds_of(const std::string& text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || !(seconds > 0)) {
    throw UsageError("--seconds needs a positive number, not '" + text + "'");
  }
  return seconds;
}

}  // namespace

std::string usage() {
  return "  --quick          under 5 minutes of measuring (the default)\n"
         "  --full           under 60 minutes of measuring\n"
         "  --seconds N      N seconds a scenario\n"
         "  --only A,B       these scenarios alone\n"
         "  --contenders A,B these contenders alone; whorl/ stands for all whose names begin so\n"
         "  --json FILE      where the report goes\n"
         "  --packages FILE  lines of a package and its version, which go into the report\n"
         "  --allow-missing  go on without contenders whose libraries were not found; their rows say incomplete\n"
         "  --self-test      show that queues which lose, double, damage or reorder items are caught\n"
         "  --help           this text\n";
}

bool Options::wants(const std::string& contender) const {
  return contenders.empty() || std::any_of(contenders.begin(), contenders.end(), [&](const std::string& name) {
           return contender == name || (name.ends_with('/') && contender.starts_with(name));
         });
}

Options parse_options(std::span<char* const> arguments, std::span<const std::string> scenarios) {
  Options options;
  const std::map<std::string, std::function<void()>> flags{
      {"--quick", [&] { options.mode = "quick"; }},
      {"--full", [&] { options.mode = "full"; }},
      {"--allow-missing", [&] { options.allow_missing = true; }},
      {"--self-test", [&] { options.self_test = true; }},
      {"--help", [&] { options.help = true; }},
  };
  const std::map<std::string, std::function<void(const std::string&)>> settings{
      {"--seconds", [&](const std::string& text) { options.seconds = seconds_of(text); }},
      {"--only", [&](const std::string& text) { options.only = names_of(text, scenarios); }},
      {"--contenders", [&](const std::string& text) { options.contenders = parts_of(text); }},
      {"--json", [&](const std::string& text) { options.json = text; }},
      {"--packages", [&](const std::string& text) { options.packages = text; }},
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string name = arguments[i];
    if (const auto flag = flags.find(name); flag != flags.end()) {
      flag->second();
    } else if (const auto setting = settings.find(name); setting != settings.end()) {
      if (++i == arguments.size()) throw UsageError(name + " needs a value");
      setting->second(arguments[i]);
    } else {
      throw UsageError("'" + name + "' is not an option; legal are:\n" + usage());
    }
  }
  return options;
}

}  // namespace bench
