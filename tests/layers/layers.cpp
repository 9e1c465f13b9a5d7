#include "layers/layers.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string_view>

namespace hillock::layers {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

struct Room {
  Names includes, open, hidden, test_includes, test_libraries;  // open/hidden: `public`/`private` of layers.toml
};

struct Layers {
  std::map<std::string, std::vector<std::string>> libraries;  // name -> beginnings of include paths
  std::map<std::string, Room> rooms;
};

struct Include {
  std::string path;
  bool quoted = false;
  int line = 0;
};

Names names_of(const toml::table& table, std::string_view key) {
  Names out;
  if (const toml::array* list = table[key].as_array())
    for (const toml::node& item : *list) out.insert(item.value_or(std::string{}));
  return out;
}

Layers read_layers(const fs::path& file) {
  const toml::table document = toml::parse_file(file.string());
  Layers layers;
  for (const auto& [name, node] : *document["libraries"].as_table())
    for (const toml::node& item : *node.as_array())
      layers.libraries[std::string(name.str())].push_back(item.value_or(std::string{}));
  for (const auto& [name, node] : *document["rooms"].as_table()) {
    const toml::table& table = *node.as_table();
    layers.rooms[std::string(name.str())] = {names_of(table, "includes"), names_of(table, "public"),
                                             names_of(table, "private"), names_of(table, "test_includes"),
                                             names_of(table, "test_libraries")};
  }
  return layers;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<Include> includes_of(const std::string& text) {
  const auto after = [](std::string_view line, std::string_view word) {  // the rest after space and the word; or npos
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line.starts_with(word) ? line.substr(word.size()) : std::string_view{};
  };
  std::vector<Include> out;
  std::istringstream in(text);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::string_view rest = after(after(line, "#"), "include");
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (rest.empty() || (rest[0] != '"' && rest[0] != '<')) continue;
    const std::size_t end = rest.find(rest[0] == '"' ? '"' : '>', 1);
    if (end != std::string_view::npos) out.push_back({std::string(rest.substr(1, end - 1)), rest[0] == '"', number});
  }
  return out;
}

// Calls `say` with each circle that a depth-first walk of the graph closes, as "a -> b -> a".
void find_circles(const std::map<std::string, Names>& graph, const std::function<void(const std::string&)>& say) {
  std::map<std::string, int> state;  // 0 new, 1 on the path, 2 done
  std::vector<std::string> path;
  const std::function<void(const std::string&)> walk = [&](const std::string& node) {
    state[node] = 1;
    path.push_back(node);
    if (const auto edges = graph.find(node); edges != graph.end()) {
      for (const std::string& next : edges->second) {
        if (state[next] == 0) walk(next);
        else if (state[next] == 1) {
          std::string circle;
          for (auto it = std::find(path.begin(), path.end(), next); it != path.end(); ++it) circle += *it + " -> ";
          say(circle + next);
        }
      }
    }
    path.pop_back();
    state[node] = 2;
  };
  for (const auto& [node, edges] : graph)
    if (state[node] == 0) walk(node);
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& b) { return text.starts_with(b); });
}

class Check {
 public:
  Check(fs::path source, Layers layers) : source_(std::move(source)), layers_(std::move(layers)) {}

  std::vector<std::string> run() {
    check_rooms();
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(source_))
      if (entry.is_regular_file()) files.push_back(entry.path());
    for (const fs::path& file : files) check_file(file);
    check_privacy();
    find_circles(file_graph_, [&](const std::string& circle) { say("files include each other: " + circle); });
    std::sort(found_.begin(), found_.end());
    return found_;
  }

 private:
  void say(std::string breach) { found_.push_back(std::move(breach)); }

  void check_rooms() {
    std::map<std::string, Names> graph;
    for (const auto& [name, room] : layers_.rooms) {
      graph[name] = room.includes;
      for (const Names* list : {&room.includes, &room.test_includes})
        for (const std::string& other : *list)
          if (!layers_.rooms.contains(other))
            say("layers.toml: " + name + " includes '" + other + "', which is no room");
      for (const Names* list : {&room.open, &room.hidden, &room.test_libraries})
        for (const std::string& library : *list)
          if (!layers_.libraries.contains(library))
            say("layers.toml: " + name + " uses '" + library + "', which is no library");
    }
    find_circles(graph, [&](const std::string& circle) { say("rooms include each other: " + circle); });

    for (const fs::directory_entry& entry : fs::directory_iterator(source_)) {
      if (!entry.is_directory() || fs::is_empty(entry.path())) continue;
      const std::string name = entry.path().filename().string();
      if (!layers_.rooms.contains(name)) say("src/" + name + " is not a room of layers.toml");
      const fs::path readme = entry.path() / "README.md";
      if (!fs::exists(readme)) {
        say("src/" + name + " has no README.md");
        continue;
      }
      const std::string text = text_of(readme);
      const auto lines = std::count(text.begin(), text.end(), '\n') + (text.empty() || text.back() == '\n' ? 0 : 1);
      if (lines > 30) say("src/" + name + "/README.md has " + std::to_string(lines) + " lines; 30 are allowed");
      if (lines == 0) say("src/" + name + "/README.md is empty");
    }
  }

  void check_file(const fs::path& file) {
    const fs::path relative = file.lexically_relative(source_);
    const std::string name = relative.generic_string();
    if (relative.filename().string().find("utils") != std::string::npos)
      say("src/" + name + ": a file is named after its idea, not 'utils'");
    const std::string extension = file.extension().string();
    const bool header = extension == ".hpp" || extension == ".h" || extension == ".inc";
    if (!header && extension != ".cpp" && extension != ".cc" && extension != ".c") return;
    const std::string room_name = relative.begin()->string();
    const auto room = layers_.rooms.find(room_name);
    if (room == layers_.rooms.end()) return;  // said already
    bool test = false;
    for (const fs::path& part : relative.parent_path())
      test = test || part == "test" || part == "bench" || part == "fuzz";
    for (const Include& include : includes_of(text_of(file))) {
      const std::string at = "src/" + name + ":" + std::to_string(include.line) + ": ";
      if (include.quoted) check_quoted(name, room_name, room->second, test, include, at);
      else check_angled(name, room_name, room->second, test, include, at);
    }
  }

  void check_quoted(const std::string& name, const std::string& room_name, const Room& room, bool test,
                    const Include& include, const std::string& at) {
    const std::string target = include.path.substr(0, include.path.find('/'));
    if (!layers_.rooms.contains(target)) {
      say(at + "\"" + include.path + "\" does not start with a room (paths are relative to src/)");
      return;
    }
    file_graph_[name].insert(include.path);
    const bool allowed =
        target == room_name || room.includes.contains(target) || (test && room.test_includes.contains(target));
    if (!allowed) say(at + room_name + " may not include " + target);
  }

  void check_angled(const std::string& name, const std::string& room_name, const Room& room, bool test,
                    const Include& include, const std::string& at) {
    if (include.path.find('.') == std::string::npos && include.path.find('/') == std::string::npos) return;  // C++
    for (const auto& [library, beginnings] : layers_.libraries) {
      if (!starts_with_any(include.path, beginnings)) continue;
      if (library == "system") return;
      if (test && (library == "gtest" || room.test_libraries.contains(library))) return;
      if (room.open.contains(library)) return;
      if (room.hidden.contains(library)) {
        if (!test) private_uses_.push_back({name, room_name, library, at});
        return;
      }
      say(at + room_name + " may not use " + library);
      return;
    }
    say(at + "<" + include.path + "> belongs to no library of layers.toml");
  }

  // A file that uses a private library is seen only from its own room, over any number of headers in between.
  void check_privacy() {
    std::map<std::string, Names> included_by;
    for (const auto& [file, targets] : file_graph_)
      for (const std::string& target : targets) included_by[target].insert(file);
    for (const PrivateUse& use : private_uses_) {
      Names seen{use.file};
      std::vector<std::string> open{use.file};
      while (!open.empty()) {
        const std::string file = open.back();
        open.pop_back();
        for (const std::string& user : included_by[file]) {
          if (!seen.insert(user).second) continue;
          open.push_back(user);
          if (!user.starts_with(use.room + "/"))
            say(use.at + use.library + " is private to " + use.room + ", but src/" + user + " sees this file");
        }
      }
    }
  }

  struct PrivateUse {
    std::string file, room, library, at;
  };

  fs::path source_;
  Layers layers_;
  std::map<std::string, Names> file_graph_;
  std::vector<PrivateUse> private_uses_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> breaches(const fs::path& source, const fs::path& layers_file) {
  return Check(source, read_layers(layers_file)).run();
}

}  // namespace hillock::layers
