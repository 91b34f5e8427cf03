#pragma once

#include <exception>
#include <string>

#include "hspace.h"
#include "hspace/error.h"
#include "hspace/process.h"

namespace hspace::capi {

// What the exception that is being handled means to a C caller; keeps its message for
// hspace_last_error().
hspace_status report_exception() noexcept;

// A call from outside in flight, for hosts whose process may end meanwhile.
struct CallInFlight {
  CallInFlight() noexcept { begin_call(); }
  ~CallInFlight() { end_call(); }
  CallInFlight(const CallInFlight&) = delete;
  CallInFlight& operator=(const CallInFlight&) = delete;
};

// The border: what `call` throws becomes a status.
template <typename Call>
hspace_status guarded(const Call& call) noexcept {
  const CallInFlight in_flight;
  try {
    call();
    return HSPACE_OK;
  } catch (...) {
    return report_exception();
  }
}

// The same for functions that return something else: `fallback` after an exception.
template <typename Result, typename Call>
Result guarded(Result fallback, const Call& call) noexcept {
  const CallInFlight in_flight;
  try {
    return call();
  } catch (...) {
    report_exception();
    return fallback;
  }
}

// An argument that may not be null. what: as hspace.h calls it.
template <typename T>
T& required(T* pointer, const char* what) {
  if (pointer == nullptr) throw Error(std::string(what) + ": expected a pointer, found NULL");
  return *pointer;
}

// Where a new handle goes: null until there is one.
template <typename Handle>
Handle*& fresh(Handle** out) {
  Handle*& handle = required(out, "out");
  handle = nullptr;
  return handle;
}

// A flag: 0 or 1.
inline bool flag(int32_t value, const char* what) {
  if (value == 0 || value == 1) return value == 1;
  throw Error(std::string(what) + ": expected 0 or 1, found " + std::to_string(value));
}

}  // namespace hspace::capi
