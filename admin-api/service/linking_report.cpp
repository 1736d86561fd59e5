#include "admin-api/service/handlers.h"

namespace shosoin::service {

Answer linking_report(Parts& parts, Context& context) {
  (void)parts;
  (void)context;
  return Error{ErrorCode::Internal, "report"};
}

}  // namespace shosoin::service
