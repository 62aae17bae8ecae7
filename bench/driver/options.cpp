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

std::vector<std::string> names_of(const std::string& list, std::span<const std::string> legal) {
  std::vector<std::string> names;
  std::istringstream in(list);
  for (std::string name; std::getline(in, name, ',');) {
    if (std::find(legal.begin(), legal.end(), name) == legal.end()) {
      throw UsageError("no scenario is called '" + name + "'; there are: " + joined(legal));
    }
    names.push_back(name);
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
  return "  --quick          25 s a scenario (the default)\n"
         "  --full           150 s a scenario\n"
         "  --seconds N      N seconds a scenario\n"
         "  --only A,B       these scenarios alone\n"
         "  --json FILE      where the report goes\n"
         "  --allow-missing  go on without contenders whose libraries were not found; their rows say incomplete\n"
         "  --self-test      show that queues which lose, double, damage or reorder items are caught\n"
         "  --help           this text\n";
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
      {"--json", [&](const std::string& text) { options.json = text; }},
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
