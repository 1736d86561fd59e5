// The TSS makes an OpenSSL library context for every hash and every random number it needs, and fills it with every
// algorithm there is: half the time of a test that cuts a batch three hundred times. In test programs all of them share
// one, which is never freed. Test programs only; whatever else asks for a context of its own gets this one, too. Any
// thread.
#include <dlfcn.h>
#include <openssl/crypto.h>

#include "firmware/base/result.h"

extern "C" OSSL_LIB_CTX* OSSL_LIB_CTX_new() {
  static OSSL_LIB_CTX* const shared = [] {
    using Make = OSSL_LIB_CTX* (*)();
    const auto make = reinterpret_cast<Make>(::dlsym(RTLD_NEXT, "OSSL_LIB_CTX_new"));
    ENSURE(make != nullptr);
    return make();
  }();
  return shared;
}

extern "C" void OSSL_LIB_CTX_free(OSSL_LIB_CTX*) {}
