// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// A handshake with somebody in the middle, who can pass messages on, change them, and say anything himself, but does not know the key.
#include "connection/aionativehandshake_p.h"
#include "connection/aiopythonhandshake_p.h"

#include <cstdlib>
#include <deque>

namespace {

using namespace aio_detail;

class Input
{
public:
    Input(const unsigned char *data, std::size_t size) : m_data(data), m_end(data + size) {}

    bool isEmpty() const { return m_data == m_end; }
    unsigned next() { return isEmpty() ? 0 : *m_data++; }
    QByteArray bytes(unsigned most)
    {
        const qsizetype size = std::min<qsizetype>(most, m_end - m_data);
        const QByteArray taken(reinterpret_cast<const char *>(m_data), size);
        m_data += size;
        return taken;
    }

private:
    const unsigned char *m_data;
    const unsigned char *const m_end;
};

std::unique_ptr<Handshake> make(unsigned kind, Handshake::Role role)
{
    static const QByteArray key = freshNonce(16);
    if (kind & 2)
        return std::make_unique<NativeHandshake>(role, key);
    return std::make_unique<PythonHandshake>(role, key, PythonDigest((kind >> 2) % 5));
}

void require(bool isTrue)
{
    if (!isTrue)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    Input input(data, size);
    const unsigned kind = input.next();
    const auto machine = make(kind, kind & 1 ? Handshake::Client : Handshake::Listener);
    const auto honest = make(kind, kind & 1 ? Handshake::Listener : Handshake::Client);
    std::deque<QByteArray> passing;     // from the honest side
    bool isChanged = false;
    for (;;) {
        for (const QByteArray &message : machine->takeOutgoing()) {
            require(message.size() <= maxHandshakeMessage);
            if (honest->state() == Handshake::Running)
                honest->receive(message);
        }
        for (const QByteArray &message : honest->takeOutgoing())
            passing.push_back(message);
        if (machine->state() != Handshake::Running || input.isEmpty())
            break;
        QByteArray message;
        const unsigned action = input.next();
        if (action % 3 < 2 && passing.empty())
            continue;
        if (action % 3 < 2) {
            message = passing.front();
            passing.pop_front();
        }
        if (action % 3 == 1) {
            const qsizetype at = qsizetype(input.next()) % message.size();
            const unsigned flipped = input.next();
            message[at] = char(static_cast<unsigned char>(message[at]) ^ flipped);
            isChanged |= flipped != 0;
        } else if (action % 3 == 2) {
            message = input.bytes(input.next());
            isChanged = true;
        }
        machine->receive(message);
    }
    require(machine->state() != Handshake::Accepted || !isChanged);
    require(machine->state() != Handshake::Rejected || !machine->reason().isEmpty());
    return 0;
}
