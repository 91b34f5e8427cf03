#pragma once

#include <memory>
#include <utility>

namespace hspace::capi {

// What a handle stands for.
enum class Kind {
  kModel,
  kTrajectory,
  kDirection,
  kBottleneck,
  kLinearized,
  kTriplets,
  kClassifier
};

// The handles that are open in this process. A handle is not an address but a place in a table and
// how often that place was taken before, in the guise of a pointer: one that was freed, or is of
// another kind, is found out instead of followed. Thread-safe.
//
// object may not be null. Error when there is no place left.
void* open_handle(Kind kind, std::shared_ptr<const void> object);
// The object, which lives as long as the result. Error when the handle is null, freed, of another
// kind or none at all.
std::shared_ptr<const void> find_handle(Kind kind, const void* handle);
// Ends a handle; nothing for one that is not open, or of another kind.
void close_handle(Kind kind, const void* handle) noexcept;

// The same with types: Object is the struct that hspace.h only names, and has its kind as kKind.
template <typename Object, typename... Arguments>
Object* make(Arguments&&... arguments) {
  return static_cast<Object*>(open_handle(
      Object::kKind, std::make_shared<const Object>(std::forward<Arguments>(arguments)...)));
}

template <typename Object>
std::shared_ptr<const Object> find(const Object* handle) {
  return std::static_pointer_cast<const Object>(find_handle(Object::kKind, handle));
}

template <typename Object>
void close(const Object* handle) noexcept {
  close_handle(Object::kKind, handle);
}

}  // namespace hspace::capi
