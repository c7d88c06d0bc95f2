# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""pickles.py write: prints "name protocol hex" for each value and each protocol from 2.
pickles.py check: reads "name hex" lines, and says which of those pickles are not the value of that name."""
import collections, datetime, decimal, fractions, io, pathlib, pickle, pickletools, queue, sys, uuid

shared = ["shared"]
nested = 1
for _ in range(40):
    nested = [nested]


class Mine:         # of __main__: what no other program can import
    def __init__(self):
        self.a, self.b = 1, "two"

    def __eq__(self, other):
        return type(other) is Mine and self.__dict__ == other.__dict__


class MyList(list):
    pass


class MyDict(dict):
    pass


class WithKeywords:
    def __new__(cls, *, size):
        self = super().__new__(cls)
        self.size = size
        return self

    def __getnewargs_ex__(self):
        return (), {"size": self.size}

    def __eq__(self, other):
        return type(other) is WithKeywords and other.size == self.size


utc = datetime.timezone.utc
east = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
west = datetime.timezone(-datetime.timedelta(hours=3))
values = {
    "none": None, "true": True, "false": False,
    "zero": 0, "byte": 255, "word": 65535, "int": 2**31 - 1, "minus": -1, "minint": -2**31, "long": 2**31, "min64": -2**63, "max64": 2**63 - 1,
    "unsigned64": 2**64 - 1, "big": 2**64, "huge": 3**500, "minusbig": -2**63 - 1, "minushuge": -(3**500),
    "float": 1.5, "inf": float("inf"), "tiny": 5e-324,
    "text": "hello", "empty": "", "umlaut": "gr\u00fc\u00df \u20ac \U0001f600", "surrogate": "a\ud800b", "nul": "a\0b", "longtext": "x" * 70000, "bom": "\ufeffx",
    "bytes": b"\x00\x80\xff", "nobytes": b"", "longbytes": bytes(range(256)) * 300, "bytearray": bytearray(b"abc"), "nobytearray": bytearray(),
    "list": [1, "a", None], "nolist": [], "thousands": list(range(2500)), "nested": nested,
    "tuple0": (), "tuple1": (1,), "tuple2": (1, 2), "tuple3": (1, 2, 3), "tuple4": (1, 2, 3, 4), "tuples": ((1, (2,)), ()),
    "dict": {"a": 1, "b": [2]}, "nodict": {}, "onedict": {"k": "v"}, "intdict": {1: "a", (2, 3): "b"}, "bigdict": {str(i): i for i in range(2500)},
    "set": {1, 2, 3}, "noset": set(), "frozenset": frozenset({"a", (1, 2)}), "bigset": set(range(2500)),
    "shared": [shared, shared, (shared, {"x": shared})],
    "date": datetime.date(2024, 2, 29), "time": datetime.time(23, 59, 58, 123000), "datetime": datetime.datetime(1999, 12, 31, 1, 2, 3, 4000),
    "utc": datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=utc), "east": datetime.datetime(2024, 5, 6, 7, 8, 9, 999000, tzinfo=east),
    "west": datetime.datetime(1, 1, 1, tzinfo=west), "zonedtime": datetime.time(1, 2, 3, tzinfo=east), "timedelta": datetime.timedelta(-1, 5, 7),
    "complex": 1 + 2j, "fraction": fractions.Fraction(1, 3), "decimal": decimal.Decimal("1.25"), "uuid": uuid.UUID(int=5), "range": range(1, 9, 2),
    "ordered": collections.OrderedDict([("z", 1), ("a", 2)]), "deque": collections.deque([1, 2], 5), "counter": collections.Counter("aab"),
    "defaultdict": collections.defaultdict(list, {"a": [1]}), "path": pathlib.PurePosixPath("/a/b"),
    "class": collections.OrderedDict, "function": len, "mine": Mine(), "mylist": MyList([1, 2]), "mydict": MyDict(a=1), "keywords": WithKeywords(size=3),
    "valueerror": ValueError("no", 1), "oserror": FileNotFoundError(2, "gone"), "keyerror": KeyError("k"), "queueempty": queue.Empty(), "queuefull": queue.Full(),
}


def same(a, b):
    if isinstance(a, BaseException):
        return type(a) is type(b) and a.args == b.args and a.__dict__ == b.__dict__
    if isinstance(a, (list, tuple)) and type(a) is type(b) and len(a) == len(b):
        return all(same(x, y) for x, y in zip(a, b))
    return type(a) is type(b) and a == b and (not isinstance(a, collections.OrderedDict) or list(a) == list(b))


if sys.argv[1] == "write":
    for name, value in values.items():
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            if name != "keywords" or protocol >= 4:     # before, Python pickles a call of a call, which is refused
                print(name, protocol, pickle.dumps(value, protocol).hex())
else:
    checked = 0
    for line in sys.stdin:
        name, data = line.split()
        data = bytes.fromhex(data)
        try:
            pickletools.dis(data, out=io.StringIO())
            found = pickle.loads(data)
            if not same(values[name], found):
                print(name, "became", ascii(found)[:200])
        except Exception as error:
            print(name, "cannot be read:", repr(error))
        checked += 1
    print("checked", checked)
