// Reading a segment: follows the chain from its first byte and decides between the end, a torn tail and corruption.
// Pure: a byte view in, a verdict out; any thread.
#pragma once

#include "storage/journal/frame.h"

namespace shosoin::journal {

// Where the chain stands. Not begun: the next carry is believed (its own hash holds; older segments are not at hand).
struct Chain {
  bool begun = false;
  Digest last{};
  std::uint64_t flush = 0;
  std::uint32_t flush_start = 0;
  Places places;
  bool sealed = false;  // the newest frame is a seal
};
struct SegmentEnd {
  std::size_t end = 0;    // behind the last frame that counts; 0: the segment holds none
  bool clean = true;      // nothing but zeros from there on
  bool remnants = false;  // whole frames of the dropped flush stand behind the end
  bool stopped = false;   // by the visitor
};
using FrameVisitor = std::function<bool(const Frame&)>;

// Moves the chain on over every frame that counts. Integrity: a frame does not continue the chain, or a broken one has
// a whole frame of a later flush behind it. visit may be empty.
Result<SegmentEnd> read_segment(ByteView image, std::uint32_t number, Chain& chain, const FrameVisitor& visit);

}  // namespace shosoin::journal
