# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Installs the library so that find_package(AioProcessing) and pkg-config find it, from the prefix or from the build tree.

include(CMakePackageConfigHelpers)

set(AIO_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/AioProcessing)

install(TARGETS aioprocessing_core EXPORT AioProcessingTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Runtime NAMELINK_COMPONENT Devel
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Devel
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT Runtime
)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/aioprocessing ${PROJECT_BINARY_DIR}/include/AioProcessing
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT Devel)

install(EXPORT AioProcessingTargets NAMESPACE AioProcessing:: DESTINATION ${AIO_CONFIG_DIR} COMPONENT Devel)
export(EXPORT AioProcessingTargets NAMESPACE AioProcessing:: FILE ${PROJECT_BINARY_DIR}/AioProcessingTargets.cmake)

configure_package_config_file(${PROJECT_SOURCE_DIR}/src/cmake/AioProcessingConfig.cmake.in
    ${PROJECT_BINARY_DIR}/AioProcessingConfig.cmake INSTALL_DESTINATION ${AIO_CONFIG_DIR}
    PATH_VARS AIO_QML_DIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/AioProcessingConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/AioProcessingConfig.cmake ${PROJECT_BINARY_DIR}/AioProcessingConfigVersion.cmake
    DESTINATION ${AIO_CONFIG_DIR} COMPONENT Devel)

get_target_property(qcoro_directories QCoro6::Coro INTERFACE_INCLUDE_DIRECTORIES)
list(FILTER qcoro_directories INCLUDE REGEX "/qcoro6$")
list(GET qcoro_directories 0 QCORO_INCLUDE_ROOT)
configure_file(${PROJECT_SOURCE_DIR}/src/cmake/aioprocessing.pc.in ${PROJECT_BINARY_DIR}/aioprocessing.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/aioprocessing.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT Devel)
