// Drives a fuzz target without libFuzzer: every input of the corpus folders, then seeded mutations of them, the same ones in every
// run. A run that visited no input fails. A finding is printed with its input in hexadecimal before the target ends the process.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "firmware/base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using shosoin::Bytes;

constexpr std::size_t kLargestInput = 1u << 16;
constexpr std::uint64_t kSeed = 20261122;
constexpr std::uint8_t kTelling[] = {0x00, 0x01, 0x7f, 0x80, 0xff, '0', '9', '"', '{', '}', '\n', ','};

const Bytes* running = nullptr;

// Only write(2): the heap may be what broke.
void tell_input(int signal) {
  static const char digits[] = "0123456789abcdef";
  static const char head[] = "the input that broke the target: ";
  if (running != nullptr && ::write(2, head, sizeof head - 1) > 0) {
    for (auto byte : *running) {
      const char pair[2] = {digits[byte >> 4], digits[byte & 15]};
      if (::write(2, pair, 2) != 2) break;
    }
    if (::write(2, "\n", 1) != 1) std::_Exit(2);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

class Mutator {
 public:
  Bytes from(const std::vector<Bytes>& corpus) {
    Bytes out = corpus[below(corpus.size())];
    for (auto changes = 1 + below(4); changes > 0; --changes) change(out, corpus[below(corpus.size())]);
    if (out.size() > kLargestInput) out.resize(kLargestInput);
    return out;
  }

 private:
  std::size_t below(std::size_t end) { return end == 0 ? 0 : static_cast<std::size_t>(random_() % end); }
  std::ptrdiff_t place(const Bytes& in) { return static_cast<std::ptrdiff_t>(below(in.size() + 1)); }

  void change(Bytes& out, const Bytes& other) {
    const auto at = below(out.size());
    switch (below(8)) {
      case 0:
        if (!out.empty()) out[at] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 1:
        if (!out.empty()) out[at] = static_cast<std::uint8_t>(random_());
        break;
      case 2:
        if (!out.empty()) out[at] = kTelling[below(std::size(kTelling))];
        break;
      case 3:
        out.insert(out.begin() + place(out), kTelling[below(std::size(kTelling))]);
        break;
      case 4:
        out.resize(below(out.size() + 1));
        break;
      case 5:
        if (!out.empty()) out.erase(out.begin() + static_cast<std::ptrdiff_t>(at), out.begin() + static_cast<std::ptrdiff_t>(at + 1 + below(std::min<std::size_t>(16, out.size() - at))));
        break;
      case 6: {  // a piece of its own again
        const auto size = below(std::min<std::size_t>(64, out.size() - at) + 1);
        const Bytes piece(out.begin() + static_cast<std::ptrdiff_t>(at), out.begin() + static_cast<std::ptrdiff_t>(at + size));
        out.insert(out.begin() + place(out), piece.begin(), piece.end());
        break;
      }
      default:  // the tail of another input
        out.resize(below(out.size() + 1));
        out.insert(out.end(), other.begin() + place(other), other.end());
    }
  }
  std::mt19937_64 random_{kSeed};
};

void try_input(const Bytes& input) {
  running = &input;
  // An exact allocation, so that a read beyond the end is one beyond the heap block for a sanitizer.
  const auto copy = std::make_unique<std::uint8_t[]>(input.size());
  std::memcpy(copy.get(), input.data(), input.size());
  LLVMFuzzerTestOneInput(copy.get(), input.size());
  running = nullptr;
}

}  // namespace

int main(int count, char** words) {
  std::size_t mutations = 0;
  std::vector<Bytes> corpus;
  for (int i = 1; i < count; ++i) {
    if (std::string_view(words[i]) == "--mutations" && i + 1 < count) {
      mutations = std::strtoul(words[++i], nullptr, 10);
      continue;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& item : std::filesystem::directory_iterator(words[i])) files.push_back(item.path());
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
      std::ifstream file(path, std::ios::binary);
      corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) std::signal(signal, tell_input);
  for (const auto& input : corpus) try_input(input);
  Mutator mutator;
  std::size_t tried = 0;
  for (; tried < mutations && !corpus.empty(); ++tried) try_input(mutator.from(corpus));
  std::printf("%zu inputs of the corpus and %zu mutations of them\n", corpus.size(), tried);
  return corpus.empty() || tried != mutations ? 1 : 0;
}
