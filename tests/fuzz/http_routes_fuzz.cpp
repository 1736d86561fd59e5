// Whatever a client sends as head and body: the gate refuses it with a status, or makes a request that the permit table
// allows. The first byte chooses: 255 a head, else a route whose method and path stand in for the input's own, so that
// bodies get a chance too.
#include <cstddef>
#include <cstdint>

#include "admin-api/gate/http_head.h"
#include "admin-api/gate/request_map.h"

namespace {

using namespace shosoin;

void try_head(std::string_view text) {
  gate::Head head;
  if (gate::read_head(text, {"localhost"}, head)) return;
  const auto match = gate::match_route(head.method, head.path);
  if (match.route == nullptr) return;
  protocol::Request request{};
  (void)gate::check_content_type(*match.route, head).has_value();
  (void)gate::map_head(match, head, {}, request).has_value();
}

void try_body(const gate::Route& route, std::string_view body) {
  std::string path(route.path);
  for (auto at = path.find('{'); at != std::string::npos; at = path.find('{')) {
    const auto name = std::string_view(path).substr(at + 1, path.find('}') - at - 1);
    const bool number = name == "offset" || name == "part" || name == "epoch" || name == "ruleVersion";
    path.replace(at, name.size() + 2, number ? "0" : "0123456789abcdef0123456789abcdef");
  }
  gate::Head head;
  head.lines.push_back({"Authorization", "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"});
  protocol::Request request{};
  ENSURE(!gate::map_head(gate::match_route(gate::name_of(route.method), path), head, {}, request));
  if (route.body != gate::BodyKind::Json) return;
  const auto refused = gate::map_json(route, body, request);
  if (refused) {
    ENSURE(refused->status >= 400 && refused->status != 500);
    ENSURE(refused->pointer && gate::known_part(route, *refused->pointer) == *refused->pointer);
  } else {
    ENSURE(protocol::check(request, protocol::Channel::Gate));
    (void)protocol::encode(request);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t choice = data[0] % gate::routes().size();
  if (data[0] == 0xFF) {
    try_head(text);
  } else {
    try_body(gate::routes()[choice], text);
  }
  return 0;
}
