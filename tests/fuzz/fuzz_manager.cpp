// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Requests to a manager by somebody who knows the key, in both protocols: each is answered with something that makes sense, or ends the connection,
// and what it referred to is given back at the end of that. The first byte says how he begins, then each message stands behind its length of one byte.
#include "codec/rawmessageframe.h"
#include "connection/aiopythonhandshake_p.h"
#include "manager/aiomanagerwire_p.h"

#include <aioprocessing/aiomanager.h>

#include <QCoreApplication>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace aio_detail;

const QByteArray key("a key");

void require(bool isTrue)
{
    if (!isTrue)
        std::abort();
}

// A blocking one, so that the fuzzed bytes are all that is special about it.
class Client
{
public:
    explicit Client(const QString &path) : m_socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un where{};
        where.sun_family = AF_UNIX;
        const QByteArray name = path.toLocal8Bit();
        require(m_socket >= 0 && name.size() < qsizetype(sizeof where.sun_path));
        std::memcpy(where.sun_path, name.data(), std::size_t(name.size()));
        const timeval patience{60, 0};      // who is not answered for so long is forgotten
        ::setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (::connect(m_socket, reinterpret_cast<const sockaddr *>(&where), sizeof where) == 0)
            m_isIn = shakeHands();
    }
    ~Client() { ::close(m_socket); }
    Q_DISABLE_COPY_MOVE(Client)

    bool isIn() const { return m_isIn; }
    void send(const QByteArray &message)
    {
        QByteArray bytes(aio_raw::maxMessageHeader, 0);
        bytes.truncate(qsizetype(aio_raw::storeMessageHeader(std::uint64_t(message.size()), bytes.data())));
        bytes += message;
        ::send(m_socket, bytes.data(), std::size_t(bytes.size()), MSG_NOSIGNAL);     // who sends nonsense may be sent away
    }
    void endInput() { ::shutdown(m_socket, SHUT_WR); }
    /* False: the connection has ended. */
    bool receive(QByteArray &message)
    {
        char header[aio_raw::maxMessageHeader];
        if (!read(header, 4))
            return false;
        const auto length = aio_raw::loadMessageHeader(header, 4, 128u << 20);
        require(length.state == aio_raw::MessageHeader::Complete);
        message.resize(qsizetype(length.length));
        return read(message.data(), std::size_t(message.size()));
    }

private:
    bool read(char *to, std::size_t size)
    {
        while (size > 0) {
            const ssize_t got = ::recv(m_socket, to, size, 0);
            require(got >= 0 || errno == ECONNRESET);       // EAGAIN: it hangs
            if (got <= 0)
                return false;
            to += got;
            size -= std::size_t(got);
        }
        return true;
    }
    bool shakeHands()
    {
        PythonHandshake machine(Handshake::Client, key, PythonDigest::Sha256);
        for (;;) {
            const QList<QByteArray> outgoing = machine.takeOutgoing();
            for (const QByteArray &message : outgoing)
                send(message);
            if (machine.state() != Handshake::Running)
                return machine.state() == Handshake::Accepted;
            QByteArray message;
            if (!receive(message))
                return false;
            machine.receive(message);
        }
    }

    const int m_socket;
    bool m_isIn = false;
};

// What there is to be called, under the idents 1, 2 ...
struct World
{
    World() : manager({}, key)
    {
        manager.serve();
        const QVariantList numbers{3, 1, 2};
        manager.createList(numbers);
        manager.createDict({{QStringLiteral("a"), 1}});
        manager.createQueue(2);
        manager.createLock();
        manager.createRLock();
        manager.createCondition();
        manager.createSemaphore();
        manager.createBoundedSemaphore();
        manager.createEvent();
        manager.createBarrier(2);
        manager.createNamespace();
        manager.createValue(QStringLiteral("i"), 1);
        manager.createArray(QStringLiteral("h"), numbers);
        manager.createJoinableQueue();
    }

    AioManager manager;
    int uses = 0;
};

std::unique_ptr<World> world;

World &freshWorld()
{
    if (!QCoreApplication::instance()) {
        static int argc = 1;
        static char name[] = "fuzz_manager";
        static char *argv[] = {name, nullptr};
        new QCoreApplication(argc, argv);       // until the process ends
    }
    if (!world)
        qAddPostRoutine([] { world.reset(); });
    world.reset();
    world = std::make_unique<World>();
    return *world;
}

// What the inputs before have done to it matters only so long.
std::unique_ptr<Client> newClient()
{
    if (world && ++world->uses < 300) {
        auto client = std::make_unique<Client>(world->manager.address().localPath());
        if (client->isIn())
            return client;
    }
    return std::make_unique<Client>(freshWorld().manager.address().localPath());     // the last one was shut down, say
}

QByteArray opening(const QString &method, const QVariantList &arguments)
{
    ManagerRequest request;
    request.method = method;
    request.arguments = arguments;
    QByteArray bytes;
    require(!encodePython(request, bytes));
    return bytes;
}

// One that goes on in the protocol that is meant.
std::unique_ptr<Client> greet(bool isNative)
{
    const QVariantList version{nativeVersion, 0};
    const QByteArray greeting = isNative ? opening(nativeGreeting, version)
                                         : opening(QStringLiteral("accept_connection"), {QStringLiteral("x")});
    for (int attempt = 0;; ++attempt) {     // the server may be ending
        auto client = newClient();
        client->send(greeting);
        QByteArray answer;
        if (client->receive(answer))
            return client;
        require(attempt < 3);
    }
}

std::vector<QByteArray> messagesOf(const unsigned char *data, std::size_t size)
{
    std::vector<QByteArray> messages;
    while (size > 0) {
        const std::size_t length = std::min<std::size_t>(*data, size - 1);
        messages.emplace_back(reinterpret_cast<const char *>(data + 1), qsizetype(length));
        data += length + 1;
        size -= length + 1;
    }
    return messages;
}

// He has said all, and waits for the end.
void hearAll(Client &client, bool isNative)
{
    client.endInput();
    constexpr qsizetype tooMuchToRead = 1 << 20;
    QByteArray answer;
    while (client.receive(answer)) {
        ManagerReply reply;
        if (answer.size() < tooMuchToRead)
            require(!(isNative ? decodeNative(answer, reply) : decodePython(answer, reply)));
    }
}

// -1: it was told to end.
int numberOfObjects()
{
    try {
        return world->manager.numberOfObjects();
    } catch (const AioException &) {
        return -1;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    // What may call stream operators, which are not ours, and what starts processes.
    if (size == 0 || std::memchr(data, 0x7f, size) || QByteArrayView(data, qsizetype(size)).contains("Pool"))
        return 0;
    const auto messages = messagesOf(data + 1, size - 1);
    const unsigned mode = *data % 3;
    if (mode == 2) {
        const auto client = greet(true);
        const int before = numberOfObjects();
        for (const QByteArray &message : messages)
            client->send(message);
        hearAll(*client, true);
        const int after = numberOfObjects();
        require(after == before || after < 0);
        return 0;
    }
    // One request over each connection, to the server itself or an object, for Python waits for the answer. What is referred to is of this
    // process, which goes on.
    for (const QByteArray &message : messages) {
        const auto client = mode == 0 ? newClient() : greet(false);
        client->send(message);
        hearAll(*client, false);
    }
    return 0;
}
