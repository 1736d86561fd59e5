// One import of the first record file by one person, step by step: opened under a key, fed in pieces, closed, rejected.
#pragma once

#include <gtest/gtest.h>

#include "admin-api/service/records/imports.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {

class OneImport : public ::testing::Test {
 protected:
  ServiceWorld& world = ServiceWorld::shared();
  const std::string tenant{ServiceWorld::kKoganei};
  std::string token = world.session("sato", world.t1);
  std::string key = "one-" + RecordId::random().hex();
  std::string encoding = "UTF-8";
  std::string import;  // 16 bytes

  Fields common() { return {{FieldId::Terminal, world.t1}, {FieldId::Session, token}}; }
  Told open() {
    auto fields = common();
    fields[FieldId::TenantCode] = tenant;
    fields[FieldId::File] = std::string(ServiceWorld::kFile);
    fields[FieldId::Encoding] = encoding;
    fields[FieldId::IdempotencyKey] = key;
    auto told = world.ask(Kind::ImportOpen, fields);
    if (!told.refused) import = std::string(text_of(from_hex(told.member("importId")).value()));
    return told;
  }
  Fields piece(std::uint64_t offset, const std::string& text) {
    auto fields = closing();
    fields[FieldId::Offset] = std::string(text_of(be(offset)));
    fields[FieldId::Chunk] = text;
    return fields;
  }
  Told feed(std::uint64_t offset, const std::string& text) { return world.ask(Kind::ImportChunk, piece(offset, text)); }
  Fields closing() {
    auto fields = common();
    fields[FieldId::ImportId] = import;
    return fields;
  }
  Told close() { return world.ask(Kind::ImportClose, closing()); }
  void reject() {
    const auto manager = world.session("kato", world.t2);
    ASSERT_FALSE(world
                     .ask(Kind::ImportDecide, {{FieldId::Terminal, world.t2},
                                               {FieldId::Session, manager},
                                               {FieldId::TenantCode, tenant},
                                               {FieldId::ImportId, import},
                                               {FieldId::Decision, "reject"},
                                               {FieldId::Code, world.code("kato")}})
                     .refused);
  }
  generations::TenantStore& store() { return *world.parts().tenants.open(world.tenant(tenant)).value(); }
};

}  // namespace shosoin::test
