#include "capi/handle.h"

#include <cstdint>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "hspace/error.h"

namespace hspace::capi {

namespace {

// A handle's bits from below: 4 zeros as in an address, the place, how often it was taken before.
// 47 bits in all are a pointer for every language's idea of one.
constexpr int kPlaceBits = 20;
constexpr int kTakenBits = 23;
constexpr uintptr_t kMostPlaces = uintptr_t{1} << kPlaceBits;
constexpr uintptr_t kMostTaken = uintptr_t{1} << kTakenBits;
static_assert(sizeof(uintptr_t) == 8);

struct Place {
  uintptr_t taken = 0;  // how often
  Kind kind{};
  std::shared_ptr<const void> object;  // null when it is free
};

struct Table {
  std::shared_mutex mutex;
  std::vector<Place> places;
  std::deque<uintptr_t> free;  // the longest free first
};

// Never destroyed: threads may still be in calls when the process exits.
Table& table() {
  static Table& table = *new Table;
  return table;
}

const char* name(Kind kind) {
  switch (kind) {
    case Kind::kModel:
      return "model";
    case Kind::kTrajectory:
      return "trajectory";
    case Kind::kDirection:
      return "direction";
    case Kind::kBottleneck:
      return "bottleneck";
    case Kind::kLinearized:
      return "linearized";
    case Kind::kTriplets:
      return "triplets";
    case Kind::kClassifier:
      return "classifier";
  }
  return "handle";
}

// Null when the handle is not open. The table is locked.
Place* place_of(Table& table, const void* handle) {
  const auto bits = reinterpret_cast<uintptr_t>(handle);
  const uintptr_t place = (bits >> 4) % kMostPlaces;
  if (bits % 16 != 0 || place >= table.places.size()) return nullptr;
  Place& found = table.places[place];
  return found.object != nullptr && found.taken == bits >> (4 + kPlaceBits) ? &found : nullptr;
}

}  // namespace

void* open_handle(Kind kind, std::shared_ptr<const void> object) {
  Table& table = capi::table();
  const std::unique_lock<std::shared_mutex> lock(table.mutex);
  if (table.free.empty()) {
    if (table.places.size() == kMostPlaces)
      throw Error("handles: expected at most " + std::to_string(kMostPlaces) + " open ones");
    table.places.emplace_back();
    table.free.push_back(table.places.size() - 1);
  }
  const uintptr_t place = table.free.front();
  table.free.pop_front();
  Place& taken = table.places[place];
  taken.taken += 1;
  taken.kind = kind;
  taken.object = std::move(object);
  return reinterpret_cast<void*>((taken.taken << kPlaceBits | place) << 4);
}

std::shared_ptr<const void> find_handle(Kind kind, const void* handle) {
  const std::string what = name(kind);
  if (handle == nullptr) throw Error(what + ": expected an open one, found NULL");
  Table& table = capi::table();
  const std::shared_lock<std::shared_mutex> lock(table.mutex);
  const Place* found = place_of(table, handle);
  if (found == nullptr) throw Error(what + ": expected an open one, found one that was freed");
  if (found->kind != kind) throw Error("expected a " + what + ", found a " + name(found->kind));
  return found->object;
}

void close_handle(Kind kind, const void* handle) noexcept {
  std::shared_ptr<const void> last;  // destroyed behind the lock
  Table& table = capi::table();
  const std::unique_lock<std::shared_mutex> lock(table.mutex);
  Place* found = handle == nullptr ? nullptr : place_of(table, handle);
  if (found == nullptr || found->kind != kind) return;
  last = std::move(found->object);
  found->object = nullptr;
  // A place is given up before it would make a handle that was there before.
  if (found->taken + 1 < kMostTaken) {
    table.free.push_back(static_cast<uintptr_t>(found - table.places.data()));
  }
}

}  // namespace hspace::capi
