# cmake --install: library, headers, CMake package, pkg-config file and licence in the usual places, in the components
# runtime (what programs load) and development; the component jar is the library alone, for the platform jar.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_directory "${CMAKE_INSTALL_LIBDIR}/cmake/hspace")
set(licence_directory "${CMAKE_INSTALL_DATADIR}/licenses/hspace")

install(TARGETS hspace LIBRARY DESTINATION . COMPONENT jar NAMELINK_SKIP EXCLUDE_FROM_ALL)
install(TARGETS hspace EXPORT hspaceTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  COMPONENT runtime NAMELINK_COMPONENT development)
install(FILES "${CMAKE_CURRENT_SOURCE_DIR}/../LICENSE" DESTINATION "${licence_directory}" COMPONENT runtime)

install(DIRECTORY include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development)
install(EXPORT hspaceTargets NAMESPACE hspace:: DESTINATION "${package_directory}" COMPONENT development)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/hspaceConfig.cmake.in" "${CMAKE_CURRENT_BINARY_DIR}/hspaceConfig.cmake"
  INSTALL_DESTINATION "${package_directory}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/hspaceConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/hspaceConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/hspaceConfigVersion.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/HspaceLibTorch.cmake" DESTINATION "${package_directory}" COMPONENT development)

# pkg-config's file finds the installation from its own place, and LibTorch where the build found it.
file(RELATIVE_PATH pkg_config_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REPLACE " " "\\ " pkg_config_torch_include "${hspace_torch_include}")
set(pkg_config_torch_libs "")
foreach(directory IN LISTS hspace_torch_lib)
  string(REPLACE " " "\\ " directory "${directory}")
  string(APPEND pkg_config_torch_libs "-L${directory} -Wl,-rpath-link,${directory} ")
endforeach()
configure_file("${CMAKE_CURRENT_LIST_DIR}/hspace.pc.in" "${CMAKE_CURRENT_BINARY_DIR}/hspace.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/hspace.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
