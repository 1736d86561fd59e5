// An import measured in process, through Service::handle as the gate asks: bench_import DIRECTORY RECORDS. Says
// {"ready":...}, then takes one command a line:
//   csv FILE ROWS SEED PATH         synthetic people, as a municipal package would write them
//   import FILE PATH READERS        open, pieces, close, while READERS callers retrieve records of the same tenant
//   quit
// An import's answer: seconds of its pieces and of its close, what it wrote, memory over the resting value, and the
// readers' latencies.
#include <boost/json/parse.hpp>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "firmware/base/log.h"
#include "firmware/memory/secret.h"
#include "storage/files/synthetic.h"
#include "tests/bench/measure.h"
#include "tests/bench/readers.h"
#include "tests/bench/world.h"

namespace shosoin::bench {
namespace {

using protocol::FieldId;
using protocol::RequestKind;

constexpr std::size_t kPiece = 256u << 10;  // as the gate sends them (limits::kImportChunk)

// Kilobytes, from the kernel's account of this process.
long status_of(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  }
  return 0;
}

class Memory {
 public:
  Memory() {
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    resting_ = status_of("VmRSS");
    anonymous_ = status_of("RssAnon");
    watcher_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        highest_ = std::max(highest_, status_of("RssAnon"));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
  }
  std::string told() {
    watcher_.request_stop();
    watcher_.join();
    std::ostringstream out;
    out << R"({"restingKiB":)" << resting_ << R"(,"peakOverRestKiB":)" << status_of("VmHWM") - resting_
        << R"(,"anonymousOverRestKiB":)" << highest_ - anonymous_ << "}";
    return out.str();
  }

 private:
  long resting_ = 0, anonymous_ = 0, highest_ = 0;
  std::jthread watcher_;
};

boost::json::object ask(World& world, const protocol::Request& request) {
  const auto outcome = world.service().handle(request, protocol::Channel::Gate);
  if (outcome.reply.status != 0) std::cerr << outcome.reply.body << std::endl;
  ENSURE(outcome.reply.status == 0);
  return boost::json::parse(outcome.reply.body).as_object();
}

std::string import(World& world, const std::string& file, const std::string& path, std::size_t readers) {
  const auto& city = world.cities().front();
  const auto& seat = city.seats.front();
  const auto before = world.stored();
  Memory memory;
  std::optional<Readers> reading;
  if (readers > 0) reading.emplace(world, city, readers);
  const double processor = processor_seconds();
  const auto began = SteadyClock::now();
  auto request = request_of(city, seat, RequestKind::ImportOpen);
  protocol::set(request, FieldId::File, file);
  protocol::set(request, FieldId::Encoding, "UTF-8");
  protocol::set(request, FieldId::Group, world.definitions().find(file)->groups().front().key);
  const auto id = RecordId::parse(std::string(ask(world, request).at("importId").as_string())).value();
  std::ifstream in(path, std::ios::binary);
  std::string piece(kPiece, '\0');
  for (std::uint64_t offset = 0; in.read(piece.data(), kPiece) || in.gcount() > 0;) {
    auto chunk = request_of(city, seat, RequestKind::ImportChunk);
    protocol::set(chunk, FieldId::ImportId, id.view());
    protocol::set(chunk, FieldId::Offset, be(offset));
    protocol::set(chunk, FieldId::Chunk, std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount())));
    ask(world, chunk);
    offset += static_cast<std::uint64_t>(in.gcount());
  }
  const double fed = seconds_since(began);
  auto close = request_of(city, seat, RequestKind::ImportClose);
  protocol::set(close, FieldId::ImportId, id.view());
  const auto told = ask(world, close);
  const double took = seconds_since(began);
  const double used = processor_seconds() - processor;
  const auto latencies = reading ? reading->told() : std::string("{}");
  ENSURE(told.at("state").as_string() == "staged");
  const auto after = world.stored();
  world.confirm(id);
  std::ostringstream out;
  out << R"({"rows":)" << told.at("accepted") << R"(,"seconds":)" << took << R"(,"feedSeconds":)" << fed
      << R"(,"processorSeconds":)" << used << R"(,"storedRows":)" << after.rows - before.rows << R"(,"storedBlocks":)"
      << after.blocks << R"(,"memory":)" << memory.told() << R"(,"readers":)" << latencies << "}";
  return out.str();
}

void write_csv(const World& world, const std::string& file, std::uint64_t rows, std::uint64_t seed,
               const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  const auto code = files::LocalGovernmentCode::parse(world.cities().front().code).value();
  ENSURE(files::write_synthetic_people(*world.definitions().find(file), {code, rows, seed},
                                       [&](std::string_view text) -> Result<void> {
                                         out << text;
                                         return success();
                                       }));
  ENSURE(out.flush().good());
}

int run(int count, char** words) {
  if (count != 3) return 2;
  ENSURE(memory::prepare_process());
  engine::prepare_allocator();
  World world({.directory = words[1], .tenants = 1, .records = std::stoul(words[2]), .seats = 17}, {});
  std::cout << R"({"ready":true})" << std::endl;
  for (std::string text; std::getline(std::cin, text);) {
    std::istringstream in(text);
    std::string verb, file, path;
    std::uint64_t number = 0, seed = 0;
    in >> verb >> file;
    if (verb == "quit") break;
    if (verb == "csv" && in >> number >> seed >> path) {
      write_csv(world, file, number, seed, path);
      std::cout << "{}" << std::endl;
    } else if (verb == "import" && in >> path >> number) {
      std::cout << import(world, file, path, number) << std::endl;
    } else {
      return 2;
    }
  }
  return 0;
}

}  // namespace
}  // namespace shosoin::bench

int main(int count, char** words) { return shosoin::bench::run(count, words); }
