// Writes tests/vectors/erasure-certificate.json, batch-certificate.json and provisioning-record.json, and the pair of a
// tenant's removal: real certificates of a software TPM and the record they verify under, for fuzzing and for checking by hand. Every run makes others; the
// committed ones are kept.
#include "tests/storage/erasure/support.h"

int main(int count, char** words) {
  if (count != 2) return 64;
  const std::filesystem::path folder(words[1]);
  const shosoin::test::ErasedOnce made;
  std::ofstream(folder / "erasure-certificate.json", std::ios::binary) << made.certificate;
  std::ofstream(folder / "batch-certificate.json", std::ios::binary) << made.batch_certificate;
  std::ofstream(folder / "provisioning-record.json", std::ios::binary) << made.record_text();
  const shosoin::test::RemovedOnce removed;
  std::ofstream(folder / "removal-certificate.json", std::ios::binary) << removed.certificate;
  std::ofstream(folder / "removal-provisioning-record.json", std::ios::binary) << removed.record_text();
  return 0;
}
