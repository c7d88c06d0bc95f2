# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# cmake -DOBJECTS="a.o;b.o" -P weight.cmake: who includes a header and uses nothing of it compiles next to nothing. An inline function that
# calls a coroutine template is enough for the compiler to make that coroutine in every file of every user, which takes it seconds.
list(FILTER OBJECTS INCLUDE REGEX "\\.o$")       # not the precompiled header
foreach(object IN LISTS OBJECTS)
    file(SIZE ${object} size)
    if(size GREATER 40000)
        message(SEND_ERROR "${object} has ${size} bytes of code, although nothing is used: which coroutine is it (nm -C)? Define its callers in src.")
    endif()
endforeach()
