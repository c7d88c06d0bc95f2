#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Installs what building needs and is not there yet. Sourced by the run scripts; $aio_root is the project's folder.

aio_packages=(g++ cmake ninja-build qt6-base-dev qcoro-qt6-dev pkg-config)

# The QML module, and what runs it; a display that nobody sees is for tests
aio_qml_packages=(qt6-declarative-dev qml-qt6 qml6-module-qtqml qml6-module-qtqml-models qml6-module-qtqml-workerscript
    qml6-module-qtquick qml6-module-qtquick-window qml6-module-qtquick-templates qml6-module-qtquick-controls qml6-module-qtquick-layouts
    qml6-module-qtquick-dialogs qml6-module-qt-labs-folderlistmodel)
aio_qml_test_packages=(qml6-module-qttest xvfb)

aio_install_packages() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null; then
        if command -v cmake >/dev/null && command -v ninja >/dev/null && command -v c++ >/dev/null; then
            return 0
        fi
        echo "This script installs packages on Debian and Ubuntu only. Please install: g++ >= 12, CMake >= 3.22, Ninja," \
             "Qt >= 6.4 (Core, Network, Test) and QCoro >= 0.8 for Qt 6, with their development files, and run it again." >&2
        return 1
    fi
    for package in "${aio_packages[@]}" "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "These packages are missing, and there is no sudo to install them: ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

if command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
    export CCACHE_SLOPPINESS=pch_defines,time_macros        # else it has no use for precompiled headers
fi

# What makes a build from nothing fast
aio_fast=(-DAIOPROCESSING_PRECOMPILE=ON -DAIOPROCESSING_UNITY=ON)

# aio_build <preset> [cmake option...]: configures and builds build/<preset>; in CI, where the compilers are known, a warning is an error
aio_build() {
    local preset=$1
    mkdir -p "$aio_root/build"
    shift
    local options=("${aio_fast[@]}")
    [ -n "${CI:-}" ] && options+=(-DAIOPROCESSING_WERROR=ON)
    (cd "$aio_root" && cmake --preset "$preset" "${options[@]}" "$@" >"$aio_root/build/$preset.log" 2>&1) \
        || { cat "$aio_root/build/$preset.log" >&2; return 1; }
    cmake --build "$aio_root/build/$preset"
}

# aio_install_release: the library as users get it, in build/prefix
aio_install_release() {
    aio_build release -DCMAKE_INSTALL_PREFIX="$aio_root/build/prefix" -DCMAKE_INSTALL_LIBDIR=lib
    cmake --install "$aio_root/build/release" >/dev/null
}
