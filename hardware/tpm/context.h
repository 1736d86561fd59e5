// Context: one ESYS context over one Wire, for one thread at a time. Handle: a TPM object, index or session inside it;
// gives it back when it goes. tpm2-tss 3.2.1 gives the same ESYS_TR for the same TPM handle and does not count
// references: one Handle per TPM handle and Context. Every Handle must go before its Context.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "hardware/tpm/return_codes.h"
#include "hardware/tpm/tpm2b.h"
#include "hardware/tpm/wire.h"

namespace shosoin::tpm {

class Context {
 public:
  static Result<std::unique_ptr<Context>> open(const std::string& tcti);
  // As the owner of this TPM's sessions and objects: flushes what a killed predecessor left. Only for Anchor::open and
  // provision; anything else might flush the running service's session.
  static Result<std::unique_ptr<Context>> take(const std::string& tcti);
  ~Context() { Esys_Finalize(&esys_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  ESYS_CONTEXT* esys() noexcept { return esys_; }
  bool software_transport() const noexcept { return wire_->software(); }
  Result<void> self_test();                       // all algorithms, fresh
  Result<std::uint32_t> property(TPM2_PT which);  // 0 when the TPM does not have it
  Result<bool> has_handle(TPM2_HANDLE handle);
  Result<void> set_auth(ESYS_TR object, const AuthValue& auth);

 private:
  static Result<std::unique_ptr<Context>> over(std::unique_ptr<Wire> wire);
  explicit Context(std::unique_ptr<Wire> wire) noexcept : wire_(std::move(wire)) {}
  std::unique_ptr<Wire> wire_;  // outlives esys_
  ESYS_CONTEXT* esys_ = nullptr;
};

class Handle {
 public:
  enum class Leaving { Flush, Close };  // transient objects and sessions; persistent objects and NV indices
  Handle() noexcept = default;
  Handle(Context& context, ESYS_TR handle, Leaving leaving) noexcept
      : context_(&context), handle_(handle), leaving_(leaving) {}
  Handle(Handle&& other) noexcept { swap(other); }
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      swap(other);
    }
    return *this;
  }
  ~Handle() { reset(); }

  // Opens a persistent object or an NV index; ESYS recomputes its Name from the public area.
  static Result<Handle> open(Context& context, TPM2_HANDLE handle);
  ESYS_TR get() const noexcept { return handle_; }
  Result<Bytes> name() const;
  void reset() noexcept;

 private:
  void swap(Handle& other) noexcept;
  Context* context_ = nullptr;
  ESYS_TR handle_ = ESYS_TR_NONE;
  Leaving leaving_ = Leaving::Flush;
};

}  // namespace shosoin::tpm
