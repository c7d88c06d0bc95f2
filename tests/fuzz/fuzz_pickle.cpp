// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Any bytes as a pickle: whatever is read is looked at in full, and written again.
#include "codec/rawpickle.h"
#include "codec/rawpicklewriter.h"

namespace {

using namespace aio_raw;

class Counting : public PickleSink
{
public:
    void append(const char *bytes, std::size_t size) override
    {
        for (std::size_t i = 0; i < size; ++i)
            m_sum += static_cast<unsigned char>(bytes[i]);
    }
    unsigned sum() const { return m_sum; }

private:
    unsigned m_sum = 0;
};

void write(const PickleReader &tree, PickleRef ref, PickleWriter &out, std::uint64_t &budget)
{
    if (ref == noPickleRef || budget == 0)
        return;
    --budget;
    switch (tree.kind(ref)) {
    case PickleKind::Int:
        return out.integer(tree.number(ref));
    case PickleKind::Float:
        return out.real(tree.real(ref));
    case PickleKind::Text:
        return out.text(tree.bytes(ref), tree.size(ref));
    case PickleKind::Bytes:
    case PickleKind::ByteArray:
    case PickleKind::BigInt:
        return out.bytes(tree.bytes(ref), tree.size(ref));
    case PickleKind::None:
    case PickleKind::False:
    case PickleKind::True:
        return out.none();
    case PickleKind::Global: {
        std::size_t size;
        const char *module = tree.moduleOf(ref, size);
        out.text(module, size);
        const char *name = tree.nameOf(ref, size);
        out.text(name, size);
        return out.global();
    }
    default:
        out.beginTuple();
        for (const PickleRef child : tree.children(ref))
            write(tree, child, out, budget);
        return out.endTuple();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    PickleLimits limits;
    limits.memory = 64u << 20;
    PickleReader tree(limits);
    if (tree.read(data, size) != PickleError::None)
        return 0;
    Counting sink;
    PickleWriter out(sink);
    std::uint64_t budget = 100000;
    out.begin();
    write(tree, tree.root(), out, budget);
    out.end();
    return sink.sum() == 0 ? -1 : 0;
}
