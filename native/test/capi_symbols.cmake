# Fails where the functions of hspace.h that a library exports are not those of a list: a program that was linked before
# would not start, or a name is there for ever that nobody meant to promise. New functions belong into the list.
#   cmake -DNM=nm -DLIBRARY=libhspace.so -DLIST=capi_symbols.txt -P capi_symbols.cmake
cmake_minimum_required(VERSION 3.18)
execute_process(COMMAND ${NM} --dynamic --defined-only --format=posix "${LIBRARY}" OUTPUT_VARIABLE symbols
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${NM} ${LIBRARY}: ${status}")
endif()
string(REGEX MATCHALL "(^|\n)hspace_[^ \n]*" exported "${symbols}")
list(TRANSFORM exported STRIP)
list(SORT exported)
file(STRINGS "${LIST}" promised)
foreach(symbol IN LISTS promised)
  if(NOT symbol IN_LIST exported)
    message(SEND_ERROR "${symbol} is gone: programs that use it no longer start")
  endif()
endforeach()
foreach(symbol IN LISTS exported)
  if(NOT symbol IN_LIST promised)
    message(SEND_ERROR "${symbol} is new: add it to ${LIST}, and count HSPACE_API_VERSION up after a release")
  endif()
endforeach()
