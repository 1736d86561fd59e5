// People: enrolment, unlocking, disabling (A-04, A-05, A-10, A-11, A-19; P-12).
#include <algorithm>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/people/login.h"
#include "admin-api/service/refusal.h"
#include "admin-api/service/told_text.h"
#include "crypto/password.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using protocol::FieldId;

json::object shown(Parts& parts, const Person& person) {
  json::object out{{"operatorId", person.id},        {"name", person.name},
                   {"section", person.section},      {"staffNumber", person.staff_number},
                   {"role", role_name(person.role)}, {"locked", person.is_locked(false, parts.clock.now())},
                   {"disabled", person.disabled}};
  if (person.is_locked(true, parts.clock.now())) out["lockedAtGate"] = true;
  if (const auto facts = parts.tenants.facts(person.tenant)) out["localGovernmentCode"] = facts->code;
  if (auto* store = parts.tenants.opened(person.tenant)) {
    if (auto grant = find_grant(*store, person.id)) out["permissions"] = grant_text(grant.value());
  }
  return out;
}

Result<Person> person_in(Parts& parts, Context& context) {
  Person person;
  person.id = context.text(FieldId::PersonId);
  person.name = context.text(FieldId::PersonName);
  person.section = context.text(FieldId::Section);
  person.staff_number = context.text(FieldId::StaffNumber);
  person.totp = TotpBytes(protocol::field(context.request, FieldId::TotpSecret).value());
  const auto role = role_named(context.text(FieldId::Role));
  if (!is_person_id(person.id))
    return context.refuse(ErrorCode::InvalidContent, "accept this form of an id", "/operatorId");
  if (is_generic_name(person.id))
    return context.refuse(ErrorCode::InvalidContent, "accept a shared name", "/operatorId");
  if (person.name.empty() || is_generic_name(person.name)) {
    return context.refuse(ErrorCode::InvalidContent, "accept a shared name", "/name");
  }
  if (person.section.empty()) return context.refuse(ErrorCode::InvalidContent, "enrol without a section", "/section");
  if (staff_key(person.staff_number).empty()) {
    return context.refuse(ErrorCode::InvalidContent, "enrol without a staff number", "/staffNumber");
  }
  if (!is_one_line(person.name)) return refuse_text(context, "/name");
  if (!is_one_line(person.section)) return refuse_text(context, "/section");
  if (!is_one_line(person.staff_number)) return refuse_text(context, "/staffNumber");
  if (!role) return context.refuse(ErrorCode::InvalidContent, "find the role", "/role");
  person.role = *role;
  const auto code = context.text(FieldId::TenantCode);
  if (belongs_to_appliance(*role) != code.empty()) {
    return context.refuse(ErrorCode::InvalidContent, "match role and tenant", "/localGovernmentCode");
  }
  if (!code.empty()) {
    const auto facts = parts.tenants.by_code(code);
    if (!facts) return context.refuse(ErrorCode::NotFound, kNothing, "/localGovernmentCode");
    person.tenant = facts->id;
  }
  return person;
}

// Under parts.people_changes, so that two enrolments cannot pass each other.
Result<void> check_unique(const TenantStore& zero, Context& context, const Person& person) {
  TRY(auto people, all_people(zero));
  if (people.size() >= limits::kMaxPeople) return Error{ErrorCode::TooMany, "enrol one more person"};
  for (const auto& other : people) {
    if (person_key(other.id) == person_key(person.id)) {
      return context.refuse(ErrorCode::Conflict, "give an id a second time",
                            "/operatorId");  // not even after its end
    }
    if (memory::constant_time_equal(other.totp.reveal(), person.totp.reveal())) {
      return context.refuse(ErrorCode::Conflict, "bind one second factor to two accounts", "/totpSecret");
    }
    if (!other.disabled && other.tenant == person.tenant && other.role == person.role &&
        staff_key(other.staff_number) == staff_key(person.staff_number)) {
      return refuse_in_words(
          context, context.refuse(ErrorCode::Conflict, "give one person a second account", "/staffNumber"),
          {"この職員番号の人は、同じ団体と役割ですでに登録されています(shosoin operator list)。"
           "職員番号を直すか、先に前のIDを止めてください(shosoin operator disable)。",
           "A person with this staff number is enrolled in the same tenant and role already (shosoin "
           "operator list). Correct the number, or disable the former id first (shosoin operator "
           "disable)."});
    }
  }
  return success();
}

Result<Grant> grant_in(Context& context, Role role) {
  auto fault = GrantFault::File;
  auto grant = parse_grant(role, context.text(FieldId::Permissions), &fault);
  if (grant) return grant;
  const auto refused = context.refuse(ErrorCode::InvalidContent, "read the permissions of a grant", "/permissions");
  const auto of_role = permission_names(role);
  switch (fault) {
    case GrantFault::File:
      return refuse_in_words(context, refused,
                             {"ファイルの名前(--file)は shosoin file list にあるものを指定してください。",
                              "Name record files (--file) as shosoin file list does."});
    case GrantFault::UnknownPermission:
      return refuse_in_words(context, refused,
                             {"そのような権限はありません。あるのは: " + permission_names(),
                              "There is no such permission. There are: " + permission_names()});
    case GrantFault::NotOfTheRole:
      return refuse_in_words(
          context, refused,
          {"この役割に与えられない権限です。与えられるのは: " + (of_role.empty() ? "なし" : of_role),
           "This role can never have that permission. It can have: " + (of_role.empty() ? "none" : of_role)});
  }
  return refused;
}

// Files are named one by one (P-01, P-12): none by default, none that is unknown.
Result<void> check_files(const Parts& parts, Context& context, const Grant& grant) {
  if (grant.files.empty() && grant.permissions != 0) {
    return refuse_in_words(
        context,
        context.refuse(ErrorCode::InvalidContent, "grant permissions without naming the record files they are for",
                       "/permissions"),
        {"権限を使うファイルがありません。--file で一つ以上指定してください(名前は shosoin file list)。",
         "The permissions are for no record file: name at least one with --file (shosoin file list)."});
  }
  for (const auto& file : grant.files) {
    if (parts.definitions.find(file) == nullptr) {
      return refuse_in_words(
          context, context.refuse(ErrorCode::InvalidContent, "find a record file named in a grant", "/permissions"),
          {"指定されたファイルがありません。名前を shosoin file list で確かめてください。",
           "There is no such record file. See shosoin file list for the names."});
    }
  }
  return success();
}

// Two security officers for those who approve or administer; an officer and an administrator for the others (DESIGN 8).
Result<void> check_enrollers(Context& context, Role role) {
  const bool both =
      context.by().person.role == Role::SecurityOfficer && context.second->person.role == Role::SecurityOfficer;
  if (both || role == Role::Operator || role == Role::AuditOfficer) return success();
  return Error{ErrorCode::NotPermitted, "enrol this role without two security officers"};
}

}  // namespace

Answer person_add(Parts& parts, Context& context) {
  TRY(auto person, person_in(parts, context));
  context.target["person"] = person.id;
  TRY(check_enrollers(context, person.role));
  const auto grant = grant_in(context, person.role);
  if (!grant) return grant.error();
  TRY(check_files(parts, context, grant.value()));
  auto password = context.text(FieldId::Password);
  auto strong =
      crypto::check_password_strength(password, {person.id, person.name, person.staff_number, person.section});
  if (!strong) {
    memory::wipe(password);
    context.pointer = "/password";
    return strong.error();
  }
  auto hash = crypto::hash_password(password);
  memory::wipe(password);
  TRY(person.password_hash, std::move(hash));
  std::unique_lock one_at_a_time(parts.people_changes);
  TRY(check_unique(parts.zero(), context, person));
  auto line = log_object(context, "person-add", "ok");
  line["role"] = role_name(person.role);
  line["permissions"] = grant_text(grant.value());
  // The grant first, in the tenant's generation; then the credentials, in tenant zero. If power goes in between: a
  // grant nobody can use, which the repeated enrolment writes again.
  TRY(auto* store, parts.tenants.open(person.tenant));
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    return Change{{{grant_key(person.id), encode_grant(grant.value())}}, {}, {}, log_entry(line)};
  }));
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    return Change{{person_entry(person)},
                  {},
                  {},
                  log_entry({{"operation", "credentials-made"}, {"requestId", context.request_id}})};
  }));
  context.logged = true;
  return shown(parts, person);
}

Answer person_list(Parts& parts, Context&) {
  TRY(auto people, all_people(parts.zero()));
  json::array out;
  for (const auto& person : people) out.push_back(shown(parts, person));
  return json::object{{"people", std::move(out)}};
}

Answer person_unlock(Parts& parts, Context& context) {
  const auto id = context.text(FieldId::PersonId);
  context.target["person"] = is_person_id(id) ? id : "";
  std::optional<Person> person;
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(person, find_person(parts.zero(), id));
    if (!person) return Error{ErrorCode::NotFound, kNothing};
    if (same_human(*person, context.by().person) || same_human(*person, context.second->person)) {
      return Error{ErrorCode::SamePerson, "unlock oneself"};
    }
    person->failures = {};
    person->gate_failures = {};
    return Change{{person_entry(*person)}, {}, {}, log_entry(log_object(context, "person-unlock", "ok"))};
  }));
  context.logged = true;
  return shown(parts, *person);
}

Answer person_disable(Parts& parts, Context& context) {
  const auto id = context.text(FieldId::PersonId);
  context.target["person"] = is_person_id(id) ? id : "";
  std::optional<Person> person;
  std::vector<NamedSession> ended;
  // Entry and sessions in one change: the next request already is refused.
  TRY(parts.zero().change([&](std::uint64_t) -> Result<Change> {
    TRY(person, find_person(parts.zero(), id));
    if (!person) return Error{ErrorCode::NotFound, kNothing};
    person->disabled = true;
    TRY(ended, parts.sessions.of_person(id));
    Change change{{person_entry(*person)}, {}, {}, {}};
    for (const auto& named : ended) change.entries.push_back(parts.sessions.removal_of(named.id));
    auto line = log_object(context, "person-disable", "ok");
    line["endedSessions"] = ended.size();
    line["kind"] = end_name(SessionEnd::Revoked);
    change.log = log_entry(line);
    return change;
  }));
  context.logged = true;
  for (const auto& named : ended) parts.sessions.ended(named.id, false);
  return shown(parts, *person);
}

}  // namespace shosoin::service
