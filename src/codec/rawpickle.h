// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/*
 * Python's pickles as trees of plain values. Nothing is ever called: a class, a function or an object is read as its name and
 * its parts. What is read are protocols 2 to 5, as CPython writes them. Whatever a pickle claims, reading takes no more memory
 * and no more time than the limits and its own size allow.
 */
namespace aio_raw {

using PickleRef = std::uint32_t;        // a node of a tree, by its number
constexpr PickleRef noPickleRef = 0xffffffff;

enum class PickleKind : std::uint8_t {
    None, False, True,
    Int,            // number()
    BigInt,         // bytes(): two's complement, little-endian, more than 8 bytes of it needed
    Float,          // real()
    Text,           // bytes(): UTF-8, in which surrogates may stand alone
    Bytes, ByteArray,   // bytes()
    Tuple, List, Set, FrozenSet,    // children()
    Dict,           // children(): key, value, key, value ...
    Global,         // children(): module, name; both Text
    Call,           // children(): see PickleObjectPart. An object that calling a function made
    New             // the same: an object of a class, made without calling it
};

/* The children of a Call or a New; those from Keywords on may be noPickleRef. */
enum class PickleObjectPart : std::uint8_t {
    Callee,         // a Global
    Arguments,      // a Tuple
    Keywords,       // a Dict
    State,          // anything
    Items,          // a List: what was appended to it
    Entries,        // a Dict: what was set in it
    Count
};

struct PickleLimits
{
    std::size_t memory = 256u << 20;    // bytes that the tree may take
    unsigned depth = 100;               // of values in values
    std::uint64_t spread = 1u << 24;    // values, counting those that stand in several places as often as they do
};

enum class PickleError : std::uint8_t {
    None,
    Truncated,      // it ends too early
    Malformed,      // not a pickle, or one that makes no sense
    Unsupported,    // an opcode or protocol that is refused
    TooDeep, TooLarge,
    Recursive       // a value that holds itself
};

class PickleReader
{
public:
    explicit PickleReader(const PickleLimits &limits = {}) noexcept : m_limits(limits) {}

    /* Reads the pickle that takes all the \a size bytes at \a data, which must stay as they are while the tree is used. */
    PickleError read(const void *data, std::size_t size) noexcept;
    /* Where the bytes stopped to make sense. */
    std::size_t offset() const noexcept { return m_at; }

    PickleRef root() const noexcept { return m_root; }
    PickleKind kind(PickleRef ref) const noexcept { return m_nodes[ref].kind; }
    std::int64_t number(PickleRef ref) const noexcept { return std::int64_t(m_nodes[ref].value); }
    double real(PickleRef ref) const noexcept;
    const char *bytes(PickleRef ref) const noexcept { return m_data + m_nodes[ref].value; }
    std::size_t size(PickleRef ref) const noexcept { return m_nodes[ref].size; }
    /* Whether it stands in several places of the tree. */
    bool isShared(PickleRef ref) const noexcept { return m_nodes[ref].isShared; }
    const std::vector<PickleRef> &children(PickleRef ref) const noexcept { return m_lists[m_nodes[ref].value]; }
    PickleRef part(PickleRef object, PickleObjectPart which) const noexcept { return children(object)[std::size_t(which)]; }
    bool isText(PickleRef ref, const char *text) const noexcept;
    /* The module and name of a Global: those of Python 3 where protocol 2 has the ones of Python 2. \a size is in bytes. */
    const char *moduleOf(PickleRef global, std::size_t &size) const noexcept;
    const char *nameOf(PickleRef global, std::size_t &size) const noexcept;
    /* Whether \a ref is the Global of that module and name. */
    bool isGlobal(PickleRef ref, const char *module, const char *name) const noexcept;

private:
    struct Node
    {
        std::uint64_t value;        // a number, an offset into the data, or an index of m_lists
        std::uint64_t size;
        PickleKind kind;
        bool isSeen = false;        // stands in the tree
        bool isShared = false;      // in several places
    };

    PickleError parse();
    PickleError step(unsigned char opcode);
    PickleError check();
    bool spend(std::size_t bytes) noexcept;
    bool take(std::uint64_t size, const char *&bytes) noexcept;
    template<class T>
    bool take(T &number) noexcept;
    bool line(std::size_t &begin, std::size_t &size) noexcept;
    const char *renamed(PickleRef text, bool isModule, std::size_t &size) const noexcept;

    PickleError push(PickleKind kind, std::uint64_t value = 0, std::uint64_t size = 0);
    template<class Length>
    PickleError pushBytes(PickleKind kind);
    template<class Length>
    PickleError pushLong();
    PickleError pushList(PickleKind kind, std::size_t from);
    PickleError pushGlobal(PickleRef module, PickleRef name);
    PickleError pushObject(PickleKind kind, std::size_t parts);
    PickleError extend(PickleKind kind, std::size_t from);
    PickleError build();
    PickleRef partOf(PickleRef object, PickleObjectPart which, PickleKind kind);
    PickleError memoize(std::uint64_t index);
    PickleError recall(std::uint64_t index);
    bool takeMark(std::size_t &from) noexcept;
    std::size_t floor() const noexcept { return m_marks.empty() ? 0 : m_marks.back(); }
    bool has(std::size_t count) const noexcept { return m_stack.size() >= floor() + count; }

    const PickleLimits m_limits;
    const char *m_data = nullptr;
    std::size_t m_size = 0;
    std::size_t m_at = 0;
    std::size_t m_spent = 0;
    bool m_isStopped = false;
    bool m_isOutOfMemory = false;
    std::uint8_t m_protocol = 0;
    PickleRef m_root = noPickleRef;
    std::vector<Node> m_nodes;
    std::vector<std::vector<PickleRef>> m_lists;
    std::vector<PickleRef> m_stack;
    std::vector<std::size_t> m_marks;
    std::vector<PickleRef> m_memo;
};

} // namespace aio_raw
