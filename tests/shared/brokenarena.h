// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawrlock.h"
#include "sync/rawwait.h"

#include <memory>
#include <vector>

/*
 * An arena for tests that write rubbish into it and then use it. It has an object of each kind, for which this process and a dead one wait,
 * and lies in memory with nothing on either side: who reads or writes outside of it crashes.
 */
class BrokenArena
{
public:
    BrokenArena();
    ~BrokenArena();
    BrokenArena(const BrokenArena &) = delete;

    /* Something in it, for tests that change it byte by byte. */
    struct Region
    {
        const char *name;
        char *begin;
        std::size_t size;
    };
    std::vector<Region> regions();

    /* What processes do: look at everything, acquire and release, wait, make and take away, hear bells, repair, leave. */
    void use();

private:
    class Source;
    struct Object
    {
        aio_raw::Cell::Kind kind;
        aio_raw::Address address;
    };
    struct Waiting
    {
        std::unique_ptr<aio_raw::RawOperation> operation;
        std::unique_ptr<aio_raw::RawWait> wait;
    };

    void makeObjects();
    void letTheDeadWait();
    void letThisProcessWait();
    std::unique_ptr<aio_raw::RawOperation> operationOn(const Object &object, aio_raw::RawLot &lot);
    void look();
    void hearBell();
    void touch(const Object &object);
    void touchQueue(aio_raw::Cell &cell, aio_raw::Address address);
    void waitBriefly(const Object &object);
    void makeAndTakeAway();

    const std::unique_ptr<Source> m_source;
    aio_raw::RawArena m_arena;
    aio_raw::RawLot m_lot;
    aio_raw::RawArena m_deadArena;
    aio_raw::RawLot m_deadLot;
    aio_raw::RawRLock::Token m_token = 0;
    std::vector<Object> m_objects;
    aio_raw::Address m_bell = 0;
    std::unique_ptr<aio_raw::RawNodePool> m_nodes;
    std::unique_ptr<aio_raw::RawNodePool> m_bellNodes;
    std::unique_ptr<aio_raw::RawNodePool> m_deadNodes;
    std::vector<aio_raw::Address> m_nodesInUse;
    std::vector<Waiting> m_waits;
};
