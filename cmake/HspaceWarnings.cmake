# The warnings that our own code is kept free of. LibTorch's headers are system headers and stay silent.
option(HSPACE_WERROR "Treat warnings as errors" OFF)

function(hspace_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  if(HSPACE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
