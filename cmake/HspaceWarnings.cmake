# The warnings that our own code is kept free of. LibTorch's headers are system headers and stay silent.
option(HSPACE_WERROR "Treat warnings as errors" OFF)

function(hspace_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  # GCC sees uninitialised values in LibTorch's optionals once they are inlined into our code.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
  if(HSPACE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
