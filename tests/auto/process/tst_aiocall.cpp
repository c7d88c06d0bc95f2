// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioerror.h>
#include <aioprocessing/aioworker.h>

#include <QDataStream>
#include <QLoggingCategory>
#include <QSet>
#include <QStringList>
#include <QTest>
#include <QUrl>

#include <limits>
#include <vector>

using namespace std::chrono_literals;

AioCall otherTwin(int value);
AioCall otherLambda();

static int twin(int value)
{
    return value + 1000;
}

struct Vector3
{
    double x = 0, y = 0, z = 0;
    friend bool operator==(const Vector3 &, const Vector3 &) = default;
    friend QDataStream &operator<<(QDataStream &s, const Vector3 &v) { return s << v.x << v.y << v.z; }
    friend QDataStream &operator>>(QDataStream &s, Vector3 &v) { return s >> v.x >> v.y >> v.z; }
};

// Stands in for a lock or queue: a QObject with a handle that is constructible from one.
class Shared : public QObject
{
public:
    explicit Shared(const AioHandle &handle) : m_handle(handle) { ++alive; }
    ~Shared() override { --alive; }
    AioHandle handle() const { return m_handle; }
    static inline int alive = 0;

private:
    AioHandle m_handle;
};

namespace math {
int add(int a, int b) { return a + b; }
}
static QString greet(const QString &name, QStringList others) { return name + others.join(u'+'); }
static Vector3 scale(const Vector3 &v, double by) { return {v.x * by, v.y * by, v.z * by}; }
static void nothing() noexcept {}
static QVariant same(const QVariant &value) { return value; }
static quint64 address(Shared &shared) { return shared.handle().address(); }
static QStringView view() { return {}; }
static int pointer(int *) { return 0; }
static int overloaded(int) { return 1; }
static int overloaded(const QString &) { return 2; }
enum class Color { Red, Green };
static Color flip(Color color) { return color == Color::Red ? Color::Green : Color::Red; }
static QUrl url(const QUrl &u) { return u; }
static QCoro::Task<int> coroutine(int value)
{
    const int result = value * 2;
    co_return result;
}
static int thrower() { throw std::runtime_error("boom"); }

AIO_FUNCTION(math::add)
AIO_FUNCTION(thrower)

// The static contract.
using namespace aio_detail;
static_assert(std::is_same_v<decltype(AioCall::to<&math::add>(1, 2)), AioTypedCall<int>>);
static_assert(std::is_same_v<decltype(AioCall::to<&coroutine>(1)), AioTypedCall<int>>);
static_assert(std::is_same_v<decltype(AioCall::to<&nothing>()), AioTypedCall<void>>);
static_assert(std::is_same_v<decltype(AioCall::to<&math::add>(1, 2).withTimeout(1s).withPriority(1)), AioTypedCall<int>>);
static_assert(checkTarget<FunctionOf<&math::add>::Traits>() && checkTarget<FunctionOf<&nothing>::Traits>());
static_assert(checkTarget<FunctionOf<[](int) { return 1; }>::Traits>());
static_assert(!FunctionTraits<decltype([](auto) {})>::ok, "a generic lambda is refused");
static_assert(FunctionTraits<void (Vector3::*)()>::member, "a member function is refused");
static_assert(checkParameter<int>() && checkParameter<const QString &>() && checkParameter<Vector3>()
              && checkParameter<Shared &>() && checkParameter<QVariant>() && checkParameter<Color>());
static_assert(checkArgument<Shared &, Shared &>() && checkArgument<QString, const char (&)[3]>());
static_assert(isAio<Shared> && !isAio<QObject>);
static_assert(IsView<std::string_view>::value && IsView<std::span<int>>::value && IsView<QByteArrayView>::value);
static_assert(!streamable<std::vector<std::string_view>> && !streamable<Shared> && streamable<Vector3>);
static_assert(AioMessage<int> && AioMessage<QString> && AioMessage<const char *> && AioMessage<QStringView>
              && AioMessage<QByteArrayView> && AioMessage<Vector3> && AioMessage<Color>);
static_assert(!AioMessage<int *> && !AioMessage<std::nullptr_t> && !AioMessage<QObject> && !AioMessage<QVariant>
              && !AioMessage<std::string_view> && !AioMessage<std::span<int>>);
static_assert(std::is_same_v<Stored<const char *>, QString> && std::is_same_v<Stored<QByteArrayView>, QByteArray>);

class WithStatics
{
public:
    static AioCall call() { return AioCall::to<&WithStatics::hidden>(5); }

private:
    static int hidden(int value) { return -value; }
};

class tst_AioCall : public QObject
{
    Q_OBJECT

    static AioError errorOf(const AioCall &call)
    {
        try {
            call.run();
        } catch (const AioException &e) {
            return e.error();
        }
        return {};
    }

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void runsWithConvertedArguments()
    {
        QCOMPARE(AioCall::to<&math::add>(1, short(2)).run(), QVariant(3));
        QCOMPARE(AioCall::to<&greet>("a", QStringList{"b", "c"}).run(), QVariant(QStringLiteral("ab+c")));
        QCOMPARE(AioCall::to<&scale>(Vector3{1, 2, 3}, 2).run().value<Vector3>(), (Vector3{2, 4, 6}));
        QVERIFY(!AioCall::to<&nothing>().run().isValid());
        QCOMPARE(AioCall::to<&same>(QVariant(7u)).run(), QVariant(7u));
        QVERIFY(!AioCall::to<&same>(QVariant()).run().isValid());
        QCOMPARE(AioCall::to<&flip>(Color::Red).run().value<Color>(), Color::Green);
        QCOMPARE(AioCall::to<&coroutine>(21).run(), QVariant(42));
        QCOMPARE(AioCall::to<[](int a) { return a + 1; }>(1).run(), QVariant(2));
        QCOMPARE(AioCall::to<qOverload<int>(&overloaded)>(1).run(), QVariant(1));
        QCOMPARE(AioCall::to<qOverload<const QString &>(&overloaded)>("x").run(), QVariant(2));
        QCOMPARE(WithStatics::call().run(), QVariant(-5));
    }

    void sharedObjectTravelsAsHandleAndLivesAsLongAsTheCall()
    {
        Shared shared(AioHandle(AioHandle::Lock, "context", 4711));
        const AioCall call = AioCall::to<&address>(shared);
        QCOMPARE(call.arguments().constFirst().metaType(), QMetaType::fromType<AioHandle>());
        QCOMPARE(call.run(), QVariant(quint64(4711)));
        QCOMPARE(Shared::alive, 1);
    }

    void equalNamesInTwoFilesAreTwoFunctions()
    {
        const AioCall here = AioCall::to<&twin>(1);
        const AioCall there = otherTwin(1);
        QVERIFY(here.function() != there.function());
        QCOMPARE(here.displayName(), QStringLiteral("twin"));
        QCOMPARE(there.displayName(), QStringLiteral("twin"));
        QCOMPARE(here.run(), QVariant(1001));
        QCOMPARE(there.run(), QVariant(2001));
    }

    void lambdasAreDistinct()
    {
        const QList<AioCall> calls = {AioCall::to<[] { return 0; }>(), AioCall::to<[] { return 1; }>(), otherLambda()};
        QSet<QString> keys;
        for (int i = 0; i < calls.size(); ++i) {
            keys.insert(calls[i].function());
            QCOMPARE(calls[i].run(), QVariant(i));
        }
        QCOMPARE(keys.size(), calls.size());
    }

    void keyIsTheSameEachTime()
    {
        QCOMPARE(AioCall::to<&twin>(1).function(), AioCall::to<&twin>(2).function());
    }

    void namedFunctionsRunUnderTheirText()
    {
        QCOMPARE(AioCall::named("math::add", 1, 2).run(), QVariant(3));
        AioProcessing::registerFunction("triple", [](int value) { return value * 3; });
        QCOMPARE(AioCall::named("triple").withArguments({5}).run(), QVariant(15));
        AioProcessing::registerFunction("asynchronous", &coroutine);
        QCOMPARE(AioCall::named("asynchronous", 4).run(), QVariant(8));
        AioProcessing::registerFunction("url", &url);
        QCOMPARE(AioCall::named("url", QStringLiteral("http://a/")).run(), QVariant(QUrl("http://a/")));
    }

    void argumentsOfNamedCallsFitWithoutLoss_data()
    {
        QTest::addColumn<QVariant>("given");
        QTest::addColumn<bool>("fits");
        QTest::newRow("int") << QVariant(3) << true;
        QTest::newRow("whole double") << QVariant(3.0) << true;
        QTest::newRow("long long") << QVariant(3LL) << true;
        QTest::newRow("bool") << QVariant(true) << true;
        QTest::newRow("broken double") << QVariant(3.5) << false;
        QTest::newRow("too long") << QVariant(1LL << 40) << false;
        QTest::newRow("too large uint") << QVariant(std::numeric_limits<uint>::max()) << false;
        QTest::newRow("not a number") << QVariant(qQNaN()) << false;
        QTest::newRow("text") << QVariant(QStringLiteral("3")) << false;
        QTest::newRow("bytes") << QVariant(QByteArray("3")) << false;
        QTest::newRow("list") << QVariant(QVariantList{3}) << false;
        QTest::newRow("invalid") << QVariant() << false;
    }
    void argumentsOfNamedCallsFitWithoutLoss()
    {
        QFETCH(QVariant, given);
        QFETCH(bool, fits);
        const AioError error = errorOf(AioCall::named("math::add").withArguments({1, given}));
        if (fits) {
            QVERIFY2(!error, qPrintable(error.message));
        } else {
            QCOMPARE(error.code, AioError::TypeMismatch);
            QVERIFY(error.message.contains(QLatin1String("argument 2 of math::add(int, int) must be int")));
        }
    }

    void wrongCountSaysWhatIsExpected()
    {
        const AioError error = errorOf(AioCall::named("math::add", 1));
        QCOMPARE(error.code, AioError::UsageError);
        QCOMPARE(error.message, QStringLiteral("math::add(int, int) expects 2 arguments and got 1"));
    }

    void unknownFunctionSaysHowToRegister()
    {
        const AioError error = errorOf(AioCall::named("nobody"));
        QCOMPARE(error.code, AioError::NotFound);
        QVERIFY(error.message.contains(QLatin1String("AIO_FUNCTION(nobody)")));
        QCOMPARE(errorOf(AioCall()).code, AioError::NotFound);
    }

    void keywordsAreRefused()
    {
        QCOMPARE(errorOf(AioCall::named("math::add", 1, 2).withKeyword("c", 3)).code, AioError::UsageError);
    }

    void exceptionsPassThroughRun() { QVERIFY_EXCEPTION_THROWN(AioCall::named("thrower").run(), std::runtime_error); }

    void isAValueThatStreams()
    {
        const AioCall call = AioCall::to<&greet>("a", QStringList{"b"}).withTimeout(2s).withRetries(3).withPriority(-1);
        QCOMPARE(call.timeout(), 2000ms);
        QCOMPARE(AioCall::to<&nothing>().timeout(), -1ms);
        QByteArray bytes;
        QDataStream out(&bytes, QIODevice::WriteOnly);
        out << call.withKeyword("k", 1);
        AioCall read;
        QDataStream in(bytes);
        in >> read;
        QCOMPARE(in.status(), QDataStream::Ok);
        QCOMPARE(read, call.withKeyword("k", 1));
        bytes[bytes.size() - 1] = char(0xff);
        bytes.chop(1);
        QDataStream broken(bytes);
        broken >> read;
        QVERIFY(broken.status() != QDataStream::Ok);
    }

    void debugDoesNotPrintArguments()
    {
        QString text;
        QDebug(&text) << AioCall::named("login", QStringLiteral("s3cret"));
        QVERIFY(text.contains(QLatin1String("login")) && !text.contains(QLatin1String("s3cret")));
    }
};

[[maybe_unused]] static const auto usedForContract = std::tuple(&view, &pointer);

QTEST_GUILESS_MAIN(tst_AioCall)
#include "tst_aiocall.moc"
