// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/* The writing of what rawpickle.h reads: Python's pickles, in protocol 4, which every Python 3 reads, without memo and frames. */
namespace aio_raw {

/* Where a PickleWriter leaves its bytes. */
class PickleSink
{
public:
    virtual ~PickleSink() = default;
    virtual void append(const char *bytes, std::size_t size) = 0;
};

/*
 * Writes a pickle, value by value, inside out: what a container holds stands between its begin and its end.
 *
 *   writer.begin(); writer.beginList(); writer.integer(1); writer.endList(); writer.end();
 */
class PickleWriter
{
public:
    explicit PickleWriter(PickleSink &sink) noexcept : m_sink(sink) {}

    void begin();
    void end();

    void none();
    void boolean(bool value);
    void integer(std::int64_t value);
    void integer(std::uint64_t value);
    void real(double value);
    /* \a utf8 may hold surrogates, each in three bytes. */
    void text(const char *utf8, std::size_t size);
    void text(const char *literal);
    void bytes(const void *data, std::size_t size);
    void beginTuple();
    void endTuple();
    void beginList();
    void endList();
    void beginDict();       // then key, value, key, value ...
    void endDict();

    /* A class or function: after two texts, its module and its name. */
    void global();
    void global(const char *module, const char *name);
    /* After a global and a tuple: what calling it gives. */
    void call();
    /* After a global and a tuple, or those and a dict: an object of that class. */
    void object();
    void objectWithKeywords();
    /* After an object and anything: that is its state. */
    void state();
    /* What is appended to, or set in, the object that was written last; ended like a list or dict. */
    void beginItems();
    void beginEntries();

private:
    void opcode(unsigned char code);
    template<class T>
    void number(unsigned char code, T value);
    void sized(unsigned char code8, unsigned char code32, unsigned char code64, const void *data, std::size_t size);

    PickleSink &m_sink;
};

} // namespace aio_raw
