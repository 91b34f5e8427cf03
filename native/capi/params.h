#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "hspace/error.h"

namespace hspace::capi {

// Fills the caller's struct, which may be that of an older or newer header. What the caller's has
// beyond ours is 0, which stands for the default.
template <typename Params>
void init(Params* params, size_t struct_size, const Params& defaults) noexcept {
  if (params == nullptr || struct_size < sizeof params->struct_size) return;
  std::memset(static_cast<void*>(params), 0, struct_size);
  std::memcpy(static_cast<void*>(params), &defaults, std::min(struct_size, sizeof defaults));
  params->struct_size = struct_size;
}

// The caller's options over the defaults; params may be null. last: the last field that version 1
// had, short of which no caller's struct may end. Error when the size cannot be, or when something
// that this version does not know is set.
template <typename Params, typename Field>
Params read(const Params* params, Field Params::* last, const Params& defaults) {
  if (params == nullptr) return defaults;
  constexpr size_t kAbsurd = 1 << 10;
  const auto* bytes = reinterpret_cast<const unsigned char*>(params);
  const size_t size = params->struct_size;
  const auto* end = reinterpret_cast<const unsigned char*>(&(params->*last) + 1);
  if (size < static_cast<size_t>(end - bytes) || size > kAbsurd) {
    throw Error("struct_size: expected " + std::to_string(sizeof(Params)) + ", found " +
                std::to_string(size) + "; _params_init sets it");
  }
  for (size_t i = sizeof(Params); i < size; ++i) {
    if (bytes[i] == 0) continue;
    throw Error(
        "params: the program was made for a newer hspace, and sets an option that this one does "
        "not have");
  }
  Params known = defaults;
  std::memcpy(static_cast<void*>(&known), params, std::min(size, sizeof known));
  return known;
}

}  // namespace hspace::capi
