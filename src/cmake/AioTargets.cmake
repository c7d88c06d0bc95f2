# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# How the rooms of src/ and the tests become targets.

function(aio_compile_options target)
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow $<$<BOOL:${AIOPROCESSING_WERROR}>:-Werror>)
    if(AIOPROCESSING_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${AIOPROCESSING_SANITIZE} -fno-omit-frame-pointer)
        target_link_options(${target} PUBLIC -fsanitize=${AIOPROCESSING_SANITIZE})
        if(AIOPROCESSING_SANITIZE MATCHES thread)
            # fences stand between atomics only, and every hand-over of data has an acquire and a release of its own
            target_compile_options(${target} PRIVATE -Wno-tsan)
        endif()
    else()
        target_compile_options(${target} PRIVATE -fstack-protector-strong)
    endif()
    if(AIOPROCESSING_FAULT_POINTS)
        target_compile_definitions(${target} PRIVATE AIO_FAULT_POINTS=1)
    endif()
    set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# aio_test_options(<target>): those of tests, which are compiled once and run for seconds: not optimised, and the sanitizer leaves out
# what ASan finds as well and what takes half of the time to compile.
function(aio_test_options target)
    aio_compile_options(${target})
    target_compile_options(${target} PRIVATE -O0)
    if(Qt6Core_VERSION VERSION_GREATER_EQUAL 6.7)
        target_compile_options(${target} PRIVATE -Wno-conversion)    # QTRY_COMPARE() and its like make an int of a duration
    endif()
    if(AIOPROCESSING_SANITIZE MATCHES undefined)
        target_compile_options(${target} PRIVATE -fno-sanitize=null,alignment,object-size,vptr)
    endif()
endfunction()

# aio_unite(<target>): the same by compiling the sources of each room as one, so what they keep to themselves needs different names.
function(aio_unite target)
    if(AIOPROCESSING_UNITY)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
        target_compile_options(${target} PRIVATE -Wno-subobject-linkage)    # it takes their anonymous namespaces for those of headers
    endif()
endfunction()

# aio_precompile(<target> <header>... | REUSE_FROM <other target>): what many sources include is parsed once. It halves the time of
# a build, and hides that a file forgets to include something; so it is for development only.
function(aio_precompile target)
    if(NOT AIOPROCESSING_PRECOMPILE)
        return()
    endif()
    if("${ARGV1}" STREQUAL "REUSE_FROM")
        target_precompile_headers(${target} ${ARGN})
    else()
        target_precompile_headers(${target} PRIVATE ${ARGN})
    endif()
endfunction()

# aio_room_sources(<room> <target> file...)
function(aio_room_sources room target)
    target_sources(${target} PRIVATE ${ARGN})
    set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${room})
endfunction()

# aio_add_room(<room> [RAW name...] [BACKEND name...] [PRIVATE name...] [CLASSES Name...] [HEADERS Name...] [APART Name...])
#   RAW      name.h and name.cpp (where there is one) in src/<room>: the core that needs no Qt
#   BACKEND  name.h and name_<backend>.cpp: the same, for each system in its own way
#   PRIVATE  name.h and name.cpp (where there are both) in src/<room>
#   CLASSES  include/aioprocessing/name.h, documented and installed, with src/<room>/name.cpp
#   HEADERS  include/aioprocessing/name.h alone
#   APART    the same for what needs more of Qt than the library does: not part of <AioProcessing/AioProcessing>
# <AioProcessing/Name> is made for each class and header, but for those whose name ends in _impl.
function(aio_add_room room)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "RAW;BACKEND;PRIVATE;CLASSES;HEADERS;APART")
    set(here ${PROJECT_SOURCE_DIR}/src/${room})
    foreach(name IN LISTS ARG_RAW)
        if(EXISTS ${here}/${name}.cpp)
            aio_room_sources(${room} aioprocessing_raw ${here}/${name}.cpp)
        elseif(NOT EXISTS ${here}/${name}.h)
            message(FATAL_ERROR "${room}: there is no ${name}.h or ${name}.cpp")
        endif()
    endforeach()
    foreach(name IN LISTS ARG_BACKEND)
        aio_room_sources(${room} aioprocessing_raw ${here}/${name}_${AIOPROCESSING_BACKEND}.cpp)
    endforeach()
    if(AIOPROCESSING_RAW_ONLY)
        return()
    endif()
    foreach(name IN LISTS ARG_PRIVATE)
        foreach(file ${here}/${name}.h ${here}/${name}.cpp)
            if(EXISTS ${file})
                aio_room_sources(${room} aioprocessing_core ${file})
            endif()
        endforeach()
        if(NOT EXISTS ${here}/${name}.h AND NOT EXISTS ${here}/${name}.cpp)
            message(FATAL_ERROR "${room}: there is no ${name}.h or ${name}.cpp")
        endif()
    endforeach()
    set_property(GLOBAL APPEND PROPERTY AIO_APART ${ARG_APART})
    foreach(name IN LISTS ARG_CLASSES ARG_HEADERS ARG_APART)
        string(TOLOWER ${name} file)
        if(NOT EXISTS ${PROJECT_SOURCE_DIR}/include/aioprocessing/${file}.h)
            message(FATAL_ERROR "${room}: there is no include/aioprocessing/${file}.h")
        endif()
        target_sources(aioprocessing_core PRIVATE ${PROJECT_SOURCE_DIR}/include/aioprocessing/${file}.h)
        if(name IN_LIST ARG_CLASSES)
            aio_room_sources(${room} aioprocessing_core ${here}/${file}.cpp)
        endif()
        if(NOT name MATCHES "_impl$")
            set_property(GLOBAL APPEND PROPERTY AIO_FORWARDED ${name})
        endif()
    endforeach()
endfunction()

# Writes <AioProcessing/Name> for each public header, and <AioProcessing/AioProcessing> for all of them.
function(aio_write_forward_headers directory)
    get_property(names GLOBAL PROPERTY AIO_FORWARDED)
    get_property(apart GLOBAL PROPERTY AIO_APART)
    set(all "#include <QCoro/QCoroAsyncGenerator>\n#include <QCoro/QCoroFuture>\n#include <QCoro/QCoroTask>\n")
    foreach(name IN LISTS names)
        string(TOLOWER ${name} file)
        file(CONFIGURE OUTPUT ${directory}/AioProcessing/${name} CONTENT "#include <aioprocessing/${file}.h>\n" @ONLY)
        if(NOT name IN_LIST apart)
            string(APPEND all "#include <aioprocessing/${file}.h>\n")
        endif()
    endforeach()
    file(CONFIGURE OUTPUT ${directory}/AioProcessing/AioProcessing CONTENT "${all}" @ONLY)
endfunction()

# aio_borrow_test(<name>): the test program of another build, with this build's library
function(aio_borrow_test name)
    file(RELATIVE_PATH here ${PROJECT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR})
    add_executable(${name} IMPORTED)
    set_target_properties(${name} PROPERTIES
        IMPORTED_LOCATION ${AIOPROCESSING_TEST_PROGRAMS}/${here}/${name}
        CROSSCOMPILING_EMULATOR "${CMAKE_COMMAND};-E;env;LD_LIBRARY_PATH=${PROJECT_BINARY_DIR}/src"
    )
endfunction()

# aio_add_test(<name> SOURCES file... [LABELS label...] [TIMEOUT seconds] [BACKENDS backend...]): a Qt Test program; BACKENDS are
# those that it is for, where it tests what only they do.
function(aio_add_test name)
    if(AIOPROCESSING_RAW_ONLY)
        return()
    endif()
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "TIMEOUT" "SOURCES;LABELS;BACKENDS")
    if(ARG_BACKENDS AND NOT AIOPROCESSING_BACKEND IN_LIST ARG_BACKENDS)
        return()
    endif()
    list(APPEND ARG_LABELS ${ARG_BACKENDS})
    if(AIOPROCESSING_TEST_PROGRAMS)
        aio_borrow_test(${name})
        aio_register_test(${name} "${ARG_LABELS}" "${ARG_TIMEOUT}")
        return()
    endif()
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)
    list(GET ARG_SOURCES 0 suite)       # it has the class and includes its .moc; AUTOMOC would compile one more source for each
    qt6_generate_moc(${suite} ${CMAKE_CURRENT_BINARY_DIR}/${name}.moc)
    target_sources(${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${name}.moc)
    target_link_libraries(${name} PRIVATE aio_testkit)
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR} ${PROJECT_SOURCE_DIR}/src)
    aio_precompile(${name} REUSE_FROM aio_precompiled)
    aio_test_options(${name})
    aio_register_test(${name} "${ARG_LABELS}" "${ARG_TIMEOUT}")
endfunction()

# aio_add_conformance_test(<suite>): tst_conformance_<suite>.cpp, and the same again for objects of a context with a name, and of a manager.
function(aio_add_conformance_test suite)
    set(name tst_conformance_${suite})
    aio_add_test(${name} SOURCES ${name}.cpp)
    if(NOT TARGET ${name})
        return()
    endif()
    set(places context)
    if(AIOPROCESSING_BACKEND STREQUAL AIOPROCESSING_NATIVE_BACKEND)
        list(APPEND places manager)
    endif()
    foreach(place IN LISTS places)
        add_test(NAME ${name}_${place} COMMAND ${name})
        set_tests_properties(${name}_${place} PROPERTIES ENVIRONMENT AIO_TEST_FACES=${place} TIMEOUT 120)
    endforeach()
endfunction()

# aio_add_raw_test(<name> SOURCES file... [LABELS label...] [TIMEOUT seconds] [BACKENDS backend...]): a program that needs no Qt and says by its exit code whether it passed.
function(aio_add_raw_test name)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "TIMEOUT" "SOURCES;LABELS;BACKENDS")
    if(ARG_BACKENDS AND NOT AIOPROCESSING_BACKEND IN_LIST ARG_BACKENDS)
        return()
    endif()
    list(APPEND ARG_LABELS ${ARG_BACKENDS})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE aioprocessing_raw Threads::Threads)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    aio_compile_options(${name})
    aio_register_test(${name} "${ARG_LABELS}" "${ARG_TIMEOUT}")
endfunction()

# aio_add_program(<name> SOURCES file...): a program that tests start.
function(aio_add_program name)
    if(AIOPROCESSING_RAW_ONLY)
        return()
    endif()
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES")
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)
    target_link_libraries(${name} PRIVATE aioprocessing_core)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    aio_compile_options(${name})
endfunction()

function(aio_register_test name labels timeout)
    if(NOT timeout)
        set(timeout 400)     # a guard against hangs only: suites have a watchdog of their own, which says where
    endif()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} LABELS "${labels}")
endfunction()
