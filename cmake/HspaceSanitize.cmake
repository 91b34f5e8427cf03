# -DHSPACE_SANITIZE="address;undefined" or "thread": all of our own code under GCC's or Clang's sanitizers. LibTorch
# and libgomp stay as they are; tools/sanitize knows what follows from that.
set(HSPACE_SANITIZE "" CACHE STRING "Sanitizers of the library and its tests: a list of address, undefined, thread")
if(HSPACE_SANITIZE)
  foreach(sanitizer IN LISTS HSPACE_SANITIZE)
    if(NOT sanitizer MATCHES "^(address|undefined|thread)$")
      message(FATAL_ERROR "HSPACE_SANITIZE: expected address, undefined or thread, found '${sanitizer}'")
    endif()
  endforeach()
  list(JOIN HSPACE_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${sanitizers})
  if("undefined" IN_LIST HSPACE_SANITIZE)
    # LibTorch hides the type information of some classes that our code receives.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()
