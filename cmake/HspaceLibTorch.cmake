# Finds LibTorch, for the build of hspace and for the programs that use it (this file is installed beside
# hspaceConfig.cmake). Either in one folder, the official LibTorch or a Python wheel's torch/:
#   HSPACE_TORCH          a directory with include/ and lib/ (what find_package(Torch) has found, if that came before)
# or, as the JavaCPP jars hold libraries without headers, in two places:
#   HSPACE_TORCH_INCLUDE  a directory with ATen/, c10/ and torch/
#   HSPACE_TORCH_LIB      a list of directories that hold libtorch_cpu.so and what that needs
# Defines the imported target hspace::torch.

set(HSPACE_TORCH "${TORCH_INSTALL_PREFIX}" CACHE PATH "Directory of an unpacked LibTorch, with include/ and lib/")
set(HSPACE_TORCH_INCLUDE "" CACHE PATH "Directory with LibTorch's headers (ATen/, c10/, torch/)")
set(HSPACE_TORCH_LIB "" CACHE STRING "Directories with LibTorch's shared libraries, separated by ';'")

set(hspace_torch_include "${HSPACE_TORCH_INCLUDE}")
set(hspace_torch_lib "${HSPACE_TORCH_LIB}")
if(HSPACE_TORCH)
  set(hspace_torch_include "${HSPACE_TORCH}/include")
  set(hspace_torch_lib "${HSPACE_TORCH}/lib")
endif()

# Sets a variable to a library of LibTorch, or to nothing.
function(hspace_find_torch_library variable)
  find_file(hspace_found NAMES ${ARGN} PATHS ${hspace_torch_lib} NO_DEFAULT_PATH)
  if(hspace_found)
    set(${variable} "${hspace_found}" PARENT_SCOPE)
  else()
    set(${variable} "" PARENT_SCOPE)
  endif()
  unset(hspace_found CACHE)
endfunction()
hspace_find_torch_library(hspace_libtorch_cpu libtorch_cpu.so)
hspace_find_torch_library(hspace_libc10 libc10.so)
hspace_find_torch_library(hspace_libopenblas libopenblas.so.0)

# LibTorch's version as its headers have it, 2.10; empty without headers.
set(hspace_torch_version "")
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(NOT hspace_torch_version AND EXISTS "${hspace_torch_include}/${header}")
    file(READ "${hspace_torch_include}/${header}" hspace_version_header)
    if(hspace_version_header MATCHES "define TORCH_VERSION_MAJOR ([0-9]+)")
      set(hspace_torch_version "${CMAKE_MATCH_1}")
      string(REGEX MATCH "define TORCH_VERSION_MINOR ([0-9]+)" hspace_version_header "${hspace_version_header}")
      string(APPEND hspace_torch_version ".${CMAKE_MATCH_1}")
    endif()
    unset(hspace_version_header)
  endif()
endforeach()

# What is missing, for the message of who needs it; C programs do without headers.
set(hspace_torch_headers_missing "")
if(NOT EXISTS "${hspace_torch_include}/ATen/ATen.h")
  set(hspace_torch_headers_missing
    "HSPACE_TORCH_INCLUDE: expected a directory with ATen/ATen.h, found '${hspace_torch_include}'")
endif()
set(hspace_torch_libraries_missing "")
if(NOT hspace_libtorch_cpu OR NOT hspace_libc10)
  set(hspace_torch_libraries_missing
    "HSPACE_TORCH or HSPACE_TORCH_LIB: expected libtorch_cpu.so and libc10.so in one of '${hspace_torch_lib}'")
endif()

if(NOT TARGET hspace::torch)
  add_library(hspace::torch INTERFACE IMPORTED GLOBAL)
  target_compile_definitions(hspace::torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
  if(NOT hspace_torch_headers_missing)
    target_include_directories(hspace::torch SYSTEM INTERFACE
      "${hspace_torch_include}" "${hspace_torch_include}/torch/csrc/api/include")
  endif()
  target_link_libraries(hspace::torch INTERFACE ${hspace_libtorch_cpu} ${hspace_libc10} ${hspace_libopenblas})
  foreach(directory IN LISTS hspace_torch_lib)
    target_link_options(hspace::torch INTERFACE "LINKER:-rpath-link,${directory}")
  endforeach()
  # libhspace does not say where LibTorch is: the program loads it, also a C program that names nothing of it. The
  # libtorch_cpu.so of the JavaCPP jars looks for OpenBLAS where it is not, and OpenBLAS for libquadmath: they are found
  # when the program loads OpenBLAS first, and its RPATH, other than a RUNPATH, serves what its libraries need too.
  target_link_options(hspace::torch INTERFACE "LINKER:--no-as-needed" "LINKER:--disable-new-dtags")
endif()
