# Finds LibTorch as two separate things, because the JavaCPP jars hold libraries without headers and the Python wheel
# of the same version holds the headers:
#   HSPACE_TORCH_INCLUDE  a directory with ATen/, c10/ and torch/
#   HSPACE_TORCH_LIB      a list of directories that hold libtorch_cpu.so, libc10.so, libopenblas.so.0 and libgomp.so.1
# Defines the imported target hspace::torch and hspace_torch_rpath(target), which lets an executable find those
# libraries where they lie.

set(HSPACE_TORCH_INCLUDE "" CACHE PATH "Directory with LibTorch's headers (ATen/, c10/, torch/)")
set(HSPACE_TORCH_LIB "" CACHE STRING "Directories with LibTorch's shared libraries, separated by ';'")

if(NOT EXISTS "${HSPACE_TORCH_INCLUDE}/ATen/ATen.h")
  message(FATAL_ERROR "HSPACE_TORCH_INCLUDE: expected a directory with ATen/ATen.h, found '${HSPACE_TORCH_INCLUDE}'; "
                      "'tools/setup --print-include' names it")
endif()

function(hspace_find_torch_library variable name)
  find_file(${variable} NAMES ${name} PATHS ${HSPACE_TORCH_LIB} NO_DEFAULT_PATH)
  if(NOT ${variable})
    message(FATAL_ERROR "HSPACE_TORCH_LIB: expected ${name} in one of '${HSPACE_TORCH_LIB}'")
  endif()
endfunction()
hspace_find_torch_library(HSPACE_LIBTORCH_CPU libtorch_cpu.so)
hspace_find_torch_library(HSPACE_LIBC10 libc10.so)
hspace_find_torch_library(HSPACE_LIBGOMP libgomp.so.1)
hspace_find_torch_library(HSPACE_LIBOPENBLAS libopenblas.so.0)

# The parallel loops of ATen's headers are OpenMP. The one libgomp is LibTorch's own: two runtimes in a process would
# each start their threads and fight.
find_package(Threads REQUIRED)
add_library(hspace_torch INTERFACE)
add_library(hspace::torch ALIAS hspace_torch)
target_include_directories(hspace_torch SYSTEM INTERFACE
  "${HSPACE_TORCH_INCLUDE}" "${HSPACE_TORCH_INCLUDE}/torch/csrc/api/include")
target_compile_definitions(hspace_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
# Clang's OpenMP would bring a second one; what it builds here (fuzzers) goes without.
target_compile_options(hspace_torch INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fopenmp>)
target_link_libraries(hspace_torch INTERFACE
  "${HSPACE_LIBTORCH_CPU}" "${HSPACE_LIBC10}" "${HSPACE_LIBGOMP}" Threads::Threads ${CMAKE_DL_LIBS})
# libtorch_cpu.so needs libopenblas.so.0, which lies in another directory than itself.
foreach(directory IN LISTS HSPACE_TORCH_LIB)
  target_link_options(hspace_torch INTERFACE "LINKER:-rpath-link,${directory}")
endforeach()

# libtorch_cpu.so looks for libopenblas.so.0 in its own RUNPATH alone, where it is not: the executable loads it first.
function(hspace_torch_rpath target)
  set_target_properties(${target} PROPERTIES BUILD_RPATH "${HSPACE_TORCH_LIB}")
  target_link_options(${target} PRIVATE "LINKER:--disable-new-dtags" "LINKER:--no-as-needed")
  target_link_libraries(${target} PRIVATE "${HSPACE_LIBOPENBLAS}")
endfunction()
