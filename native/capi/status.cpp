#include "capi/status.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <cctype>
#include <new>

#include "hspace/progress.h"

namespace hspace::capi {

namespace {

// A text alone would not do: want of memory must be said, too.
thread_local std::string last_text;
thread_local const char* last_error = "";

hspace_status keep(hspace_status status, const char* message) noexcept {
  try {
    last_text = message;
    last_error = last_text.c_str();
  } catch (...) {
    last_error = "out of memory, also for what else went wrong";
  }
  return status;
}

// How LibTorch says that there is no memory, for which it has no one exception.
bool says_no_memory(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  for (const char* sign : {"allocate memory", "out of memory"})
    if (text.find(sign) != std::string::npos) return true;
  return false;
}

// LibTorch adds a trace below the first line.
hspace_status keep_foreign(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  if (says_no_memory(line)) return keep(HSPACE_MEMORY, ("out of memory: " + line).c_str());
  return keep(HSPACE_INTERNAL, line.c_str());
}

// Without the library's name, which Error puts in front for those who print exceptions.
const char* message(const Error& error) {
  const std::string prefix = "hspace: ";
  return error.what() + (std::string(error.what()).rfind(prefix, 0) == 0 ? prefix.size() : 0);
}

hspace_status status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kArgument:
      return HSPACE_ARGUMENT;
    case ErrorKind::kFile:
      return HSPACE_FILE;
    case ErrorKind::kMismatch:
      return HSPACE_MISMATCH;
  }
  return HSPACE_ARGUMENT;
}

}  // namespace

hspace_status report_exception() noexcept {
  try {
    try {
      throw;
    } catch (const Error& error) {
      return keep(status(error.kind()), message(error));
    } catch (const Cancelled&) {
      return keep(HSPACE_CANCELLED, "cancelled by the caller");
    } catch (const std::bad_alloc&) {
      return keep(HSPACE_MEMORY, "out of memory");
    } catch (const c10::Error& error) {
      return keep_foreign(error.what_without_backtrace());
    } catch (const std::exception& error) {
      return keep_foreign(error.what());
    }
  } catch (const std::bad_alloc&) {
    return keep(HSPACE_MEMORY, "out of memory");
  } catch (...) {
    return keep(HSPACE_INTERNAL, "an unknown C++ exception");
  }
}

}  // namespace hspace::capi

const char* hspace_last_error(void) { return hspace::capi::last_error; }
