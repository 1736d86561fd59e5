# Writes the file FROM as a C++ array into TO.
file(READ "${FROM}" bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE "${TO}" "#include \"admin-api/gate/openapi_text.h\"

namespace shosoin::gate {
namespace {
constexpr char kText[] = {
${bytes}
};
}  // namespace
std::string_view openapi_text() { return {kText, sizeof kText}; }
}  // namespace shosoin::gate
")
