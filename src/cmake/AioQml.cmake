# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Sets AIOPROCESSING_HAS_QML: whether the QML module is built. It is a plugin, and shares the library with the program that loads it.
set(AIOPROCESSING_HAS_QML OFF)
if(AIOPROCESSING_QML STREQUAL "AUTO")
    find_package(Qt6 6.4 QUIET OPTIONAL_COMPONENTS Qml)
    if(TARGET Qt6::Qml AND BUILD_SHARED_LIBS)
        set(AIOPROCESSING_HAS_QML ON)
    endif()
elseif(AIOPROCESSING_QML)
    if(NOT BUILD_SHARED_LIBS)
        message(FATAL_ERROR "AIOPROCESSING_QML needs BUILD_SHARED_LIBS: the module and the program must share one library")
    endif()
    find_package(Qt6 6.4 REQUIRED COMPONENTS Qml)
    set(AIOPROCESSING_HAS_QML ON)
endif()
set(AIO_QML_DIR ${CMAKE_INSTALL_LIBDIR}/qt6/qml CACHE STRING "Where the QML module is installed, below the prefix")
mark_as_advanced(AIO_QML_DIR)
